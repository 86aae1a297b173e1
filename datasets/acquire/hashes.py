"""Content hashes of many files, remembered by what the file system says of each.

Size and time of modification alone would not do: `cp -p`, `rsync -t` and `unzip` give a new file the time of another
one. They cannot give it its time of change and its inode.
"""

import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from datasets.acquire.whole import checked, with_checksum, write_whole
from datasets.audio import POINTER
from datasets.errors import DataError

#: No sound is as small as a pointer, so that nothing else has to be opened.
POINTER_BYTES = 100
#: Memories that were to be forgotten and could not be removed; this process does without them.
_FORGOTTEN: set[Path] = set()


def md5_of_file(path: Path) -> str:
    """The md5 of a file's content, in hexadecimal. Raises DataError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from error


def md5_of_files(paths: Iterable[Path], memory: Path | None = None) -> dict[Path, str]:
    """The md5 of each file, or of what stands elsewhere in its place (`pointer_to`).

    `memory` is a JSON file that remembers them; it is never needed and may be deleted. Raises DataError.
    """
    paths = list(paths)
    known = _recall(memory)
    stamps = {path: _stamp_of(path) for path in paths}
    hashes = {path: known[str(path)][1] for path in paths if known.get(str(path), ("",))[0] == stamps[path]}
    unknown = [path for path in paths if path not in hashes]
    if unknown:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            hashes.update(zip(unknown, pool.map(_md5_of, unknown), strict=True))
        if memory is not None:
            _remember(memory, known | {str(path): (stamps[path], hashes[path]) for path in unknown})
    return hashes


def pointer_to(md5: str) -> bytes:
    """The content of a pointer: a file of one line that stands where a sound of this md5 would.

    Where only the features of a dataset were carried, it has the same lists, names and fingerprint so. Who needs a
    sound itself is told that it is not there (datasets.audio).
    """
    return POINTER + md5.encode() + b"\n"


def pointed_md5(path: Path) -> str | None:
    """The md5 of what a pointer stands for; None for a file that is none, or that cannot be read."""
    try:
        content = path.read_bytes() if path.stat().st_size <= POINTER_BYTES else b""
    except OSError:
        return None
    return content.removeprefix(POINTER).decode(errors="replace").strip() if content.startswith(POINTER) else None


def _md5_of(path: Path) -> str:
    return pointed_md5(path) or md5_of_file(path)


def stamp(path: Path) -> str:
    """Size, times of modification and change, and inode of a file: what changes with it. Raises OSError."""
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _stamp_of(path: Path) -> str:
    try:
        return stamp(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from error


def _recall(memory: Path | None) -> dict[str, tuple[str, str]]:
    """The stamp and the md5 of each path; nothing where the memory is absent, cut short or none at all."""
    try:
        content = checked(memory) if memory is not None and memory not in _FORGOTTEN else None
        known = json.loads(content) if content else {}
        return {path: (str(stamp), str(md5)) for path, (stamp, md5) in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(memory: Path, known: dict[str, tuple[str, str]]) -> None:
    try:
        write_whole(memory, with_checksum(json.dumps(known).encode(), memory))
    except OSError:  # a full or read-only disk costs time, not the result
        return


def index_memory(cache: Path | None, name: str, root: Path) -> Path | None:
    """Where the hashes of a dataset's files in `root` are remembered; None without a cache."""
    place = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return None if cache is None else cache / "index" / f"{name}-{place}.json"


def forget(cache: Path, name: str) -> None:
    """Forget all hashes of a dataset's files, so that each is read again."""
    for memory in (cache / "index").glob(f"{name}-*.json"):
        try:
            memory.unlink(missing_ok=True)
        except OSError:  # a read-only cache
            _FORGOTTEN.add(memory)


def below(root: Path, hashes: Mapping[Path, str]) -> dict[str, str]:
    """Hashes by the path below `root`."""
    return {path.relative_to(root).as_posix(): md5 for path, md5 in hashes.items()}


def digest_of(hashes: Mapping[str, str]) -> str:
    """16 hexadecimal digits that change with any name or content."""
    lines = "".join(f"{name} {md5}\n" for name, md5 in sorted(hashes.items()))
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()[:16]


class Fingerprinted(ABC):
    """A dataset that is known by the content of those of its files that decide about inputs and labels."""

    name: ClassVar[str]
    root: Path
    cache: Path | None

    @abstractmethod
    def data_files(self) -> list[Path]:
        """The files that decide and are here, sorted. Raises DataError for a list that is bad."""

    def hashes(self) -> dict[str, str]:
        """The md5 of every data file, by its path below the root."""
        return below(self.root, md5_of_files(self.data_files(), index_memory(self.cache, self.name, self.root)))

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any name or content among the data files."""
        return digest_of(self.hashes())
