"""The miniature of the regression's toy: an empty folder."""

from pathlib import Path


def write(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
