"""The command that hears sound files with a trained network: class and probability, for the whole and per second."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from benchmarks.cli import BAD_INPUT, OK
from benchmarks.cli.again import FOLDER
from benchmarks.cli.options import CacheOption, ReportsOption, RunsOption
from benchmarks.errors import InputError, told

if TYPE_CHECKING:
    from benchmarks.runs.kept.weights import Kept
    from benchmarks.runs.workspace import Workspace
    from models.prediction import Prediction

app = typer.Typer()

Format = Literal["table", "csv", "json"]
COLUMNS = ("file", "second", "class", "value", "quantity")
#: Of a sound of so many seconds a table shows each; of longer ones `csv` and `json` have all.
SHOWN = 60


@app.command("predict")
def predict_command(
    network: Annotated[
        str,
        typer.Argument(
            help="A run that kept its weights (its id, the beginning of it, or its folder), a checkpoint of a Trainer, "
            "or a file of weights",
            metavar="RUN-OR-CHECKPOINT",
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="Sound files of any length, rate and number of channels")],
    form: Annotated[Format, typer.Option("--format", help="table, csv or json")] = "table",
    top: Annotated[int, typer.Option(min=1, help="Classes that are told, the likeliest first")] = 3,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> int:
    """What a trained network says about sound FILES: class and probability, of the whole and of each second.

    A sound is resampled and its channels averaged as needed, which is told. `run --keep weights` makes runs that can be
    asked. Of events the likeliest frame of each second counts, of segments the mean over those that reach into it.
    """
    from benchmarks.runs.kept.restored import restored
    from benchmarks.runs.own.network import search
    from benchmarks.runs.workspace import Workspace
    from models.tasks.hearing import predict

    search(Path.cwd())  # for networks of somebody's own
    model = restored(_kept(network, Workspace.here(runs=runs, cache=cache, reports=reports)))
    found: list[tuple[Path, Prediction]] = []
    code = OK
    for path in files:
        try:
            prediction = predict(model, path)
        except ValueError as error:
            print(f"resound: {told(error)}", file=sys.stderr)
            code = BAD_INPUT
            continue
        for note in prediction.notes:
            print(f"resound: {told(f'{path}: {note}')}", file=sys.stderr)
        found.append((path, prediction))
    if found:
        print(_text(found, form, top))
    return code


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
    if word in runs or len(runs) == 1:
        return kept_of_run(runs.get(word) or next(iter(runs.values())))
    if len(keeping) == 1:
        return kept_of_run(keeping[0])
    which = sorted(one.run.id for one in keeping or runs.values())
    raise InputError(f"{word}: {len(which)} runs begin so ({', '.join(which[:3])}, ...); give more of its name")


def _text(found: Sequence[tuple[Path, "Prediction"]], form: Format, top: int) -> str:
    if form == "json":
        return json.dumps([_plain(path, one, top) for path, one in found], indent=1)
    if form == "csv":
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for path, one in found:
            for second, ranked in _rows(one, top):
                writer.writerows((path, second, name, f"{value:.6g}", one.quantity) for name, value in ranked)
        return file.getvalue().rstrip("\n")
    return "\n\n".join(_table(path, one, top) for path, one in found)


def _rows(one: "Prediction", top: int) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """The whole, then each second, with its likeliest classes and their values."""
    frame = one.frame()
    for second, values in zip(frame.index, frame.to_numpy(), strict=True):
        order = (-values).argsort(kind="stable")[:top]
        yield str(second), [(one.classes[place], float(values[place])) for place in order]


def _table(path: Path, one: "Prediction", top: int) -> str:
    rows = list(_rows(one, top))
    wide = max(len(name) for _, ranked in rows for name, _ in ranked)
    lines = [f"{told(str(path))}  ({one.quantity})"]
    for second, ranked in rows[: SHOWN + 1]:
        lines.append(f"{second:>7}  " + "  ".join(f"{name:<{wide}} {value:.3f}" for name, value in ranked))
    if len(rows) > SHOWN + 1:
        lines.append(f"        {len(rows) - SHOWN - 1} more seconds; --format csv tells all")
    if one.seconds is None:
        lines.append("        it judges the whole; seconds are not told")
    return "\n".join(lines)


def _plain(path: Path, one: "Prediction", top: int) -> dict[str, Any]:
    (_, whole), *seconds = [(second, dict(ranked)) for second, ranked in _rows(one, top)]
    parts = None if one.seconds is None else [values for _, values in seconds]
    return {"file": str(path), "quantity": one.quantity, "whole": whole, "seconds": parts, "notes": list(one.notes)}
