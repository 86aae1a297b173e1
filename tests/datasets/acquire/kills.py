"""Kills fetch and import at random places, and says whether the same command then goes on to the same files.

`python -m tests.datasets.acquire.kills --kills 100` kills commands of all datasets in turn against a site that behaves
badly at first (`rude_site`), each by SIGKILL at a random byte that is written, before a random operation on files, or
at a random moment, maybe twice in a row. Then the same command is repeated until it ends well; the tree must be
byte-equal to that of a command nobody disturbed, with nothing beside it, and what was imported from must be untouched.
Linux and macOS: every command runs in a forked process of its own.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import datasets.acquire.archive
import datasets.acquire.download
import datasets.acquire.folders
from datasets.errors import DataError
from tests.datasets.acquire.commands import Command, commands
from tests.datasets.acquire.rude_site import MANNERS, RudeSite

#: What changes the state of files; "open" counts where it is a file of the trial.
OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate", "shutil.rmtree")
#: How often the same command is repeated before the site is called hopeless; it is rude to `RUDE` requests for a file,
#: or to none.
REPEATS, RUDE = 40, 4
#: How many operations are the end of a command, where what was worked in is cleared away.
LAST = 15
DONE, REFUSED, BROKEN = 0, 1, 2


@dataclass
class Bomb:
    """Counts written bytes and operations of this process, and kills it at one of them (0: never)."""

    folder: Path
    at_byte: int = 0
    at_operation: int = 0
    bytes: int = 0
    operations: int = 0

    def arm(self) -> None:
        """Watch this process from now on."""
        download, archive, folders = datasets.acquire.download, datasets.acquire.archive, datasets.acquire.folders
        write = download._write
        download._write = lambda file, chunk, slot: write(file, self.spend(file, chunk), slot)
        archive.shutil = folders.shutil = _Copying(self)
        sys.addaudithook(self.notice)

    def spend(self, file: Any, chunk: bytes) -> bytes:
        """Count bytes that are about to be written; at the chosen one, write what comes before it and die."""
        self.bytes += len(chunk)
        if 0 < self.at_byte <= self.bytes:
            file.write(chunk[: len(chunk) - (self.bytes - self.at_byte)])
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return chunk

    def notice(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count an operation on files; die before the chosen one."""
        if event in OPERATIONS and (event != "open" or str(arguments[0]).startswith(str(self.folder))):
            self.operations += 1
            if self.operations == self.at_operation:
                os.kill(os.getpid(), signal.SIGKILL)


class _Copying:
    """The module shutil, whose copies are counted."""

    def __init__(self, bomb: Bomb) -> None:
        self.bomb = bomb

    def __getattr__(self, name: str) -> Any:
        return getattr(shutil, name)

    def copyfileobj(self, source: Any, target: Any, length: int) -> None:
        """As shutil's."""
        while chunk := source.read(length):
            target.write(self.bomb.spend(target, chunk))

    def copyfile(self, source: Path, target: Path) -> None:
        """As shutil's."""
        with source.open("rb") as reading, target.open("wb") as writing:
            self.copyfileobj(reading, writing, 1 << 16)


@dataclass(frozen=True)
class Measure:
    """What an undisturbed command wrote, in bytes, did, in operations, took, in seconds, and left."""

    bytes: int
    operations: int
    seconds: float
    tree: dict[str, str]


def tree(folder: Path) -> dict[str, str]:
    """The md5 of every file below a folder, and every empty folder, by path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else "empty"
        for path in sorted(folder.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


def forked(work: Callable[[], int]) -> int:
    """Do something in a process of its own; its id."""
    process = os.fork()
    if process:
        return process
    code = BROKEN
    try:
        code = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def served(command: Command, manner: Callable[[str, int], str]) -> tuple[int, str]:
    """The process of a site, and its address."""
    site = RudeSite(command.files, manner)

    def serve() -> int:
        site.serve_forever(poll_interval=0.01)
        return DONE

    process = forked(serve)
    site.socket.close()
    return process, site.url


def started(command: Command, url: str, folder: Path, bomb: Bomb, told: Path | None = None) -> int:
    """The process of a command that puts its data into `folder`; at its end it writes what it spent to `told`."""

    def work() -> int:
        bomb.arm()
        begin = time.monotonic()
        try:
            command.run(url, folder / "set")
        except DataError as error:
            if told is not None:
                told.write_text(str(error))
            return REFUSED
        if told is not None:
            told.write_text(f"{bomb.bytes} {bomb.operations} {time.monotonic() - begin}")
        return DONE

    return forked(work)


def ended(process: int) -> int:
    """The exit status of a process, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def measured(command: Command, folder: Path) -> Measure:
    """Run a command undisturbed, against a site that behaves."""
    site, url = served(command, lambda path, count: "right")
    told = folder / "told"
    code = ended(started(command, url, folder / "data", Bomb(folder), told))
    os.kill(site, signal.SIGKILL)
    ended(site)
    if code != DONE:
        raise SystemExit(f"{command.name}: fails undisturbed: {told.read_text() if told.exists() else code}")
    spent = told.read_text().split()
    return Measure(int(spent[0]), int(spent[1]), float(spent[2]), tree(folder / "data"))


