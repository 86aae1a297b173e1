"""What three annotators heard in a chunk, the vote of the majority, and the rule that refines the lists."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.chime_home.lists import parse_name, read_lines
from datasets.errors import DataError

#: The target classes by their letters, in the order of DCASE 2016 Task 4.
CLASSES = {
    "c": "child_speech",
    "m": "adult_male_speech",
    "f": "adult_female_speech",
    "v": "video_game_tv",
    "p": "percussive_sound",
    "b": "broadband_noise",
    "o": "other_sound",
}
SILENCE, UNIDENTIFIABLE = "S", "U"
LETTERS = frozenset((*CLASSES, SILENCE, UNIDENTIFIABLE))
_ANNOTATORS = ("annotation_a1", "annotation_a2", "annotation_a3")
#: The keys of an annotation, in their order.
KEYS = (
    *("segmentname", "chunknumber", "framestart", "annotation_a1", "session_a1", "annotation_a2", "session_a2"),
    *("annotation_a3", "session_a3", "majorityvote", "chunkname"),
)


@dataclass(frozen=True)
class Annotation:
    """One chunk: the letters of each annotator, and `majority`, the letters of the file's own vote."""

    chunk: str
    annotators: tuple[str, str, str]
    majority: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the file's vote, in the order of CLASSES; silence and unidentifiable sounds are none."""
        return tuple(name for letter, name in CLASSES.items() if letter in self.majority)


def majority_vote(annotators: Iterable[str]) -> frozenset[str]:
    """The letters that at least two annotators gave; one who gives a letter twice counts once."""
    return frozenset(letter for letter, count in _count(annotators).items() if count >= 2)


def is_refined(annotators: Iterable[str]) -> bool:
    """Whether a chunk belongs on the refined list: every letter that anybody gave, but U, was given by two or more.

    Rebuilds both official lists without an error (measured). No official chunk is without such a letter; one would
    not be refined (assumed: it has nothing that two agree on).
    """
    counts = _count(annotators)
    del counts[UNIDENTIFIABLE]
    return bool(counts) and min(counts.values()) >= 2


def refine(chunks: Iterable[str], annotations: Mapping[str, Annotation]) -> list[str]:
    """The chunks of a raw list that belong on the refined one, in the same order."""
    return [chunk for chunk in chunks if is_refined(annotations[chunk].annotators)]


def read_annotation(path: Path) -> Annotation:
    """Read a chunk's file of `key,value` lines. Raises DataError, with file and line, for what is none.

    Annotators' letters stand in sorted order, capitals first; 26 official fields repeat one. The vote's letters stand
    in some order (24 official votes have c before b), each once.
    """
    values = _read_values(path)
    segment, number = _place(path, values)
    for field in (*_ANNOTATORS, "majorityvote"):
        if unknown := sorted(set(values[field]) - LETTERS):
            raise _fault(path, field, f"unknown letter {unknown[0]!r}; known: {''.join(sorted(LETTERS))}")
    for field in _ANNOTATORS:
        if list(values[field]) != sorted(values[field]):
            raise _fault(path, field, f"letters {values[field]!r} are not sorted")
    vote = values["majorityvote"]
    if len(set(vote)) != len(vote):
        raise _fault(path, "majorityvote", f"letters {vote!r} repeat one")
    first, second, third = (values[field] for field in _ANNOTATORS)
    return Annotation(f"{segment}_chunk{number}", (first, second, third), vote)


def _count(annotators: Iterable[str]) -> Counter[str]:
    return Counter(letter for letters in annotators for letter in set(letters))


def _read_values(path: Path) -> dict[str, str]:
    """The values by key; all keys are there, in their order."""
    lines = read_lines(path)
    pairs = [line.partition(",") for _, line in lines]
    found = [key for key, _, _ in pairs]
    for position, (key, comma, _) in enumerate(pairs):
        number = lines[position][0]
        if not comma:
            raise _line_fault(path, number, f"{key!r} is no key and value with a comma")
        if key not in KEYS:
            raise _line_fault(path, number, f"unknown key {key!r}")
        if position >= len(KEYS) or key in found[:position]:
            raise _line_fault(path, number, f"key {key!r} stands twice")
        wanted = KEYS[position]
        if key != wanted:
            is_missing = wanted not in found
            reason = f"key {wanted!r} is missing" if is_missing else f"key {key!r} in the place of {wanted!r}"
            raise _line_fault(path, number, reason)
    if len(found) < len(KEYS):
        raise _line_fault(path, len(found) + 1, f"key {KEYS[len(found)]!r} is missing")
    return {key: value for key, _, value in pairs}


def _place(path: Path, values: Mapping[str, str]) -> tuple[str, int]:
    """Segment and number of the chunk, which the file's name says too."""
    try:
        segment, number = parse_name(path.name.removesuffix(".csv"))
    except DataError as error:
        raise DataError(f"{path}: {error}; put the official file there") from None
    named = {"segmentname": segment, "chunknumber": str(number), "chunkname": f"{segment}_chunk{number}"}
    for key, value in named.items():
        if values[key] != value:
            raise _fault(path, key, f"{key} {values[key]!r} instead of {value!r}")
    if not values["framestart"].isdecimal():
        raise _fault(path, "framestart", f"framestart {values['framestart']!r} is no number of samples")
    return segment, number


def _fault(path: Path, key: str, reason: str) -> DataError:
    return _line_fault(path, KEYS.index(key) + 1, reason)


def _line_fault(path: Path, line: int, reason: str) -> DataError:
    return DataError(f"{path}:{line}: {reason}; put the official file there")
