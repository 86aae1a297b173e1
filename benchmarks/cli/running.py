"""The commands before and while runs are made: what there is, what is missing, running it, how far it is."""

import json
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.cli import BAD_INPUT, OK, paths
from benchmarks.cli.options import (
    AgainOption,
    CacheOption,
    CorpusOption,
    DataOption,
    DeviceOption,
    FoldsOption,
    GangOption,
    JobsOption,
    JsonOption,
    KeepOption,
    LauncherOption,
    LoggerOption,
    MinutesOption,
    NumericsOption,
    ReportsOption,
    RunsOption,
    SeedsOption,
    SetOption,
    Target,
    TierOption,
    choice_of,
    numerics_here,
)
from benchmarks.cli.surroundings import tell_of_absent, tell_of_nothing_landed
from benchmarks.errors import fitted, lines_told

if TYPE_CHECKING:
    from benchmarks.runs.workspace import Workspace

app = typer.Typer()


@app.command("list")
def list_command(
    target: Annotated[str | None, typer.Argument(help="A paper, a table, a row or a cell (default: all)")] = None,
    as_json: JsonOption = False,
) -> int:
    """Papers, tables and cells with their published values."""
    from benchmarks.cli.listing import listing, listing_lines
    from benchmarks.spec import faults

    papers = listing(target)
    print(json.dumps(papers, indent=1) if as_json else fitted("\n".join(listing_lines(papers))))
    odd = {} if target else faults()
    for fault in odd.values():
        print(*(f"resound: {line}" for line in lines_told(fault)), sep="\n", file=sys.stderr)
    return BAD_INPUT if odd else OK


@app.command("new-paper")
def new_paper_command(
    folder: Annotated[
        Path, typer.Argument(parser=paths.folder, metavar="FOLDER", help="The paper's folder; its name is the id")
    ],
    paper_id: Annotated[
        str | None, typer.Option("--id", help="The paper's id, where it is another: a folder of that name below FOLDER")
    ] = None,
) -> None:
    """Write the commented template of a paper: recipes, a published table, a network; it can be run as it is."""
    from benchmarks.spec.template import write_template

    name, written = write_template(folder, paper_id)
    print(*written, sep="\n")
    found = f"--papers {quote(str(written[0].parent))}"
    print(
        f"python -m benchmarks data miniature esc50 && python -m benchmarks run {name} {found} "
        "--tier smoke --corpus miniature"
    )
    print(f"python -m benchmarks list {name} {found}")


@app.command("plan")
def plan_command(
    context: typer.Context,
    target: Target,
    tier: TierOption = "full",
    corpus: CorpusOption = "real",
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = "float32",
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
    as_json: JsonOption = False,
) -> None:
    """The runs that TARGET needs, done and missing, with their expected minutes."""
    from benchmarks.cli.listing import beside_lines, plan_data, plan_lines, plans_beside
    from benchmarks.runs.plan import make_plan
    from benchmarks.runs.workspace import Workspace
    from benchmarks.spec import select

    choice = choice_of(tier, corpus, seeds, folds, numerics)
    workspace = Workspace.here(data_root, runs, cache, reports)
    plan = make_plan(select(target), choice, workspace)
    tell_of_absent(context, *_stores(target, workspace))
    beside = plans_beside(target, plan, choice, workspace)
    if as_json:
        told = {**plan_data(plan), "beside": {name: plan_data(one) for name, one in beside.items()}}
        print(json.dumps(told, indent=1))
    else:
        print(fitted("\n".join([*plan_lines(plan), *beside_lines(beside)])))


def _stores(target: str, workspace: "Workspace") -> tuple[Path, ...]:
    """Where runs of a target may lie that are done; none of a paper that is kept elsewhere, which may have none yet."""
    is_built_in = workspace.reports_of(target.partition(".")[0]) == workspace.reports
    return (workspace.runs, workspace.reports) if is_built_in else ()


@app.command("run")
def run_command(
    context: typer.Context,
    target: Target,
    tier: TierOption = "full",
    corpus: CorpusOption = "real",
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = "float32",
    changes: SetOption = None,
    launcher: LauncherOption = "local",
    jobs: JobsOption = None,
    gang: GangOption = 1,
    device: DeviceOption = "auto",
    minutes: MinutesOption = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="Train although clips, or some of TARGET's datasets, are missing")
    ] = False,
    again: AgainOption = False,
    keep: KeepOption = None,
    logger: LoggerOption = None,
    background: Annotated[
        bool, typer.Option("--background", help="Leave it to a process that comes last, on one core; `stop` ends it")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask above one expected hour")] = False,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> int:
    """Run what is missing, resume what was cut, then write the tables."""
    from benchmarks.cli.own import asked_changes
    from benchmarks.cli.sweep import Sweep
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache, reports)
    tell_of_nothing_landed(context, *_stores(target, workspace))
    numerics = numerics_here(numerics, device, launcher)
    choice = choice_of(tier, corpus, seeds, folds, numerics)
    asked = asked_changes(target, changes) if changes else None
    sweep = Sweep(
        target, choice, workspace, device, jobs, allow_incomplete, launcher, asked, keep is not None, logger, gang
    )
    if background:
        given = {
            "--tier": tier, "--corpus": corpus, "--seeds": seeds, "--folds": folds, "--numerics": numerics,
            "--jobs": jobs, "--device": device, "--minutes": minutes, "--keep": keep, "--logger": logger,
            "--data-root": workspace.data, "--runs": workspace.runs, "--cache": workspace.cache,
            "--reports": workspace.reports,
        }  # fmt: skip
        told_of = [f"{name}={value}" for name, value in given.items() if value is not None]
        told_of += [f"--set={change}" for change in changes or ()]
        told_of += [name for name, on in (("--allow-incomplete", allow_incomplete), ("--again", again)) if on]
        return sweep.run_in_background(["run", target, *told_of], yes, again)
    return (sweep.run_again if again else sweep.run)(minutes=minutes, confirmed=yes)


@app.command("equivalence")
def equivalence_command(
    paper: Annotated[str, typer.Argument(help="A paper whose file asks for the study: acrnn")],
    numerics: NumericsOption = "bf16",
    seeds: SeedsOption = None,
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
    minutes: MinutesOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask above one expected hour")] = False,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> int:
    """Run the same in float32 and in other numerics, and say whether these may stand for float32."""
    from benchmarks.cli.study.sweeps import StudySweep
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache, reports)
    return StudySweep(paper, numerics, workspace, device, jobs, seeds).run(minutes, yes)


@app.command("stop")
def stop_command(runs: RunsOption = None) -> None:
    """End what runs in the background, behind a checkpoint; the command that started it goes on another time."""
    from benchmarks.launch.background import Trainer
    from benchmarks.runs.workspace import Workspace

    print(Trainer(Workspace.here(runs=runs).runs).stop())


@app.command("status")
def status_command(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until interrupted")] = False,
    runs: RunsOption = None,
    reports: ReportsOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is running and how far it is, what waits to go on, what is done, what failed and why; only reads files."""
    from benchmarks.cli.status import print_status
    from benchmarks.runs.workspace import Workspace

    # Ctrl-C is how one stops watching.
    with suppress(KeyboardInterrupt) if watch else nullcontext():
        workspace = Workspace.here(runs=runs, reports=reports)
        tell_of_absent(context, workspace.runs, workspace.reports)
        print_status(workspace, watch, as_json)
