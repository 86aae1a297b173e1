"""Small file habits of the harness: write whole or not at all, checksums, locks that die with their process."""

import errno
import hashlib
import json
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from datasets.acquire.locks import NoLocks, try_lock
from datasets.acquire.whole import write_whole

#: What a system says where space is what is missing.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None}
#: What a system says of a rename onto a folder that is there and not empty.
TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
#: More than a look at a claim takes.
LOOK_SECONDS = 0.001
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def canonical_hash(data: Any, length: int = 12) -> str:
    """A hash of plain data that does not depend on the order of keys: `length` hex digits."""
    return hashlib.sha256(_CANONICAL.encode(data).encode()).hexdigest()[:length]


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hex. Raises InputError for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> InputError:
    """A file or folder that is there and cannot be read, as one line with what helps."""
    return InputError(f"{path}: cannot be read ({error.strerror or error}); check its permissions")


def write_file(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all; returns its path. Raises StorageError where the disk refuses."""
    try:
        return write_whole(path, content)
    except OSError as error:
        raise storage_error(path, error) from error


def write_json(path: Path, data: Any) -> None:
    """Write JSON as `write_file` does."""
    write_file(path, json_bytes(data))


def json_bytes(data: Any) -> bytes:
    """JSON as it stands in files that people may read."""
    return (json.dumps(data, indent=1, sort_keys=True) + "\n").encode()


def read_json(path: Path, advice: str = "delete it to have it made again") -> Any:
    """Read JSON. Raises InputError, with the advice, for a file that is missing or cut short."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {advice}") from None
    except PermissionError as error:
        raise unreadable(path, error) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {advice}") from None
    except (ValueError, RecursionError):  # not UTF-8, not JSON, numbers without end
        raise InputError(f"{path}: cut short or not JSON; {advice}") from None


class StorageError(InputError):
    """A disk that refuses (full, read-only): whatever else was to be written there will be refused, too."""


def storage_error(path: Path, error: OSError) -> StorageError:
    """A disk that refuses as one line, with what helps."""
    advice = "free some space or choose another folder" if error.errno in FULL else "choose another folder"
    return StorageError(f"{path}: cannot be written ({error.strerror or error}); {advice}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """For a block that writes to `path`: what the disk refuses becomes one line. Raises StorageError."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


@contextmanager
def locked_folder(folder: Path) -> Iterator[bool]:
    """Hold a folder while the block runs; yields whether it could be had. The lock goes with its process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield try_lock(handle)
    finally:
        os.close(handle)


@contextmanager
def claimed(path: Path, note: dict[str, Any] | None = None) -> Iterator[bool]:
    """Hold `path` as a claim while the block runs; yields whether it could be had.

    The claim is a kernel lock on the file: it goes with its process, even after `kill -9`, so it is never stale. Those
    who only look (`is_claimed`) share it for a moment, which is waited for. Raises InputError where the disk refuses.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b", buffering=0)
    with file:
        while not try_lock(file.fileno()):
            if is_claimed(path):
                yield False
                return
            time.sleep(LOOK_SECONDS)
        with writing(path):
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), **(note or {})}).encode())
        yield True


def is_claimed(path: Path) -> bool:
    """Whether somebody holds the claim, in this process or another; a warning tells of one that nobody may look at."""
    if not path.is_file():  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:  # on a read-only store, too
            return not try_lock(file.fileno(), shared=True)
    except (FileNotFoundError, NoLocks):  # removed meanwhile; where nobody can hold it
        return False
    except OSError as error:
        warnings.warn(f"{unreadable(path, error)}; meanwhile it counts as held", stacklevel=2)
        return True
