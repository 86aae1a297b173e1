"""The one exception that bad input raises."""

import sys
from collections.abc import Callable

from datasets.errors import DataError


class InputError(ValueError):
    """Input that cannot be used: the message is one line that names the thing, the place and the next command."""


#: What the command line turns into one line and exit code 2.
USER_ERRORS = (InputError, DataError)


def exit_code(work: Callable[[], int]) -> int:
    """The exit code of a program's work; bad input (2) and Ctrl-C (3) end it with one line on stderr."""
    try:
        return work()
    except USER_ERRORS as error:
        print(f"resound: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("resound: stopped", file=sys.stderr)
        return 3
