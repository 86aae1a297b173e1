"""One run in this process, as a slot tells of it: the same for every launcher, wherever its slots are."""

import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

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
    from benchmarks.runs.execute import Surroundings, execute, one_line
    from benchmarks.runs.train import Stopped

    def on_epoch(epoch: int, of: int, loss: float) -> None:
        tell(Epoch(slot, run.id, epoch, of, loss))

    end = partial(Ended, slot, run.id)
    try:
        published = execute(run, Surroundings(workspace, slots.device, should_stop, on_epoch, slots.checkpoint_seconds))
        return end("done" if published else "elsewhere")
    except Stopped:
        return end("stopped")
    except Exception as error:
        return end("failed", one_line(error), traceback.format_exc())
