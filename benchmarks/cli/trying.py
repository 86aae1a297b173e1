"""The commands for what is the user's own: a network in a table, and how it stands there."""

from typing import Annotated

import typer

from benchmarks.cli.options import (
    AgainOption,
    CacheOption,
    CorpusOption,
    DataOption,
    DeviceOption,
    FoldsOption,
    JobsOption,
    KeepOption,
    LauncherOption,
    LoggerOption,
    MinutesOption,
    NumericsOption,
    ReportsOption,
    RunsOption,
    SeedsOption,
    SetOption,
    TierOption,
    choice_of,
    numerics_here,
)
from benchmarks.cli.surroundings import tell_of_absent
from benchmarks.errors import fitted

app = typer.Typer()

Place = Annotated[str, typer.Argument(help="A table, a column, a row or a cell: acrnn.t3, acrnn.t3.esc10")]


@app.command("try")
def try_command(
    network: Annotated[str, typer.Argument(help="Its class: mynet.MLP, or path/to/mynet.py:MLP", metavar="CLASS")],
    target: Place,
    name: Annotated[str | None, typer.Option(help="The row's name (default: that of the class)")] = None,
    changes: SetOption = None,
    tier: TierOption = "full",
    corpus: CorpusOption = "real",
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = "float32",
    launcher: LauncherOption = "local",
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
    minutes: MinutesOption = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="Train although clips are missing")
    ] = False,
    again: AgainOption = False,
    keep: KeepOption = None,
    logger: LoggerOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask above one expected hour")] = False,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> int:
    """Train a network of yours under a table's protocol, and put it beside the table's rows.

    CLASS is a torch.nn.Module or a LightningModule. A plain module is given, where its constructor takes them,
    num_classes, n_frames, input_shape (of one x) and seed. It must give logits (B, classes) of segments x (B, channels,
    bands, frames) where clips have one class, of clips x (B, 1, frames, bands) where they have any number of tags, and
    logits (B, T) of frames x (B, 1, T and context, bands) where events are found. It is trained by Adam; --set
    model.optimizer, model.learning_rate and model.weight_decay say otherwise. It is tried on one batch first.

    The recipe (data, epochs) is that of the row that TARGET names, else of most rows. The source is part of every run:
    another text is another row. `board` shows all such rows of a table.
    """
    from benchmarks.cli.own import asked_network
    from benchmarks.cli.sweep import Sweep
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache, reports)
    numerics = numerics_here(numerics, device, launcher)
    choice = choice_of(tier, corpus, seeds, folds, numerics)
    asked = asked_network(network, target, name, changes or [])
    sweep = Sweep(target, choice, workspace, device, jobs, allow_incomplete, launcher, asked, keep is not None, logger)
    return (sweep.run_again if again else sweep.run)(minutes=minutes, confirmed=yes)


@app.command("board")
def board_command(
    context: typer.Context,
    table: Annotated[str, typer.Argument(help="A table, or one of its columns: acrnn.t3, acrnn.t3.esc10")],
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> None:
    """The rows of a table that are not the paper's, among those that are, as a leaderboard."""
    from benchmarks.judge.results import Results
    from benchmarks.reporting.own.board import board_markdown
    from benchmarks.runs.own.place import places
    from benchmarks.runs.workspace import Workspace

    paper, cells = places(table)
    workspace = Workspace.here(data_root, runs, cache, reports)
    tell_of_absent(context, workspace.runs, workspace.reports)
    result = Results(workspace).table(f"{paper.id}.{cells[0].table}")
    columns = {cell.column for cell in cells}
    shown = [variant for variant, rows in result.own.items() if columns & {row.result.cell.column for row in rows}]
    for variant in shown:
        print(fitted(board_markdown(result, variant, columns)))
    if not shown:
        print(f"{table}: only the paper's rows here; `python -m benchmarks try CLASS {table}` adds one of yours")
