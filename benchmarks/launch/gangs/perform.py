"""Several runs in this process, a training step each in turn, as a slot tells of them."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.launch.launcher import Ended, Epoch, Paused, Said, Slots
from benchmarks.launch.perform import perform

if TYPE_CHECKING:
    from benchmarks.runs.gang.turns import Turn
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace


def perform_gang(
    slot: int,
    runs: Sequence["Run"],
    workspace: "Workspace",
    slots: Slots,
    tell: Callable[[Epoch | Paused | Said | Ended], None],
    should_stop: Callable[[], bool] = lambda: False,
    alive: Callable[[bool], None] = lambda is_training: None,
) -> None:
    """Execute runs together, each as `perform` does, and tell of the end of each when it comes.

    Where memory does not suffice, the gang is halved: the others wait, and go on from their last checkpoints.
    """
    waiting, size = list(runs), len(runs)
    while waiting:
        some, waiting = waiting[:size], waiting[size:]
        if should_stop():
            for run in (*some, *waiting):
                tell(Ended(slot, run.id, "stopped"))
            return
        gang = _Gang(slot, some, workspace, slots, tell, should_stop, alive)
        if aside := gang.work():
            size, waiting = max(1, len(some) // 2), [*aside, *waiting]


class _Gang:
    """Runs that go on together, and those of them that had to wait."""

    def __init__(
        self,
        slot: int,
        runs: Sequence["Run"],
        workspace: "Workspace",
        slots: Slots,
        tell: Callable[[Epoch | Paused | Said | Ended], None],
        should_stop: Callable[[], bool],
        alive: Callable[[bool], None],
    ) -> None:
        self.slot, self.runs, self.workspace, self.slots = slot, runs, workspace, slots
        self.tell, self.should_stop, self.alive = tell, should_stop, alive
        self.aside: list[Run] = []
        self._active = list(runs)

    def work(self) -> list["Run"]:
        """Go on until all have ended; returns those that had to wait, in their order."""
        from benchmarks.runs.gang.together import together

        def work_of(run: "Run") -> Callable[["Turn"], None]:
            return lambda turn: self._one(run, turn)

        together([work_of(run) for run in self.runs], self.slots.device)
        return [run for run in self.runs if run in self.aside]

    def _one(self, run: "Run", turn: "Turn") -> None:
        from benchmarks.runs.gang.turns import Seat
        from benchmarks.runs.train import Stopped

        def pass_on() -> None:
            turn.pass_on()
            if run in self.aside:
                raise Stopped

        ended = Ended(self.slot, run.id, "stopped")
        if run not in self.aside:
            seat = Seat(len(self.runs), turn.seconds if len(self.runs) > 1 else time.monotonic)
            ended = perform(
                self.slot, run, self.workspace, self.slots, self.tell, self.should_stop, self.alive, seat, pass_on
            )
        if ended.out_of_memory and len(self.runs) > 1:
            self._halve(run)
        self._active.remove(run)
        if run not in self.aside:
            self.tell(ended)

    def _halve(self, run: "Run") -> None:
        """Have a run wait for which there was no memory, and as many others that half of those at work go on."""
        others = [one for one in self._active if one is not run and one not in self.aside]
        stay = others[: max(1, (len(others) + 1) // 2)]
        self.aside += [run, *(one for one in others if one not in stay)]
        wait = len(others) + 1 - len(stay)
        waiting = "it waits, and goes on" if wait == 1 else f"{wait} of them wait, and go on"
        together = "a run beside those that wait already" if not others else f"{len(others) + 1} runs together"
        self.tell(Said(self.slot, f"not enough memory for {together}; {waiting} from the last checkpoint"))
