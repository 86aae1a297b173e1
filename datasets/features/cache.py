"""Features on disk: extracted once per (clips, variant, extractor), in parallel, and opened as a memory map.

A cached set is a pair of files, `<key>.npy` and `<key>.json`. The header is written last and says how long the array
file has to be, so that a file cut short is noticed and made again. So is one that other code has made: the header holds
the signature (datasets.features.signatures) of the code behind the array.
"""

import hashlib
import json
import logging
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    ) -> Features:
        """The features of `items`, extracted first if they are not there.

        variant: the clips themselves, or a kind of copy, which may need their `labels`.
        jobs: processes that extract (default: one per core); progress: is told (clips done, clips in all).

        Raises DataError for clips that cannot be read, and where the disk refuses.
        """

        def extracted(path: Path) -> Facts:
            task = Task(dataset, extractor, variant, tuple(items), tuple(labels))
            shape, counts = extract(task, path, jobs or available_cores(), progress)
            return {"shape": shape, "counts": counts}

        header = self._header(dataset, extractor, items, variant)
        made_by = {"readers": signature.of_readers(), "extractor": signature.of_extractor(extractor)}
        if items:
            files = (dataset.name, header["fingerprint"])
            made_by["clip"] = signature.of_clip(dataset.load, files, items[0])
        if variant != NONE:
            made_by["copy"] = signature.of_copy(variant, dataset.sample_rate)
        return self._kept(header, made_by, extracted)

    def _kept(self, header: dict[str, Any], made_by: Signature, make: Callable[[Path], Facts]) -> Features:
        """What the header describes, made first if it is not there: `make` writes the array, and tells of it."""
        key = hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()[:24]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / f"{key}.lock"):
                if not self._is_usable(key, header, made_by):
                    self._write(key, {**header, "signature": made_by}, make)
        except OSError as error:
            reason = error.strerror or error
            raise DataError(
                f"{self.folder}: features cannot be written ({reason}); free some space or choose another --cache"
            ) from error
        return self._open(key)

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

    def _is_usable(self, key: str, header: dict[str, Any], made_by: Signature) -> bool:
        """Whether the files are there, whole, and made by the code that would make them now; tells why not."""
        array, description = self._paths(key)
        if not description.exists():
            return False
        if problem := _problem(array, description, header, made_by):
            log.warning("%s: %s; extracting these features again", array, problem)
        return not problem

    def _write(self, key: str, header: dict[str, Any], make: Callable[[Path], Facts]) -> None:
        array, description = self._paths(key)
        description.unlink(missing_ok=True)
        with whole(array, durable=True) as temporary:
            facts = {**make(temporary), "bytes": temporary.stat().st_size, "crc32": _checksum(temporary)}
        write_whole(description, json.dumps({**header, **facts}))

    def _open(self, key: str) -> Features:
        array, description = self._paths(key)
        header = json.loads(description.read_text(encoding="utf-8"))
        # Copy-on-write, because torch wants writable memory; nothing writes.
        mapped = np.load(array, mmap_mode="c", allow_pickle=False)
        counts = np.array(header["counts"], dtype=np.int64)
        return Features(key, tuple(header["items"]), counts, mapped, header["signature"])


def _problem(array: Path, description: Path, header: dict[str, Any], made_by: Signature) -> str | None:
    """Why kept features cannot be used; None if they can."""
    try:
        found = json.loads(description.read_text(encoding="utf-8"))
        fits = array.stat().st_size == found["bytes"] and header.items() <= found.items()
        fits = fits and _once_checked(array) == found["crc32"]
    except (OSError, ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        return "cut short or damaged"
    if changed := differences(found.get("signature"), made_by):
        return f"made by other code (another signature of {' and '.join(changed)})"
    return None


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
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs, waiting for whoever holds it. The lock ends with its process."""
    with path.open("a") as file:
        lock(file.fileno())
        yield
