"""One run in this process, as a slot tells of it: the same for every launcher, wherever its slots are."""

import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.errors import InputError
from benchmarks.launch.beside import extractors_beside
from benchmarks.launch.launcher import Ended, Epoch, Slots

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace


def perform(
    slot: int,
    run: "Run",
    workspace: "Workspace",
    slots: Slots,
    tell: Callable[[Epoch], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> Ended:
    """Execute `run` with what one of `slots` gets, into the store of `workspace`; whatever goes wrong is in the end."""
    from benchmarks.runs.execute import Surroundings, execute
    from benchmarks.runs.train import Stopped

    def on_epoch(epoch: int, of: int, loss: float) -> None:
        tell(Epoch(slot, run.id, epoch, of, loss))

    beside = partial(extractors_beside, run, slots.sweep, workspace)
    around = Surroundings(workspace, slots.device, should_stop, on_epoch, slots.checkpoint_seconds, beside)
    end = partial(Ended, slot, run.id)
    try:
        published = execute(run, around)
        return end("done" if published else "elsewhere")
    except Stopped:
        return end("stopped")
    except Exception as error:
        return end("failed", one_line(error), traceback.format_exc())


def one_line(error: BaseException) -> str:
    """An exception as one line: its type, unless the message is meant for people, and its message."""
    text = " ".join(str(error).split())
    if isinstance(error, InputError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
