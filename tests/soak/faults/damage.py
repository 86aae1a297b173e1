"""Files that are other than they were between two commands: cut, flipped, swapped, of another day, no files at all."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.soak.faults import Fault
from tests.soak.rounds import Round

DAY = 86400.0


def cut(one: Round, path: Path) -> None:
    """A file is cut short, or empty."""
    with path.open("r+b") as file:
        file.truncate(one.draw.choice((0, one.draw.randrange(max(1, path.stat().st_size)))))


def flip(one: Round, path: Path) -> None:
    """One bit is another, and the times are what they were."""
    status = path.stat()
    with path.open("r+b") as file:
        place = one.draw.randrange(max(1, status.st_size))
        file.seek(place)
        old = file.read(1) or b"\0"
        file.seek(place)
        file.write(bytes([old[0] ^ (1 << one.draw.randrange(8))]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def swap(one: Round, path: Path) -> None:
    """Two files of one name stand in each other's place; where there is no other, some other file's content does."""
    others = [other for other in path.parent.parent.glob(f"*/{path.name}") if other != path and other.is_file()]
    if not others:
        others = [other for other in path.parent.glob("*") if other != path and other.is_file()]
    if not others:
        return cut(one, path)
    other = one.draw.choice(sorted(others))
    if one.place.runs in other.parents:
        one.damaged.add(other.parent.name)
    third = path.with_name("third")
    path.rename(third)
    other.rename(path)
    third.rename(other)
    return None


def redate(one: Round, path: Path) -> None:
    """Its content is what it was, its time is not."""
    when = time.time() + one.draw.choice((-4000, -400, -1, 1, 400)) * DAY * one.draw.random()
    os.utime(path, (when, when))


WAYS: dict[str, Callable[[Round, Path], None]] = {"cut": cut, "flipped": flip, "swapped": swap, "re-dated": redate}


def of_finished(one: Round, way: str) -> None:
    """Files of one to three finished runs."""
    _some_done(one)
    done = one.place.results()
    for name in one.draw.sample(sorted(done), min(len(done), one.draw.choice((1, 2, 3)))):
        path = one.draw.choice(sorted(path for path in done[name].iterdir() if path.is_file()))
        if way != "re-dated":
            one.damaged.add(name)
        WAYS[way](one, path)
        one.has_met = True
    if way == "re-dated":
        one.excuse_dates()
    _look(one)


def of_attempts(one: Round) -> None:
    """Whatever an interrupted sweep has left for the next one: checkpoints, notes, claims."""
    command = one.start()
    attempts = one.place.runs / ".attempts"
    one.until(lambda: list(attempts.glob("*/*/checkpoint.ckpt")), command)
    one.pause(0.3)
    one.kill(command, "both")
    one.end(command)
    files = [path for path in sorted(one.place.runs.glob(".*/**/*")) if path.is_file()]
    checkpoints = [path for path in files if path.name == "checkpoint.ckpt"]
    for path in [*checkpoints[:1], *one.draw.sample(files, min(2, len(files)))]:
        if path.is_file():
            WAYS[one.draw.choice(sorted(WAYS))](one, path)
            one.has_met = True
    one.damaged -= {path.parent.name for path in files}
    _look(one)


def of_cache(one: Round) -> None:
    """Some of what was derived."""
    _some_done(one)
    files = [path for path in sorted(one.place.cache.rglob("*")) if path.is_file() and "miniature" not in path.parts]
    for path in one.draw.sample(files, min(len(files), one.draw.choice((1, 3, 10)))):
        if path.is_file():
            WAYS[one.draw.choice(sorted(WAYS))](one, path)
            one.has_met = True
    _look(one)


def of_marker(one: Round) -> None:
    """The marker of the store; commands say which file to delete, and that is done."""
    _some_done(one)
    marker = one.place.runs / "ledger.json"
    if not marker.is_file():
        return
    marker.write_bytes(one.draw.choice((b"", b"{", b"[]", b'{"format": 999}', b"\xff\xfe", b"null")))
    one.has_met = True
    command = one.again()
    one.end(command)
    if command.code != 2 or str(marker) not in command.said():
        one.wrong.append(f"a marker that is none: {command.code}: {command.said()[-300:]}")
    marker.unlink()


def of_folders(one: Round) -> None:
    """Finished runs in each other's place, files and links in the place of runs, folders in the place of files."""
    _some_done(one)
    done = sorted(one.place.results())
    if not done:
        return
    name = one.draw.choice(done)
    folder = one.place.runs / name
    match one.draw.choice(("another", "file", "link", "folder", "extra", "gone")):
        case "another" if len(done) > 1:
            other = one.draw.choice([some for some in done if some != name])
            one.damaged.add(other)
            folder.rename(one.place.runs / "third")
            (one.place.runs / other).rename(folder)
            (one.place.runs / "third").rename(one.place.runs / other)
        case "file":
            shutil.rmtree(folder)
            folder.write_text("nothing")
        case "link":
            elsewhere = one.place.root / "elsewhere"
            folder.rename(elsewhere)
            folder.symlink_to(elsewhere)
        case "folder":
            (folder / "history.csv").unlink()
            (folder / "history.csv").mkdir()
        case "extra":
            (folder / "scores_more.npz").write_bytes(b"more")
        case _:
            shutil.rmtree(folder)
            one.gone.add(name)
    one.damaged.add(name)
    one.has_met = True
    _look(one)


def _some_done(one: Round) -> None:
    """A sweep that ends, or is cut in the middle with something done."""
    command = one.start()
    if one.draw.random() < 0.5:
        one.until(one.place.results, command)
        one.pause(0.4)
        one.kill(command, "both")
    one.end(command)


def _look(one: Round) -> None:
    """Commands that only read meet the damage first, maybe."""
    if one.draw.random() < 0.5:
        command = one.other(
            *one.draw.choice((("status",), ("report", "soak"), ("plan", "soak", "--corpus", "miniature")))
        )
        if command.code != 0:
            one.wrong.append(f"{command.arguments[0]} over damaged files: {command.code}: {command.said()[-300:]}")


FAULTS = (
    *(Fault(f"finished runs {way}", lambda one, way=way: of_finished(one, way)) for way in WAYS),
    Fault("leftovers damaged", of_attempts),
    Fault("cache damaged", of_cache),
    Fault("marker damaged", of_marker),
    Fault("folders in the wrong place", of_folders),
)
