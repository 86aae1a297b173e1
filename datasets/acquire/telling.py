"""What is told while datasets are fetched, checked and written, and who is told."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path

from datasets.contract import Dataset

#: Is told each line.
Report = Callable[[str], None]
#: Is told how many are done, and of how many.
Progress = Callable[[int, int], None]


def terms(dataset: type[Dataset]) -> str:
    """What a dataset is, and on which terms it is to be had: title, licence, page and citation, a line each."""
    return f"{dataset.title}\nlicence: {dataset.licence}\npage: {dataset.homepage}\ncitation: {dataset.citation}"


def shown(name: str | Path) -> str:
    """A name as it can be printed, in one line: bytes that are no UTF-8 become `\\xff`, and line ends `\\n`."""
    text = str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def count_of(number: int, noun: str) -> str:
    """ "1 run", "3 runs": how many there are of something whose plural has an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def enumerated(names: Iterable[object]) -> str:
    """Names after each other by commas; by semicolons where one of them has a comma of its own."""
    several = [str(name) for name in names]
    return ("; " if any("," in name for name in several) else ", ").join(several)


def in_words(seconds: float) -> str:
    """A time for reading: "40 s", "12 min", "3.5 h", "120 h"."""
    if seconds < 60:
        return f"{math.ceil(seconds)} s"
    if seconds < 3600:
        return f"{math.ceil(seconds / 60)} min"
    hours = seconds / 3600
    return f"{hours:.0f} h" if hours >= 10 else f"{hours:.1f} h"
