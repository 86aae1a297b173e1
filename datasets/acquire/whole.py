"""Writing a file whole or not at all: readers see the old content or the new one, never a part.

What is kept with a checksum is read as it was written, or not at all.
"""

import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: The names that files have while they are written, and after how many seconds nobody can still be writing them.
_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}")
_ABANDONED_SECONDS = 86400.0


def temporary_beside(path: Path) -> Path:
    """A name for what is to become `path`, of which nobody else in the world thinks."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}")


@contextmanager
def whole(path: Path, durable: bool = False) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it becomes `path` when the block ends, and goes if the block fails.

    durable: wait until content and name are on the disk, for files whose name alone says that they are complete. The
    folder is made where it is not there. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    try:
        yield temporary
        if durable:
            sync(temporary)
        temporary.replace(path)
        if durable:
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def work_folder(path: Path) -> Iterator[Path]:
    """A folder of a temporary name beside `path` to work in; it goes when the block ends. Raises OSError."""
    folder = temporary_beside(path)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk. Raises OSError."""
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":  # Windows opens no folders, and writes out only what was opened to be written
        return
    descriptor = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    except OSError:
        if not is_folder:  # not every file system knows this of folders
            raise
    finally:
        os.close(descriptor)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """For a block that fills a folder: if the block fails, what it has put there goes, and the folder that it made."""
    was_there = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for path in set(folder.iterdir()) - before:
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
            if not was_there:
                folder.rmdir()
        raise


def remove_abandoned(folder: Path, below: bool = True) -> None:
    """Remove what killed processes were writing in a folder, and in those below it, once it is a day old.

    Files go, and folders in which nothing is younger. What cannot be removed stays.
    """
    for place, folders, names in os.walk(folder):
        for name in filter(_TEMPORARY.fullmatch, names):
            path = Path(place, name)
            with suppress(OSError):
                if _is_abandoned(path):
                    path.unlink()
        for path in (Path(place, name) for name in filter(_TEMPORARY.fullmatch, folders)):
            with suppress(OSError):
                if not path.is_symlink() and all(map(_is_abandoned, (path, *path.rglob("*")))):
                    shutil.rmtree(path, ignore_errors=True)
        folders[:] = [name for name in folders if below and not _TEMPORARY.fullmatch(name)]


def _is_abandoned(path: Path) -> bool:
    return time.time() - path.lstat().st_mtime > _ABANDONED_SECONDS


def write_whole(path: Path, content: bytes | str) -> Path:
    """Write bytes, or text as UTF-8, to `path`, which is returned. Raises OSError."""
    with whole(path) as temporary:
        temporary.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def with_checksum(content: bytes, path: Path) -> bytes:
    """The content of a file that `checked` believes at that path: below a checksum of it and of its place."""
    return _digest(content, path) + b"\n" + content


def checked(path: Path) -> bytes | None:
    """What was written with a checksum, there; None for what is missing, damaged, or another file in its place."""
    try:
        if not path.is_file():  # a pipe would be waited for, a device has no end
            return None
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if _digest(content, path) == digest else None


def _digest(content: bytes, path: Path) -> bytes:
    """Changes with the content, the name and the folder's name, so that the folder may be moved."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}\n".encode() + content).hexdigest().encode()
