"""Features on disk: extracted once per (clips, variant, extractor), in parallel, and opened as a memory map.

A cached set is a pair of files, `<key>.npy` and `<key>.json`. The header is written last and says how long the array
file has to be, so that a file cut short is noticed and made again. So is one that other code has made: the header holds
the signature (datasets.features.signatures) of the code behind the array. Several sets of the same clips can be made in
one pass over the files; each is a set of its own, as if it were made alone.
"""

import hashlib
import json
import logging
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from datasets.acquire.locks import lock
from datasets.acquire.telling import Progress
from datasets.acquire.whole import whole, write_whole
from datasets.errors import DataError
from datasets.features import Extractor, copies
from datasets.features.copies import NONE, Copy
from datasets.features.extraction import Task, extract
from datasets.features.signatures import signature
from datasets.features.signatures.marks import Signature, differences
from datasets.processes import available_cores

log = logging.getLogger(__name__)

#: Raised when the layout of the files changes.
FORMAT = 2

#: After so many seconds it is told that another process is waited for.
TELL_SECONDS = 60.0

#: Of an array that was made: its shape, and the rows of each clip.
Facts = dict[str, list[int]]


class ClipDataset(Protocol):
    """What the cache needs of a dataset."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def sample_rate(self) -> int:
        """Samples per second of every clip."""

    def fingerprint(self) -> str:
        """A hash of all clips' content."""

    def load(self, item: str) -> NDArray[np.float32]:
        """The samples of one clip."""


@dataclass(frozen=True)
class Features:
    """The features of some clips, concatenated.

    array (rows, ...) float32 unless the extractor says otherwise, memory-mapped; `counts` rows belong to each item, one
    unless the extractor cuts segments. `signature` is that of the code that made them.
    """

    key: str
    items: tuple[str, ...]
    counts: NDArray[np.int64]
    array: NDArray[np.floating]
    signature: Signature = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """A set of features that is to be kept: what it is, and the signature of the code that would make it now."""

    key: str
    header: dict[str, Any] = field(compare=False)
    made_by: Signature = field(compare=False)

    @classmethod
    def by(cls, header: dict[str, Any], made_by: Signature) -> "Wanted":
        """What a header describes."""
        return cls(hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()[:24], header, made_by)


#: Writes the arrays of some sets to these files, and tells of each.
Make = Callable[[Mapping[Wanted, Path]], Sequence[Facts]]


