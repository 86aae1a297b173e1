"""What a command finds where it is started and must not depend on: a notebook's backend, the state of its streams.

Nothing of ours is imported here before it is known that the packages found are ours.
"""

import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    import typer

#: The folder that holds our packages, and those of them whose names others use, too.
ROOT = Path(__file__).resolve().parents[2]
CLAIMED = ("datasets", "models")
DEPRECATED = "pkg_resources is deprecated"


class Unread(Exception):
    """Nobody reads the standard output any more, as behind `| head`: the command is over, and all is well."""


class Unwritable(Exception):
    """The standard output takes nothing, as on a full disk; the message is one line."""


def foreign_package() -> str | None:
    """A line on a package of another project that Python finds in place of ours, such as Hugging Face's `datasets`."""
    for name in CLAIMED:
        try:
            spec = find_spec(name)
        except ValueError:  # something that was put in its place without an import
            spec = None
        found = Path(spec.origin).resolve() if spec and spec.origin else None
        if found is None or found.parent.parent != ROOT:
            where = found or "without a file of its own"
            return (
                f"the package `{name}` that Python finds here ({where}) is not that of {ROOT}; put PYTHONPATH={ROOT} "
                "before the command, or use an environment without the other one"
            )
    return None


def not_installed(error: ModuleNotFoundError) -> str | None:
    """A line on a package that this Python does not have; None where what is missing is a module of ours."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "benchmarks", *CLAIMED):
        return None
    return (
        f"the package `{package}` is not installed for {sys.executable}; `make setup` installs what is needed into "
        ".venv, `. .venv/bin/activate` makes that the Python of this shell"
    )


def tell_of_absent(context: "typer.Context", *places: Path) -> None:
    """Say on standard error which folders a command is asked to read that are not there, as by a slip of the finger.

    Those that the environment or a default names may be made another time; of these it is said only where none of the
    `places`, all that the command reads, is there.
    """
    named = {name: context.params.get(name) for name in ("data_root", "runs", "reports")}
    absent = [
        f"--{name.replace('_', '-')} {path}: no such folder; nothing is read there" for name, path in named.items()
        if path is not None and not path.is_dir() and _source(context, name) == "COMMANDLINE"
    ]  # fmt: skip
    for line in absent:
        print(f"resound: {line}", file=sys.stderr)
    if not absent and places and not any(place.is_dir() for place in places):
        _tell_all_absent(places)


def tell_of_nothing_landed(context: "typer.Context", *places: Path) -> None:
    """The same for a command that makes its folders: a new one that is named is meant, only a default may be a slip."""
    if _source(context, "reports") == "DEFAULT" and not any(place.is_dir() for place in places):
        _tell_all_absent(places)


def _tell_all_absent(places: Sequence[Path]) -> None:
    where = " or ".join(map(str, places))
    print(f"resound: no {where}: start in the checkout, or name the folders (--runs, --reports)", file=sys.stderr)


def _source(context: "typer.Context", name: str) -> str | None:
    """Where an option's value is from: COMMANDLINE, ENVIRONMENT, DEFAULT."""
    source = context.get_parameter_source(name)
    return None if source is None else source.name


def lost_folder() -> str | None:
    """A line on the working folder where it was removed after the shell went there: no path or process starts there."""
    try:
        Path.cwd()
    except OSError as error:
        return f"the folder in which this was started is gone ({error.strerror}); go to another one, repeat the command"
    return None


def settle() -> None:
    """Make this process, and those that it starts, independent of where it was started.

    Drawings are files, so a notebook's MPLBACKEND, which only exists there, is of no use. Descriptors that are closed
    lead nowhere from now on, so that no file of ours is opened in their place. Output that the terminal's encoding does
    not have is written as escapes. Warnings are one line.
    """
    os.environ["MPLBACKEND"] = "agg"
    warnings.formatwarning = warning_line
    # What the official tool for scenes and events imports; nobody who runs it can do anything about that.
    warnings.filterwarnings("ignore", message=DEPRECATED)
    given = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (given, f"ignore:{DEPRECATED}")))
    for number in range(3):
        _open_if_closed(number)
    sys.stdout = _settled(sys.stdout, 1, _raise_for_stdout)
    sys.stderr = _settled(sys.stderr, 2, lambda error: None)  # hours of training do not end over a line of progress


def warning_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    """A warning as it is shown: of ours the message alone, of others with the place, all in one line."""
    is_ours = Path(filename).is_relative_to(ROOT) and "site-packages" not in Path(filename).parts
    where = "" if category is UserWarning and is_ours else f"{filename}:{lineno}: "
    return f"resound: {where}{' '.join(str(message).split())}\n"


def _open_if_closed(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        null = os.open(os.devnull, os.O_RDWR)
        if null != number:
            os.dup2(null, number)
            os.close(null)
        os.set_inheritable(number, True)


def _raise_for_stdout(error: OSError) -> None:
    if isinstance(error, BrokenPipeError):
        raise Unread from None
    raise Unwritable(f"standard output: cannot be written ({error.strerror or error})") from None


def _settled(stream: TextIO | None, number: int, on_error: Callable[[OSError], None]) -> TextIO:
    """The stream, with escapes for what its encoding lacks and `on_error` for the first line that it does not take."""
    if stream is not None and not hasattr(stream, "buffer"):
        return stream  # somebody has put something else in its place, and knows why
    if stream is None:  # its descriptor was closed when Python started
        raw: Any = io.FileIO(number, "w", closefd=False)
        encoding, lines = "utf-8", False
    else:
        with suppress(OSError):
            stream.flush()
        raw = getattr(stream.buffer, "raw", stream.buffer)
        encoding = stream.encoding
        lines = bool(getattr(stream, "line_buffering", False) or getattr(stream, "write_through", False))
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(raw, on_error)), encoding, "backslashreplace", line_buffering=lines
    )


class _Output(io.RawIOBase):
    """An open file that is told once of an error, and takes everything without a word from then on."""

    def __init__(self, raw: Any, on_error: Callable[[OSError], None]) -> None:
        self._raw, self._on_error, self._is_broken = raw, on_error, False

    def writable(self) -> bool:
        """It is written to."""
        return True

    def fileno(self) -> int:
        """Its descriptor."""
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return bool(self._raw.isatty())

    def write(self, data: Any) -> int:
        """Write bytes; returns how many were taken."""
        if not self._is_broken:
            try:
                return int(self._raw.write(data) or 0)
            except OSError as error:
                self._is_broken = True
                self._on_error(error)
        return len(data)
