import errno
import os
from types import SimpleNamespace

import pytest

from datasets.acquire import locks
from datasets.errors import DataError


@pytest.fixture
def opened(tmp_path):
    """Opens one file again and again, as different processes would."""
    path, files = tmp_path / "claim", []
    path.write_text("note")

    def again(mode: str) -> int:
        files.append(path.open(mode))
        return files[-1].fileno()

    yield again
    for file in files:
        file.close()


@pytest.mark.parametrize(
    ("held", "wanted", "granted"),
    [
        pytest.param(False, False, False, id="alone, then alone"),
        pytest.param(False, True, False, id="alone, then shared"),
        pytest.param(True, True, True, id="shared, then shared: two looks do not see each other"),
        pytest.param(True, False, False, id="shared, then alone"),
    ],
)
def test_who_gets_a_lock_beside_whom(opened, held, wanted, granted):
    assert locks.try_lock(opened("rb" if held else "a"), shared=held)
    assert locks.try_lock(opened("rb"), shared=wanted) is granted


def test_a_file_system_without_locks_is_told(opened, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def without(descriptor, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without)
    for ask in (locks.lock, locks.try_lock):
        with pytest.raises(locks.NoLocks, match=r"has no locks \(No locks available\); choose folders on another"):
            ask(opened("a"))
    assert issubclass(locks.NoLocks, OSError) and issubclass(
        locks.NoLocks, DataError
    )  # for either to go on, or to tell


def test_a_lock_goes_with_its_file(tmp_path):
    with (tmp_path / "claim").open("a") as file:
        assert locks.try_lock(file.fileno())
    with (tmp_path / "claim").open("a") as file:
        locks.lock(file.fileno())  # returns


def test_windows_locks_a_byte_that_holds_nothing_and_leaves_the_place_in_the_file(opened, monkeypatch):
    """With msvcrt.locking as its documentation has it: `nbytes` from the present place, OSError where they are held."""
    held: set[int] = set()

    def locking(descriptor: int, mode: int, nbytes: int) -> None:
        assert (mode, nbytes) == ("nonblocking", 1)
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        if place in held:
            raise PermissionError(13, "Permission denied")
        held.add(place)

    monkeypatch.setitem(__import__("sys").modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK="nonblocking"))
    names = ("lseek", "SEEK_CUR", "SEEK_SET")
    monkeypatch.setattr(locks, "os", SimpleNamespace(name="nt", **{name: getattr(os, name) for name in names}))
    monkeypatch.setattr(locks, "time", SimpleNamespace(sleep=lambda seconds: held.clear()))
    first = opened("rb+")
    os.lseek(first, 2, os.SEEK_SET)
    assert locks.try_lock(first)
    assert os.lseek(first, 0, os.SEEK_CUR) == 2 and min(held) > 1000
    assert not locks.try_lock(opened("rb"), shared=True)
    locks.lock(opened("rb+"))  # once the other one has let go
    assert held
