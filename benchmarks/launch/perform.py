"""One run in this process, as a slot tells of it: the same for every launcher, wherever its slots are."""

import errno
import traceback
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.errors import InputError
from benchmarks.launch.beside import extractors_beside
from benchmarks.launch.busy import BusyMeter, Courtesy
from benchmarks.launch.launcher import Ended, Epoch, Paused, Said, Slots
from benchmarks.runs.gang.turns import ALONE, Seat

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace


def perform(
    slot: int,
    run: "Run",
    workspace: "Workspace",
    slots: Slots,
    tell: Callable[[Epoch | Paused | Said], None],
    should_stop: Callable[[], bool] = lambda: False,
    alive: Callable[[bool], None] = lambda is_training: None,
    seat: Seat = ALONE,
    pass_on: Callable[[], None] = lambda: None,
) -> Ended:
    """Execute `run` with what one of `slots` gets, into the store of `workspace`; whatever goes wrong is in the end.

    alive: called again and again while the run gets on: after every item whose features are made, and (with True) after
    every step of the training. seat: its place, where other runs go on in this process meanwhile. pass_on: lets them,
    behind every step; it may leave by `Stopped`.

    While features are made nobody else gets a turn, and nothing stands aside: others may wait for these features.
    """
    from benchmarks.runs.execute import Surroundings, execute
    from benchmarks.runs.machine.device import begin_peak, let_go
    from benchmarks.runs.train import Stopped

    meter = BusyMeter(slots.device, slots.threads)

    def on_epoch(epoch: int, of: int, loss: float) -> None:
        tell(Epoch(slot, run.id, epoch, of, loss, meter.share()))

    courtesy = _courtesy(slots, lambda why: tell(Paused(slot, run.id, why)))

    def after_a_step() -> bool:
        alive(True)
        courtesy(should_stop, lambda: alive(True))
        pass_on()
        return should_stop()

    def after_an_item(done: int, of: int) -> None:
        alive(False)
        if should_stop():  # features that are half made begin anew
            raise Stopped

    beside = partial(extractors_beside, run, slots.sweep, workspace)
    around = Surroundings(
        workspace, slots.device, after_a_step, on_epoch, slots.checkpoint_seconds, beside, after_an_item,
        slots.keeps_weights, slots.logger, seat, slots.capture, lambda line: tell(Said(slot, line)), slots.kernels,
    )  # fmt: skip
    end = partial(Ended, slot, run.id)
    begin_peak(slots.device)
    try:
        with closing(meter):
            published = execute(run, around)
        return end("done" if published else "elsewhere")
    except Stopped:
        return end("stopped")
    except Exception as error:
        failed = end("failed", one_line(error), traceback.format_exc(), ran_out_of_memory(error))
    if failed.out_of_memory:
        let_go(slots.device)
    return failed


def _courtesy(slots: Slots, tell: Callable[[str], None]) -> Callable[[Callable[[], bool], Callable[[], None]], None]:
    """What lets a run stand aside for others, where the slots are such."""
    from benchmarks.runs.build import import_class

    if slots.yielding is None:
        return lambda should_stop, alive: None
    return Courtesy(slots.yielding, import_class(slots.yielding.probe)(), tell)


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether a run failed for want of memory: of Python and numpy, of torch on an accelerator or a CPU, of mapping."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))


def one_line(error: BaseException) -> str:
    """An exception as one line: its type, unless the message is meant for people, and its message."""
    text = " ".join(str(error).split())
    if isinstance(error, InputError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
