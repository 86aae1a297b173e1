"""A clock that is set back while a sweep goes on, by libfaketime."""

import os
import time
from pathlib import Path

from tests.soak.faults import Fault
from tests.soak.rounds import Round

#: Where Debian's package libfaketime puts its library, by architecture.
LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def set_back(one: Round) -> None:
    """A command of tomorrow, or of next year, is killed; the next ones are of today, or of the day before."""
    days = one.draw.choice((1, 400))
    command = one.start(is_program=True, **_at(days))
    one.until(one.stage.starter.workers, command)
    one.pause()
    one.kill(command, one.draw.choice(("launcher", "both")))
    one.end(command)
    one.has_met = True
    later = time.time() + days * 86400
    for path in one.place.root.rglob("*"):
        if path.is_file() and not path.is_symlink() and one.draw.random() < 0.7:
            os.utime(path, (later, later))  # the library cannot tell the file system
    one.excuse_dates()
    if one.draw.random() < 0.3:
        one.end(one.start(is_program=True, **_at(-1)))


def _at(days: int) -> dict[str, str]:
    return {
        "LD_PRELOAD": str(_library()),
        "FAKETIME": f"{days:+d}d",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def _library() -> Path | None:
    return next(Path("/").glob(LIBRARY.lstrip("/")), None)


def _lacks() -> str:
    return "" if _library() else "needs libfaketime (apt-get install libfaketime)"


FAULTS = (Fault("clock set back", set_back, _lacks, is_slow=True),)
