"""The command that hears sound files with a trained network: class and probability, for the whole and per second."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.cli import BAD_INPUT, OK, paths
from benchmarks.cli.asking.forms import Format, text_of
from benchmarks.cli.options import CacheOption, ReportsOption, RunsOption
from benchmarks.cli.study.again import FOLDER
from benchmarks.errors import InputError, told

if TYPE_CHECKING:
    from benchmarks.runs.kept.weights import Kept
    from benchmarks.runs.workspace import Workspace
    from models.prediction import Prediction

app = typer.Typer()

#: So many runs are named where a word may mean several.
NAMED = 3


@app.command("predict")
def predict_command(
    network: Annotated[
        Path,
        typer.Argument(
            help="A run that kept its weights (its id, the beginning of it, or its folder), a checkpoint of a Trainer, "
            "or a file of weights",
            metavar="RUN-OR-CHECKPOINT",
            parser=paths.source,
        ),
    ],
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Sound files of at most an hour, of any rate and number of channels",
            metavar="FILE...",
            parser=paths.source,
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="table, csv or json")] = "table",
    top: Annotated[int, typer.Option(min=1, max=10_000, help="Classes to print, the likeliest first")] = 3,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> int:
    """What a trained network says about sound FILES: class and probability, of the whole and of each second.

    A sound is resampled and its channels averaged as needed, which is told. `run --keep weights` makes runs that can be
    asked. Of events the likeliest frame of each second counts, of segments the mean over those that reach into it.
    """
    if not any(path.is_file() for path in files):  # before seconds of imports
        raise InputError(f"{files[0]}: {'is no file' if files[0].exists() else 'no such file'}; give sound files")
    from benchmarks.runs.kept.restored import restored
    from benchmarks.runs.own.network import search
    from benchmarks.runs.workspace import Workspace
    from models.tasks.hearing import predict

    search(Path.cwd())  # for networks of somebody's own
    model = restored(_kept(str(network), Workspace.here(runs=runs, cache=cache, reports=reports)))
    found: list[tuple[Path, Prediction]] = []
    code = OK
    for path in files:
        try:
            prediction = predict(model, path)
        except ValueError as error:
            print(f"resound: {told(error)}", file=sys.stderr)
            code = BAD_INPUT
            continue
        except Exception as error:
            if not network.is_file():  # a run's weights have a checksum: then it is a fault of ours
                raise
            raise InputError(_unfit(network, path, error)) from error
        for note in prediction.notes:
            print(f"resound: {told(f'{path}: {note}')}", file=sys.stderr)
        found.append((path, prediction))
    if found:
        print(text_of(found, form, top))
    return code


def _unfit(network: Path, sound: Path, error: Exception) -> str:
    """What is wrong with a file whose network and whose account of what that hears do not go together."""
    reason = " ".join(str(error).split())[:200]
    return (
        f"{network}: its network cannot hear {sound} as the file tells to ({type(error).__name__}: {reason}); "
        "ask a file that was not altered"
    )


def _kept(word: str, workspace: "Workspace") -> "Kept":
    """The weights that a word names: a file, a run's folder, a run's id or the beginning of one alone. InputError."""
    from benchmarks.runs.kept.restored import kept_of_file, kept_of_run
    from benchmarks.runs.kept.weights import FILE
    from benchmarks.runs.stored.finished import load_finished

    path = Path(word)
    if path.is_file():
        return kept_of_file(path)
    if path.is_dir():
        return kept_of_run(load_finished(path.resolve()))
    places = [workspace, replace(workspace, runs=workspace.runs / FOLDER)]
    runs = {}
    for place in places:
        if place.runs.is_dir():
            for one in place.ledger.finished():
                if one.run.id.startswith(word) and (one.run.id not in runs or (one.folder / FILE).exists()):
                    runs[one.run.id] = one
    if not runs:
        raise InputError(
            f"{word}: neither a file nor a finished run in {workspace.runs}; `python -m benchmarks status` names runs"
        )
    keeping = [one for one in runs.values() if (one.folder / FILE).exists()]
    if word in runs:
        return kept_of_run(runs[word])
    if len(runs) == 1 or len(keeping) == 1:
        [found] = runs.values() if len(runs) == 1 else keeping
        print(f"resound: asked is {found.run.id}", file=sys.stderr)
        return kept_of_run(found)
    which = sorted(one.run.id for one in keeping or runs.values())
    more = ", ..." if len(which) > NAMED else ""
    raise InputError(f"{word}: {len(which)} runs begin so ({', '.join(which[:NAMED])}{more}); give more of its name")
