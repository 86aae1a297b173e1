"""A helper of a report that fails."""

from benchmarks.reporting import together


def fail(*_: object) -> None:
    raise ZeroDivisionError("nothing is left")


together._fill = fail
together._help()