class FeatureCache:
    """The cached features below `folder` (of which `features/` is used)."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder) / "features"

    def open(
        self,
        dataset: ClipDataset,
        extractor: Extractor,
        items: Sequence[str],
        labels: Sequence[str],
        variant: Copy = NONE,
        jobs: int | None = None,
        progress: Progress | None = None,
        beside: Callable[[], Sequence[Extractor]] = tuple,
    ) -> Features:
        """The features of `items`, extracted first if they are not there.

        variant: the clips themselves, or a kind of copy, which may need their `labels`.
        jobs: processes that extract (default: one per core); progress: is told (clips done, clips in all).
            It is also called while another process makes these features, and may leave by an exception.
        beside: tells, if the clips have to be read, which extractors' features of them somebody else will ask for.
            They are made in the same pass where they are lacking; extractors that take files are left out.

        Raises DataError for clips that cannot be read, and where the disk refuses.
        """
        several = {self._wanted(dataset, extractor, items, variant): extractor}

        def others() -> list[Wanted]:
            found = [one for one in beside() if not (one.takes_files or extractor.takes_files)]
            several.update({self._wanted(dataset, one, items, variant): one for one in found})
            return list(several)[1:]

        def extracted(paths: Mapping[Wanted, Path]) -> list[Facts]:
            task = Task(dataset, tuple(several[one] for one in paths), variant, tuple(items), tuple(labels))
            written = extract(task, list(paths.values()), jobs or available_cores(), progress)
            return [{"shape": one.full, "counts": one.counts} for one in written]

        return self._kept(next(iter(several)), extracted, others, waiting(progress, len(items)))

    def _wanted(self, dataset: ClipDataset, extractor: Extractor, items: Sequence[str], variant: Copy) -> Wanted:
        header = self._header(dataset, extractor, items, variant)
        made_by = {"readers": signature.of_readers(), "extractor": signature.of_extractor(extractor)}
        if items:
            files = (dataset.name, header["fingerprint"])
            made_by["clip"] = signature.of_clip(dataset.load, files, items[0])
        if variant != NONE:
            made_by["copy"] = signature.of_copy(variant, dataset.sample_rate)
        return Wanted.by(header, made_by)

    def _kept(
        self,
        wanted: Wanted,
        make: Make,
        others: Callable[[], Sequence[Wanted]] = tuple,
        waiting: Callable[[], None] = lambda: None,
    ) -> Features:
        """The set that is wanted, made if it is not there, with those of the others that are not there either.

        waiting: called again and again while another process makes one of them.
        """
        try:
            found = self._found(wanted)
            if found is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                found = self._made([wanted, *others()], make, waiting)
        except OSError as error:
            reason = error.strerror or error
            raise DataError(
                f"{self.folder}: features cannot be written ({reason}); free some space or choose another --cache"
            ) from error
        return found

    def _found(self, wanted: Wanted) -> Features | None:
        """A kept set; None where there is none that can be used, or other code is at making it anew."""
        if self._lack(wanted) is not None:
            return None
        try:
            found = self._open(wanted.key)
        except FileNotFoundError:
            return None
        return None if differences(found.signature, wanted.made_by) else found

    def _made(self, wanted: Sequence[Wanted], make: Make, waiting: Callable[[], None]) -> Features:
        """The first of some sets; where it is lacking, all that are lacking are made in one pass."""
        with ExitStack() as held:
            # In the order of their names, so that nobody waits for a lock whose holder waits for another of these.
            for key in sorted(one.key for one in wanted):
                held.enter_context(locked(self.folder / f"{key}.lock", waiting))
            lacks = {one: lack for one in wanted if (lack := self._lack(one)) is not None}
            if wanted[0] in lacks:
                for one, lack in lacks.items():
                    if lack:
                        log.warning("%s: %s; extracting these features again", self._paths(one.key)[0], lack)
                self._write(list(lacks), make)
            return self._open(wanted[0].key)

    def _header(
        self, dataset: ClipDataset, extractor: Extractor, items: Sequence[str], variant: Copy
    ) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "dataset": dataset.name,
            "fingerprint": dataset.fingerprint(),
            "variant": variant.name,
            "augment_version": copies.VERSION if variant != NONE else None,
            **({"augment_seed": variant.seed} if variant != NONE else {}),
            "extractor": extractor.name,
            "version": extractor.version,
            "params": extractor.params(),
            "items": list(items),
            **({} if extractor.dtype == "float32" else {"dtype": extractor.dtype}),
        }

    def _paths(self, key: str) -> tuple[Path, Path]:
        return self.folder / f"{key}.npy", self.folder / f"{key}.json"

    def _lack(self, wanted: Wanted) -> str | None:
        """Why a set has to be made: nothing to say of one that was never there; None if it can be used as it is."""
        array, description = self._paths(wanted.key)
        return _problem(array, description, wanted) if description.exists() else ""

    def _write(self, wanted: Sequence[Wanted], make: Make) -> None:
        with ExitStack() as arrays:
            paths: dict[Wanted, Path] = {}
            for one in wanted:
                array, description = self._paths(one.key)
                description.unlink(missing_ok=True)
                paths[one] = arrays.enter_context(whole(array, durable=True))
            facts = [
                {**found, "bytes": path.stat().st_size, "crc32": _checksum(path)}
                for found, path in zip(make(paths), paths.values(), strict=True)
            ]
        for one, found in zip(wanted, facts, strict=True):
            content = {**one.header, "signature": one.made_by, **found}
            write_whole(self._paths(one.key)[1], json.dumps({**content, "header_crc32": _header_checksum(content)}))

    def _open(self, key: str) -> Features:
        array, description = self._paths(key)
        # Copy-on-write, because torch wants writable memory; nothing writes. Before the header, which goes first where
        # the set is made anew: with one that is there yet, this is the array that it describes.
        mapped = np.load(array, mmap_mode="c", allow_pickle=False)
        header = json.loads(description.read_text(encoding="utf-8"))
        counts = np.array(header["counts"], dtype=np.int64)
        return Features(key, tuple(header["items"]), counts, mapped, header["signature"])


def _problem(array: Path, description: Path, wanted: Wanted) -> str | None:
    """Why kept features cannot be used; None if they can."""
    try:
        found = json.loads(description.read_text(encoding="utf-8"))
        fits = array.stat().st_size == found["bytes"] and wanted.header.items() <= found.items()
        fits = fits and _once_checked(array) == found["crc32"]
        fits = fits and found["header_crc32"] == _header_checksum(found)
    except (OSError, ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        return "cut short or damaged"
    if changed := differences(found.get("signature"), wanted.made_by):
        return f"made by other code (another signature of {' and '.join(changed)})"
    return None


def _header_checksum(content: dict[str, Any]) -> int:
    """CRC-32 of all that a header says."""
    said = {name: value for name, value in content.items() if name != "header_crc32"}
    return zlib.crc32(json.dumps(said, sort_keys=True).encode())


def _once_checked(path: Path) -> int:
    """The checksum of a file, which is read once per process as long as nobody writes it."""
    status = path.stat()
    return _known_checksum(path, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=256)
def _known_checksum(path: Path, modified: int, inode: int) -> int:
    return _checksum(path)


def _checksum(path: Path) -> int:
    """CRC-32, which tells damage and exchanged files, and costs less than reading from disk."""
    found = 0
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            found = zlib.crc32(block, found)
    return found


@contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold a lock file while the block runs, waiting for whoever holds it. The lock ends with its process."""
    with path.open("a") as file:
        lock(file.fileno(), _patient(path, waiting))
        yield


def _patient(path: Path, waiting: Callable[[], None]) -> Callable[[], None]:
    """What is called while a lock is waited for; a long wait is told, once."""
    tells_at = [time.monotonic() + TELL_SECONDS]

    def wait() -> None:
        waiting()
        if tells_at and time.monotonic() > tells_at[0]:
            tells_at.clear()
            log.warning("%s: another process makes these features; waiting for it", path.with_suffix(""))

    return wait


def waiting(progress: Progress | None, items: int) -> Callable[[], None]:
    """What tells that nothing of so many items has been made yet."""
    return (lambda: progress(0, items)) if progress else lambda: None
