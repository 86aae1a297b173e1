"""The five list files: which chunks there are, which are refined, and the sets of the crossvalidation.

Lines are `id,chunk`, or `id,chunk,set` in the crossvalidation list, without a header; ids count from 0.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.chime_home.layout import (
    CROSSVALIDATION,
    DEVELOPMENT,
    DEVELOPMENT_RAW,
    EVALUATION,
    EVALUATION_RAW,
    GET_AGAIN,
    LISTS,
    OLD_COPY,
    PARTS,
)
from datasets.errors import DataError

SETS = (0, 1, 2, 3, 4)
#: The set that validates; the paper names none (assumed).
VALIDATION_SET = 0
_CHUNK = re.compile(r"(CR_lounge_\d{6}_\d{4}\.s\d+)_chunk(\d+)", re.ASCII)


def segment_of(chunk: str) -> str:
    """The five-minute recording segment of a chunk, by its name. Raises DataError for what is no name."""
    return parse_name(chunk)[0]


def parse_name(chunk: str) -> tuple[str, int]:
    """Segment and number of a chunk, by its name. Raises DataError for what is no name."""
    match = _CHUNK.fullmatch(chunk)
    if match is None:
        raise DataError(f"{chunk!r} is no name like CR_lounge_200110_1601.s0_chunk0")
    return match[1], int(match[2])


@dataclass(frozen=True)
class ChunkLists:
    """The lists of a folder, in their own order; an absent list is no key.

    chunks: by file name. sets: the set, 0 to 4, of each chunk of the crossvalidation list.
    """

    root: Path
    chunks: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, int]

    @classmethod
    def read(cls, root: Path) -> "ChunkLists":
        """Read the lists that are in `root`. Raises DataError, with file and line, for a bad one, or two that clash."""
        found: dict[str, tuple[str, ...]] = {}
        sets: dict[str, int] = {}
        for name in LISTS:
            if (root / name).is_file():
                entries = read_list(root / name, with_sets=name == CROSSVALIDATION)
                found[name] = tuple(entries)
                sets |= entries if name == CROSSVALIDATION else {}
        lists = cls(root, found, sets)
        lists._check()
        return lists

    def part(self, part: str) -> tuple[str, ...]:
        """The chunks of train, validation or test. Raises DataError for another part and for an absent list."""
        if part not in PARTS:
            raise DataError(f"unknown part {part!r} of chime_home; known: {', '.join(PARTS)}")
        name = EVALUATION if part == "test" else CROSSVALIDATION
        if name not in self.chunks:
            reason = f"; {OLD_COPY}" if part == "test" else f"; put the official file there, or {GET_AGAIN}"
            raise DataError(f"{self.root / name}: no such list{reason}")
        if part == "test":
            return self.chunks[EVALUATION]
        return tuple(chunk for chunk, one in self.sets.items() if (one == VALIDATION_SET) == (part == "validation"))

    def known(self) -> frozenset[str]:
        """All chunks of all lists."""
        return frozenset(chunk for chunks in self.chunks.values() for chunk in chunks)

    def straddling(self) -> dict[str, tuple[int, int]]:
        """The segments that lie in training and in validation, with their numbers of chunks there."""
        counts = {part: Counter(map(segment_of, self.part(part))) for part in ("train", "validation")}
        both = sorted(counts["train"].keys() & counts["validation"].keys())
        return {segment: (counts["train"][segment], counts["validation"][segment]) for segment in both}

    def _check(self) -> None:
        """The lists have to agree: refined chunks are raw ones, and evaluation shares no segment with development."""
        self._check_inside(DEVELOPMENT, DEVELOPMENT_RAW)
        self._check_inside(CROSSVALIDATION, DEVELOPMENT)
        self._check_inside(DEVELOPMENT, CROSSVALIDATION)
        self._check_inside(EVALUATION, EVALUATION_RAW)
        development = {segment_of(one) for name in LISTS[:3] for one in self.chunks.get(name, ())}
        for name in (EVALUATION_RAW, EVALUATION):
            for number, chunk in enumerate(self.chunks.get(name, ()), start=1):
                if segment_of(chunk) in development:
                    raise _fault(self.root / name, number, f"{chunk} is of a segment that development chunks are of")

    def _check_inside(self, name: str, whole: str) -> None:
        if whole in self.chunks:
            _check_all_in(self.root / name, self.chunks.get(name, ()), frozenset(self.chunks[whole]), whole)


def read_list(path: Path, with_sets: bool = False) -> dict[str, int]:
    """The chunks of a list in their order, with their sets (all 0 in a list without).

    Raises DataError, with file and line, for what is no such list.
    """
    entries: dict[str, int] = {}
    for number, line in read_lines(path):
        fields = line.split(",")
        columns = "id,chunk,set" if with_sets else "id,chunk"
        if len(fields) != columns.count(",") + 1:
            raise _fault(path, number, f"{line[:80]!r} instead of {columns}")
        if fields[0] != str(len(entries)):
            raise _fault(path, number, f"id {fields[0]!r} instead of {len(entries)}")
        chunk, one = fields[1], fields[2] if with_sets else "0"
        try:
            parse_name(chunk)
        except DataError as error:
            raise _fault(path, number, str(error)) from None
        if chunk in entries:
            raise _fault(path, number, f"{chunk} stands twice")
        if one not in map(str, SETS):
            raise _fault(path, number, f"{chunk}: set {one!r}; known: 0 to 4")
        entries[chunk] = int(one)
    return entries


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text file that are not blank, with their numbers. Raises DataError where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise DataError(f"{path}: cannot be read ({reason}); put the official file there") from None


def _check_all_in(path: Path, chunks: Collection[str], whole: frozenset[str], name: str) -> None:
    for number, chunk in enumerate(chunks, start=1):
        if chunk not in whole:
            raise _fault(path, number, f"{chunk} is not in {name}")


def _fault(path: Path, line: int, reason: str) -> DataError:
    return DataError(f"{path}:{line}: {reason}; put the official list there")
