"""Putting files of a dataset into its folder."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from datasets.acquire.locks import try_lock
from datasets.acquire.whole import whole
from datasets.errors import DataError

#: How files end that hold no others.
_BARE = (".wav", ".flac", ".ogg", ".mp3", ".csv", ".txt", ".md", ".yaml")


@contextmanager
def download_work(root: Path) -> Iterator[Path]:
    """A folder beside `root` to download into. It goes when the block ends, and stays for another try where it fails.

    Raises DataError where the disk refuses, and where another fetch or import of the same dataset is at work.
    """
    work = _download_folder(root)
    try:
        with _alone(root):
            work.mkdir(parents=True, exist_ok=True)
            yield work
            shutil.rmtree(work)
    except OSError as error:
        raise DataError(f"{work}: cannot be written ({error}); make room and repeat the command") from error


def clear_download(root: Path) -> None:
    """Remove what a call that was killed at its very end left of its work, where everything is in `root` already."""
    with suppress(OSError, DataError), _alone(root):  # the root is complete all the same
        shutil.rmtree(_download_folder(root), ignore_errors=True)


def _download_folder(root: Path) -> Path:
    return root.with_name(f".{root.name}.download")


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold a dataset's root against other fetches and imports, by a lock beside it that goes with its process.

    Raises DataError where another one is at work, or `root` is no folder; OSError where the disk refuses.
    """
    if os.path.lexists(root) and not root.is_dir():
        what = "a link to nothing" if root.is_symlink() else "a file"
        raise DataError(f"{root}: is {what} where the dataset's folder should be; remove it and repeat the command")
    path = root.with_name(f".{root.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path, root):
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes no open file; one that is left does no harm
                path.unlink()


def _locked(path: Path, root: Path) -> IO[str]:
    """A lock's file, opened and locked; another one where its holder has just removed what was opened."""
    while True:
        file = path.open("a")
        try:
            is_free = try_lock(file.fileno())
        except OSError:  # a file system without locks: nobody can tell
            return file
        with suppress(FileNotFoundError):
            if is_free and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
        file.close()
        if not is_free:
            raise DataError(
                f"{root}: another command fetches or imports it at this moment; wait for its end and repeat the command"
            )


def check_source(source: Path) -> None:
    """Raise DataError where there is nothing to import from: no folder, and no file that may be an archive."""
    try:
        source.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no name of a file"
        raise DataError(f"{source}: no such folder or archive ({reason})") from None
    if source.is_file() and source.suffix.lower() in _BARE:
        raise DataError(f"{source}: a file alone that is no archive; name the folder that holds it")


@contextmanager
def import_work(source: Path, root: Path) -> Iterator[Path]:
    """The name of a folder beside `root` to put together in what is imported from `source`; it goes in any case.

    Raises DataError where the disk refuses, and where another fetch or import of the same dataset is at work.
    """
    work = root.with_name(f".{root.name}.import")
    above = next(folder for folder in root.absolute().parents if folder.exists())
    try:
        with _alone(root):
            shutil.rmtree(work, ignore_errors=True)
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise DataError(f"{root}: cannot be written ({error}); {source} is untouched, repeat the command") from error
    finally:
        drop_empty(root.absolute().parent, above)


def drop_empty(folder: Path, until: Path) -> None:
    """Remove a folder and those above it, below `until`, as far as they are there and nothing is in them."""
    while folder != until and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def link(path: Path, place: Path) -> None:
    """Make `place` the same file as `path`, or a copy where the file system knows no links. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)


def move(path: Path, place: Path) -> None:
    """Give a file another place, whole or not at all, on another file system, too. Raises OSError."""
    try:
        path.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with whole(place) as temporary:
            shutil.copyfile(path, temporary)
        path.unlink()


def move_into(source: Path, root: Path) -> None:
    """Give a folder the name `root`; where that holds something already, replace files one by one.

    So, too, where `root` is a link to a folder or the place of another disk. Raises OSError.
    """
    if root.is_dir() and not root.is_symlink() and not any(root.iterdir()):
        with suppress(OSError):  # the place of another disk stays
            root.rmdir()
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        source.rename(root)
        return
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        place = root / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        move(path, place)
