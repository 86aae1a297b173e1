"""The one exception that bad input raises."""

from datasets.errors import DataError


class InputError(ValueError):
    """Input that cannot be used: the message is one line that names the thing, the place and the next command."""


#: What the command line turns into one line and exit code 2.
USER_ERRORS = (InputError, DataError)
