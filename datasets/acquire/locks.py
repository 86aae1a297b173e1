"""Locks on open files that go with their process, even after `kill -9`, so that none is ever stale.

Claims hold a note, are looked at in stores that are only read, and may be whole folders; the usual packages for lock
files do none of that. Neither system's module is imported before a lock is asked for.
"""

import os
import time
from collections.abc import Callable

from datasets.errors import DataError

#: Where Windows locks a byte, which nobody else can read meanwhile: far behind whatever a file holds.
FAR = 2**30
#: Seconds between two looks at a lock that another process holds, where the system is not left to wait for it.
LOOK_SECONDS = 0.1


class NoLocks(DataError, OSError):
    """A file system without locks, as some are that lie on other machines; who can do without may go on."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"the file system of a store or a dataset has no locks ({error.strerror}); choose folders on another "
            "(RESOUND_RUNS, RESOUND_DATA, RESOUND_CACHE)"
        )


def try_lock(descriptor: int, shared: bool = False) -> bool:
    """Lock an open file or folder until it is closed; False if another process has locked it.

    shared: with others that share it; enough to see whether somebody holds it alone, and a file that is only read will
    do. Windows knows no shared locks and no locks of folders. Raises NoLocks.
    """
    if os.name == "nt":
        return _try_lock_byte(descriptor)
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise NoLocks(error) from error
    return True


def lock(descriptor: int, waiting: Callable[[], None] | None = None) -> None:
    """Lock an open file until it is closed, waiting for whoever holds it.

    waiting: called at every look, so that whoever waits is not taken for dead, and may leave by an exception; without
    it the system wakes this process as soon as the lock is free. Raises NoLocks.
    """
    if waiting is None and os.name != "nt":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            raise NoLocks(error) from error
        return
    while not try_lock(descriptor):
        if waiting is not None:
            waiting()
        time.sleep(LOOK_SECONDS)


def _try_lock_byte(descriptor: int) -> bool:
    """Lock one byte by Windows' means, behind the content, which stays where it is."""
    import msvcrt

    place = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, FAR, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, place, os.SEEK_SET)
    return True
