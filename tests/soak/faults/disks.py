"""Disks that are full at a chosen file, and stores that can only be read."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.soak.faults import Fault
from tests.soak.orders import Order
from tests.soak.rounds import Round

#: The size of the disk that is filled, MiB; a round needs less.
DISK = 64
#: What is about to be written when the disk is full: by whom, and the name.
PLACES = {
    "checkpoint": ("worker", r"/\.checkpoint\.ckpt\."),
    "scores": ("worker", r"/\.scores_\w+\.npz\."),
    "progress": ("worker", r"/\.progress\.json\."),
    "result": ("worker", r"/\.result\.json\."),
    "ledger": ("launcher", r"/\.ledger\.json\.|/\.sweeps/|/\.claims/"),
    "failures": ("launcher", r"/\.failures/"),
    "report": ("launcher", r"/report/"),
    "memos": ("launcher", r"/cache/(checked|metrics|items|values|index|census)/"),
    "features": ("worker", r"/features/|/sources/"),
}


def full_at(one: Round, place: str) -> None:
    """The disk is full when a file is about to be written; then there is room again."""
    role, path = PLACES[place]
    count, times = one.draw.choice((1, 1, 2, 3)), one.draw.choice((1, 2))
    # A failure is kept of runs that fail, as one does that cannot write its scores.
    before = [Order(PLACES["scores"][0], "open", PLACES["scores"][1], "refuse")] if place == "failures" else []
    with _small_disk(one) as ballast:
        act = "fill" if ballast else "refuse"
        command = one.start(*before, Order(role, "open", path, act, 1 if before else count, times, str(ballast)))
        one.end(command)
        if command.code == 0 and one.draw.random() < 0.5:
            one.other("report", "soak")
        if ballast:
            ballast.unlink(missing_ok=True)
        one.finish()


def only_read(one: Round) -> None:
    """The store is read-only for a while: what only reads works, what has to write says so in one line."""
    command = one.start()
    if one.draw.random() < 0.7:
        one.pause(0.8)
        one.kill(command, "both")
    one.end(command)
    one.place.runs.mkdir(exist_ok=True)
    n_done = len(one.place.results())
    one.has_met = True
    with _only_readable(one.place.runs):
        for arguments in (("status",), ("plan", one.target, "--corpus", "miniature"), ("report", "soak")):
            other = one.other(*arguments)
            if other.code != 0:
                one.wrong.append(f"{arguments[0]} on a store that is only read: {other.code}: {other.said()[-300:]}")
        again = one.again()
        one.end(again)
        if again.code == 0 and n_done < len(one.expected.files):
            one.wrong.append("a run is said to be done in a store that is only read")


@contextmanager
def _small_disk(one: Round) -> Iterator[Path | None]:
    """The folder of the round on a small disk, where mounts are allowed: a file to fill it with, else nothing."""
    if not one.stage.mounts:
        yield None
        return
    root = one.place.root
    aside = root.with_name("aside")
    root.rename(aside)
    root.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(root))
    subprocess.run(["cp", "-a", f"{aside}/.", str(root)], check=True)
    subprocess.run(["rm", "-r", str(aside)], check=True)
    yield root / "ballast"


@contextmanager
def _only_readable(folder: Path) -> Iterator[None]:
    """A folder that nobody can write to, root neither: mounted onto itself."""
    _mount("--bind", str(folder), str(folder))
    _mount("-o", "remount,bind,ro", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _cannot_mount() -> str:
    return "" if os.geteuid() == 0 else "needs root, to mount"


FAULTS = (
    *(
        Fault(f"disk full at {place}", lambda one, place=place: full_at(one, place), is_cold=place == "features")
        for place in PLACES
    ),
    Fault("read-only store", only_read, _cannot_mount),
)
