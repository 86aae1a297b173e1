"""One round: a sweep is disturbed, the same command is repeated until it ends well, and everything is looked at."""

import os
import random
import shutil
import signal
import subprocess
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from datasets.acquire.telling import count_of
from tests.soak import checks
from tests.soak.commands import NOTHING, Command
from tests.soak.faults import Fault
from tests.soak.orders import Order
from tests.soak.places import Place, Stage, Undisturbed

#: How often the same command is repeated after the fault before the sweep is called lost.
REPEATS = 4
#: The share of rounds that begin without features.
COLD = 0.15


@dataclass
class Round:
    """What a fault works with. `wrong` collects what did not hold."""

    stage: Stage
    place: Place
    target: str
    draw: random.Random
    expected: Undisturbed
    wrong: list[str] = field(default_factory=list)
    #: finished runs that the fault itself has damaged: they may be made again
    damaged: set[str] = field(default_factory=set)
    #: runs that may begin again although they are finished, as where a claim was taken away
    excused: set[str] = field(default_factory=set)
    #: those of them of which nothing is left that could be told of
    gone: set[str] = field(default_factory=set)
    #: whether the fault has met anything; a kill may come when all is over
    has_met: bool = False
    told: list[str] = field(default_factory=list)
    _state: checks.State = field(default_factory=dict)
    _noted: int = 0
    _is_finished: bool = False
    _begun_before: int = 0

    # -- for faults ------------------------------------------------------------------------------------------------

    def start(self, *orders: Order, **more: Any) -> Command:
        """Start the sweep's command, with orders for its processes."""
        self.stage.orders.give(*orders)
        return self.again(**more)

    def again(self, launcher: str = "local", **more: Any) -> Command:
        """Start the sweep's command beside others, under the same orders."""
        return self.stage.start(self.place, *self.stage.run_command(self.target, 2, launcher), **more)

    def other(self, *arguments: str) -> Command:
        """Another command, which is waited for."""
        command = self.stage.start(self.place, *arguments)
        self.end(command)
        return command

    def end(self, *commands: Command) -> None:
        """Wait for commands to end, and look at how they have."""
        for command in commands:
            command.wait()
        self.look_at(*commands)

    def look_at(self, *commands: Command) -> None:
        """Look at commands that have ended, at what they have left, and at what became of finished runs."""
        for command in commands:
            assert command.code is not None
            said = command.said()
            self.told += said.splitlines()
            for problem in checks.wrong_words(command.code, said):
                self.wrong.append(f"{command.arguments[0]}: {problem}")
        for left in self.stage.starter.left_behind():
            self.wrong.append(f"a process is left behind: {left}")
        with self.stage.starter.words_of_workers.open("r+") as words:
            if text := words.read():
                self.wrong.append(f"a worker prints: {text[-300:]}")
                words.truncate(0)
        self.see_runs()

    def see_runs(self) -> None:
        """Compare the finished runs with those of the last look."""
        state = checks.state_of(self.place)
        before = {name: facts for name, facts in self._state.items() if name not in self.damaged}
        self.wrong += checks.lost_or_repeated(before, state)
        journal = self.stage.orders.journal()
        begun = {run for what, run in journal[self._noted :] if what == "begins"}
        if repeated := sorted(begun & set(before) - self.excused):
            self.wrong.append(f"{repeated[0]} was finished and has begun again")
        self._state, self._noted = state, len(journal)

    def excuse_dates(self) -> None:
        """The fault has changed the times of files: from here on finished runs are compared with how they are now."""
        self._state = checks.state_of(self.place)

    def each_began_once(self) -> None:
        """No run was worked on twice."""
        begun = Counter(run for what, run in self.stage.orders.journal() if what == "begins")
        if twice := sorted(run for run, times in begun.items() if times > 1):
            self.wrong.append(f"{twice[0]} was worked on {begun[twice[0]]} times")

    def pause(self, longest: float = 1.1) -> None:
        """Wait until some moment of the sweep, as long as an undisturbed one takes, or somewhat longer."""
        time.sleep(self.draw.uniform(0.0, longest * self.expected.seconds))

    def until(self, happens: Callable[[], object], command: Command) -> bool:
        """Wait until something has happened, or the command has ended before: False."""
        while not happens():
            if command.poll() is not None:
                return False
            time.sleep(0.005)
        return True

    def kill(self, command: Command, victim: str) -> None:
        """SIGKILL a worker, the launcher, or all of them at once."""
        workers = self.stage.starter.workers()
        chosen = {"worker": [self.draw.choice(workers)] if workers else [], "both": workers}.get(victim, [])
        if victim != "worker":
            self.has_met |= command.poll() is None
            command.send(signal.SIGKILL)
        for pid in chosen:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.has_met = True

    # -- the round itself ------------------------------------------------------------------------------------------

    def run(self, fault: Fault) -> None:
        """Disturb, repeat, compare."""
        self.stage.orders.forget()
        fault.disturb(self)
        self.finish()

    def finish(self) -> None:
        """Repeat the command until it ends well, and compare; once, where the fault itself asks for it."""
        if self._is_finished:
            return
        self._is_finished = True
        self._begun_before = len(self.stage.orders.journal())
        self.stage.orders.give()
        self.has_met |= self.stage.orders.obeyed > 0
        self._repeat()
        if checks.age_temporaries(self.place):
            self.end(self.again())
        self.wrong += self._untold()
        self.wrong += checks.differences(self.place, self.expected)
        self.wrong += checks.left_behind(self.place, bool(self.damaged))
        self.wrong += self._status()

    def _repeat(self) -> None:
        for _ in range(REPEATS):
            command = self.again()
            self.end(command)
            if command.code == 0:
                return
        self.wrong.append(f"does not end well: {command.code}: {command.said()[-600:]}")

    def _untold(self) -> Iterator[str]:
        """Damaged runs that were made again without a word that names them."""
        begun = {run for what, run in self.stage.orders.journal()[self._begun_before :] if what == "begins"}
        for name in sorted(begun & self.damaged - self.gone):
            if not any(line.startswith("resound: ") and name in line for line in self.told):
                yield f"{name} was damaged and made again without a word"

    def _status(self) -> Iterator[str]:
        command = self.other("status")
        last = command.output.read_text().splitlines()[-1:]
        if (
            not last
            or not last[0].startswith(f"{count_of(len(self.expected.files), 'run')} done (")
            or not last[0].endswith("), 0 failed, 0 running")
        ):
            yield f"status says {last}"


def play(stage: Stage, fault: Fault, target: str, seed: str) -> tuple[list[str], bool]:
    """Play one round; what did not hold, and whether the fault has met anything."""
    draw = random.Random(seed)
    expected = stage.undisturbed(target)
    place = stage.place("round", is_warm=draw.random() >= COLD and not fault.is_cold)
    one = Round(stage, place, target, draw, expected)
    try:
        one.run(fault)
    except AssertionError as error:
        one.wrong.append(str(error))
    except Exception as error:  # of the soak itself
        one.wrong.append(f"the soak fails: {type(error).__name__}: {error}")
        traceback.print_exc()
    finally:
        stage.starter.tolerated = NOTHING
        stage.starter.left_behind(0.0)
        subprocess.run(["umount", "--quiet", "--recursive", str(place.root)], check=False, capture_output=True)
        if not one.wrong:
            shutil.rmtree(stage.base / "logs" / "round", ignore_errors=True)
        shutil.rmtree(place.root, ignore_errors=True)
    return one.wrong, one.has_met
