"""Executes regression runs in warm worker processes and a store of their own, and scores them."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.launch.display import progress
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Ended, Event
from benchmarks.launch.local import Local
from benchmarks.metrics import MetricValue, metric_named
from benchmarks.runs.ledger import Finished, Run
from benchmarks.runs.plan import Planned
from benchmarks.runs.scores import scores_of
from benchmarks.runs.truth import Truths
from benchmarks.runs.workspace import Workspace
from datasets.contract import SELECTION


@dataclass(frozen=True)
class Trained:
    """What became of some runs: the finished ones, and why the others failed."""

    finished: dict[str, Finished]
    failed: dict[str, str]

    def problem(self, run: Run) -> str | None:
        """Why a run has no result; None if it has one."""
        if run.id in self.finished:
            return None
        return self.failed.get(run.id, "was not run")


def train(runs: Iterable[Run], workspace: Workspace, title: str) -> Trained:
    """Execute `runs` on the CPU, one process per core; the store of `workspace` should be a fresh one."""
    planned = [Planned(run, done=False, minutes={}) for run in {run.id: run for run in runs}.values()]
    if not planned:
        return Trained({}, {})
    ended = 0
    with progress(title) as advance:

        def listen(event: Event) -> None:
            nonlocal ended
            if isinstance(event, Ended) and event.how in ("done", "failed"):
                ended += 1
                advance(ended, len(planned))

        outcome = launch(planned, Local(workspace, Local.share_out(None, "cpu", len(planned))), listen)
    if outcome.stopped or outcome.not_started:
        raise KeyboardInterrupt
    return Trained({done.run.id: done for done in workspace.ledger.finished()}, outcome.failed)


def measure(finished: Finished, metric_id: str) -> MetricValue:
    """A metric of a finished run on the items of its first test set by name, which no threshold was chosen on."""
    names = sorted(path.stem.removeprefix("scores_") for path in finished.folder.glob("scores_*.npz"))
    test_set = next(name for name in names if name != SELECTION)
    scores = scores_of(finished, test_set)
    return metric_named(metric_id).compute(scores, Truths().of(finished, test_set, scores=scores))
