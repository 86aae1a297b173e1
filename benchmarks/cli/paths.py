"""The paths of a command line, refused before anything is done with them where they cannot be what they are to be.

Typer calls these with the word as it stands there (or in the option's variable) and adds the option and the command.
"""

import os
import stat
from pathlib import Path

import typer


def folder(word: str) -> Path:
    """A folder that is there or can be made."""
    path = _path(word, "a folder")
    mode = _mode(path)
    if mode is not None and not stat.S_ISDIR(mode):
        raise typer.BadParameter(f"{path}: {_kind(mode)}, not a folder")
    if mode is None:
        above = next((one for one in (path, *path.parents) if os.path.lexists(one)), Path())
        if not above.is_dir():
            raise typer.BadParameter(f"{above}: a link that leads nowhere, not a folder")
    return path


def own_folder(word: str) -> Path:
    """A folder for what the harness writes and tidies up: neither a whole file system nor somebody's home."""
    path = folder(word)
    if path.resolve() in (Path(path.resolve().anchor), Path(os.path.expanduser("~")).resolve()):  # noqa: PTH111
        raise typer.BadParameter(f"{path}: has to be a folder of its own; name one below it")
    return path


def source(word: str) -> Path:
    """A folder or a plain file to read; the command itself says so where there is neither."""
    path = _path(word, "a folder or a file")
    mode = _mode(path)
    if mode is not None and not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise typer.BadParameter(f"{path}: {_kind(mode)}")
    return path


def run_or_file(word: str) -> str:
    """The id of a run, or a plain file; the word itself."""
    mode = _mode(_path(word, "a run or a scores file"))
    if mode is not None and not stat.S_ISREG(mode):
        raise typer.BadParameter(f"{word}: {_kind(mode)}, not a scores file")
    return word


def new_file(word: str) -> Path:
    """A file to write, in a folder that is there; behind a link, which stays."""
    path = _path(word, "a file")
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        raise typer.BadParameter(f"{path}: {_kind(mode)}, not a file")
    if path.is_symlink():
        path = path.resolve()
    if not path.parent.is_dir():
        raise typer.BadParameter(f"{path}: there is no folder {path.parent}")
    return path


def _path(word: str, what: str) -> Path:
    if not word:
        raise typer.BadParameter(f"an empty word, not {what}")
    if "\0" in word:
        raise typer.BadParameter(f"{word}: holds a null byte, as no path can")
    found = os.path.expanduser(word)  # noqa: PTH111 - shells leave `~` alone in `--runs=~/runs`
    if found.startswith(("~/", "~\\")) or found == "~":
        raise typer.BadParameter(f"{word}: no home folder is known here, write the whole path")
    return Path(found)


def _mode(path: Path) -> int | None:
    """What lies at a path, behind links; None where there is nothing."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:  # a loop of links, a file in the middle, a name that is too long, no permission
        raise typer.BadParameter(f"{path}: {error.strerror or error}") from None


def _kind(mode: int) -> str:
    return "a file" if stat.S_ISREG(mode) else "a folder" if stat.S_ISDIR(mode) else "neither a file nor a folder"
