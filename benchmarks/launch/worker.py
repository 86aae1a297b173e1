"""A warm worker: reads runs as JSON lines, executes them one after the other, answers with JSON lines.

It imports torch once and keeps features in memory from run to run. Everything else that the process prints goes to
stderr, which the launcher keeps in a log file.
"""

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


def main() -> None:
    """Serve runs from stdin until it closes or the process is asked to stop."""
    from benchmarks.runs.execute import StopSignal

    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints must not end up between the answers
    stop = StopSignal()
    stop.listen()
    settings = json.loads(sys.stdin.readline())
    _prepare(settings)
    _answer(answers, event="ready")
    for line in sys.stdin:
        if stop():
            break
        _serve(json.loads(line), settings, stop, answers)


def _prepare(settings: dict[str, Any]) -> None:
    import logging
    import warnings

    import torch

    torch.set_num_threads(settings["threads"])
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")


def _serve(data: dict[str, Any], settings: dict[str, Any], stop: Any, answers: Any) -> None:
    from benchmarks.runs.execute import Surroundings, execute, one_line
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.train import Stopped
    from benchmarks.runs.workspace import Workspace

    run = Run.from_dict(data)
    workspace = Workspace(**{name: Path(value) for name, value in settings["workspace"].items()})

    def on_epoch(epoch: int, of: int, loss: float) -> None:
        _answer(answers, event="epoch", run=run.id, epoch=epoch, of=of, loss=loss)

    around = Surroundings(workspace, settings["device"], stop, on_epoch, settings["checkpoint_seconds"])
    try:
        published = execute(run, around)
        _answer(answers, event="done" if published else "skipped", run=run.id)
    except Stopped:
        _answer(answers, event="stopped", run=run.id)
    except Exception as error:
        workspace.ledger.record_failure(run.id, one_line(error), traceback.format_exc())
        _answer(answers, event="failed", run=run.id, message=one_line(error))


def _answer(answers: Any, **content: Any) -> None:
    answers.write(json.dumps(content) + "\n")


if __name__ == "__main__":
    main()
