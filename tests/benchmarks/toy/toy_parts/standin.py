"""The toy's stand-in: there is nothing to write; that it can be written is what plans ask."""

from pathlib import Path


def write(root: Path, data: Path, progress=None) -> None:
    root.mkdir(parents=True, exist_ok=True)
