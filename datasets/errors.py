"""The one exception that bad data raises."""


class DataError(ValueError):
    """Data that cannot be used: the message is one line that names the thing, the place and the next step."""