class Trial:
    """One command, killed `kills` times and then repeated until it ends well."""

    def __init__(self, command: Command, measure: Measure, folder: Path, draw: random.Random) -> None:
        self.command, self.measure, self.folder, self.draw = command, measure, folder, draw
        self.kinds: Counter[str] = Counter()

    def run(self, kills: int) -> str:
        """What is wrong afterwards; nothing where all is well."""
        seed, rude = self.draw.random(), self.draw.choice((0, RUDE, RUDE))
        before = _content(self.command.source)
        site, url = served(
            self.command, lambda path, count: _manner(f"{seed} {path} {count}") if count < rude else "right"
        )
        try:
            for _ in range(kills):
                any(self._killed(url) != REFUSED for _ in range(REPEATS))  # refused by the site before its place
            return self._repeat(url) or ("" if _content(self.command.source) == before else "the source is changed")
        finally:
            os.kill(site, signal.SIGKILL)
            ended(site)

    def _killed(self, url: str) -> int:
        """Start the command and kill it; the exit status tells whether it ended before."""
        kind = self.draw.choice(("byte", "operation", "moment") if self.measure.bytes else ("operation", "moment"))
        bomb, timer = Bomb(self.folder), 60.0
        if kind == "byte":
            bomb.at_byte = self.draw.randint(1, self.measure.bytes)
        elif kind == "operation":
            count = self.measure.operations
            first = self.draw.choice((1, max(1, count - LAST)))  # half of them where everything is put in its place
            bomb.at_operation = self.draw.randint(first, count)
        else:
            timer = self.draw.uniform(0.0, self.measure.seconds)
        process = started(self.command, url, self.folder / "data", bomb)
        clock = threading.Timer(timer, os.kill, (process, signal.SIGKILL))
        clock.start()
        code = ended(process)
        clock.cancel()
        self.kinds[kind] += code == -signal.SIGKILL
        return code

    def _repeat(self, url: str) -> str:
        told = self.folder / "told"
        for _ in range(REPEATS):
            code = ended(started(self.command, url, self.folder / "data", Bomb(self.folder), told))
            if code == DONE:
                return _difference(self.measure.tree, tree(self.folder / "data"))
            if code != REFUSED:
                return f"ended with {code}"
        return f"never ended well: {told.read_text()}"


def _manner(seed: str) -> str:
    return random.Random(seed).choice(sorted(MANNERS))


def _content(source: Path | None) -> dict[str, str]:
    if source is None:
        return {}
    return tree(source) if source.is_dir() else {source.name: hashlib.md5(source.read_bytes()).hexdigest()}


def _difference(expected: dict[str, str], found: dict[str, str]) -> str:
    names = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    return f"{len(names)} files differ, {names[0]} for one" if names else ""


def main(kills: int, seed: int, miniatures: Path | None = None) -> int:
    """Kill so often; prints a line per command, and returns how many trials went wrong."""
    draw, wrong, measures = random.Random(seed), 0, dict[str, Measure]()
    kinds: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        base = Path(name).resolve()
        chosen = list(commands(base / "site", miniatures or base / "site"))
        draw.shuffle(chosen)
        for command in cycle(chosen):
            left = kills - sum(some.total() for some in kinds.values())
            if not left:
                break
            if command.name not in measures:
                measures[command.name] = measured(command, base / "undisturbed" / str(len(measures)))
            trial = Trial(command, measures[command.name], base / "trial", draw)
            fault = trial.run(min(draw.choice((1, 1, 2)), left))
            shutil.rmtree(base / "trial", ignore_errors=True)
            kinds[command.name] = kinds.get(command.name, Counter()) + trial.kinds
            if fault:
                wrong += 1
                print(f"{command.name}: {fault}", flush=True)
    for one, some in sorted(kinds.items()):
        print(f"{one}: killed {some.total()} times {dict(some)}")
    print(f"{sum(some.total() for some in kinds.values())} kills, {wrong} trials went wrong", flush=True)
    return wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--miniatures", type=Path, help="a folder with miniatures that are there already")
    given = parser.parse_args()
    sys.exit(bool(main(given.kills, given.seed, given.miniatures)))
