"""What bad input raises, and how a message is shown."""

import re
import shutil
import sys
import textwrap
import warnings
from collections.abc import Callable, Sequence

from datasets.acquire.telling import shown
from datasets.errors import DataError

#: Characters of a line where the terminal does not tell, and as many as it has at least.
WIDTH, NARROWEST = 80, 40
#: How many characters of a word, and of a message, are shown.
WORD_CHARACTERS, LINE_CHARACTERS = 250, 1200


class InputError(ValueError):
    """Input that cannot be used: the message is one line that names the thing, the place and the next command."""


class InputErrors(InputError):
    """Several mistakes of one input, which are told at once: `lines`, a line each. The message is the first of them."""

    def __init__(self, errors: Sequence[InputError], what: str) -> None:
        self.lines = [*dict.fromkeys(str(error) for error in errors)]
        more = len(self.lines) - 1
        super().__init__(f"{self.lines[0]} (and {more} more)" if more else self.lines[0])
        if more:
            self.lines.append(f"{what}: {len(self.lines)} mistakes")


def warned(line: str) -> None:
    """Say a line as a warning; for what takes a way to say something, where nobody has given one."""
    warnings.warn(line, stacklevel=3)


class Left(Exception):
    """A second Ctrl-C: all is left as it stands; the message is one line that says what."""


#: What the command line turns into one line and exit code 2.
USER_ERRORS = (InputError, DataError)


def told(message: object) -> str:
    """A message as it is shown: one printable line, in which what somebody gave does not fill the screen."""
    line = re.sub(rf"\S{{{WORD_CHARACTERS + 1},}}", lambda word: shortened(word[0], WORD_CHARACTERS), str(message))
    return shortened(shown(line), LINE_CHARACTERS)


def lines_told(error: Exception) -> list[str]:
    """What is shown of an error: one line, or one for each mistake and a last one that counts them."""
    return [told(line) for line in getattr(error, "lines", [error])]


def shortened(text: str, characters: int) -> str:
    """The beginning and the end of a text that has more than so many characters."""
    kept = (characters - 3) // 2
    return text if len(text) <= characters else f"{text[:kept]}...{text[-kept:]}"


def fitted(text: str, hanging: bool = False) -> str:
    """A text whose lines fit the terminal, 80 characters where its width is not known; what goes on is indented.

    Rows of tables stay whole, and so do words. hanging: what goes on of lines that are not indented is, too, as these
    are entries of a list.
    """
    width = max(NARROWEST, shutil.get_terminal_size((WIDTH, 24)).columns)
    return "\n".join(line if line.startswith("|") else _broken(line, width, hanging) for line in text.split("\n"))


def _broken(line: str, width: int, hanging: bool) -> str:
    indent = " " * (len(line) - len(line.lstrip()))
    further = indent + ("  " if line.lstrip().startswith("- ") else "    " if indent or hanging else "")
    parts = textwrap.wrap(
        line, width, subsequent_indent=further, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
    return "\n".join(parts)


def exit_code(work: Callable[[], int]) -> int:
    """The exit code of a program's work; bad input (2) and Ctrl-C (3) end it with one line on stderr."""
    try:
        return work()
    except USER_ERRORS as error:
        print(*(f"resound: {line}" for line in lines_told(error)), sep="\n", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("resound: stopped", file=sys.stderr)
        return 3
