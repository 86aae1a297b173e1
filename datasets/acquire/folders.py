"""Putting files of a dataset into its folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets.errors import DataError

#: How files end that hold no others.
_BARE = (".wav", ".flac", ".ogg", ".mp3", ".csv", ".txt", ".md", ".yaml")


@contextmanager
def download_work(root: Path) -> Iterator[Path]:
    """A folder beside `root` to download into. It goes when the block ends, and stays for another try where it fails.

    Raises DataError where the disk refuses.
    """
    work = _download_folder(root)
    try:
        work.mkdir(parents=True, exist_ok=True)
        yield work
        shutil.rmtree(work)
    except OSError as error:
        raise DataError(f"{work}: cannot be written ({error}); make room and repeat the command") from error


def clear_download(root: Path) -> None:
    """Remove what a call that was killed at its very end left of its work, where everything is in `root` already."""
    shutil.rmtree(_download_folder(root), ignore_errors=True)


def _download_folder(root: Path) -> Path:
    return root.with_name(f".{root.name}.download")


def check_source(source: Path) -> None:
    """Raise DataError where there is nothing to import from: no folder, and no file that may be an archive."""
    if not source.exists():
        raise DataError(f"{source}: no such folder or archive")
    if source.is_file() and source.suffix.lower() in _BARE:
        raise DataError(f"{source}: a file alone that is no archive; name the folder that holds it")


@contextmanager
def import_work(source: Path, root: Path) -> Iterator[Path]:
    """The name of a folder beside `root` to put together in what is imported from `source`; it goes in any case.

    Raises DataError where the disk refuses.
    """
    work = root.with_name(f".{root.name}.import")
    shutil.rmtree(work, ignore_errors=True)
    is_new = not root.parent.exists()
    try:
        yield work
    except OSError as error:
        raise DataError(f"{root}: cannot be written ({error}); {source} is untouched, repeat the command") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if is_new and root.parent.is_dir() and not any(root.parent.iterdir()):
            root.parent.rmdir()


def link(path: Path, place: Path) -> None:
    """Make `place` the same file as `path`, or a copy where the file system knows no links. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)


def move_into(source: Path, root: Path) -> None:
    """Give a folder the name `root`; where that holds something already, replace files one by one. Raises OSError."""
    if root.is_dir() and not any(root.iterdir()):
        root.rmdir()
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        source.rename(root)
        return
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        place = root / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
