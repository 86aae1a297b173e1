"""Putting files of a dataset into its folder."""

import os
import shutil
from pathlib import Path


def link(path: Path, place: Path) -> None:
    """Make `place` the same file as `path`, or a copy where the file system knows no links. Raises OSError."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)


def move_into(source: Path, root: Path) -> None:
    """Give a folder the name `root`; where that exists already, replace its files one by one. Raises OSError."""
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        source.rename(root)
        return
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        place = root / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
