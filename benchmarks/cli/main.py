"""The command line. Heavy imports stand inside the commands, so that `--help` answers at once.

Exit codes: 0 done, 1 some run failed (the others are kept), 2 bad arguments or bad input, 3 stopped by its time budget.
"""

import json
import signal
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.cli.data import data_app
from benchmarks.launch.launcher import launcher_names

if TYPE_CHECKING:
    from benchmarks.runs.plan import Choice

app = typer.Typer(
    name="resound",
    help="Re-run the results tables of papers on sound, and say whether the published numbers come out again.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")

OK, SOME_FAILED, BAD_INPUT, OUT_OF_TIME = 0, 1, 2, 3


class Tier(StrEnum):
    """The tiers."""

    full = "full"
    reduced = "reduced"
    smoke = "smoke"


class Corpus(StrEnum):
    """The corpora."""

    real = "real"
    miniature = "miniature"
    standin = "standin"


class Numerics(StrEnum):
    """The precisions."""

    float32 = "float32"
    tf32 = "tf32"
    bf16 = "bf16"


class Device(StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


LAUNCHER_HELP = f"Where runs execute: {', '.join(launcher_names())}, or the import path of a launcher's class"
Target = Annotated[str, typer.Argument(help="A paper, a table or a cell: acrnn, acrnn.t3, acrnn.t3.att_aug.esc50")]
TierOption = Annotated[
    Tier, typer.Option(help="full: the paper's schedule; reduced: what a CPU can do; smoke: a second")
]
CorpusOption = Annotated[Corpus, typer.Option(help="Where the files come from")]
NumericsOption = Annotated[Numerics, typer.Option(help="Precision; part of a run's identity")]
SeedsOption = Annotated[int | None, typer.Option(min=1, help="Seeds per setting (default: the paper file's)")]
FoldsOption = Annotated[str | None, typer.Option(help="Folds, comma-separated (default: all of the tier)")]
DataOption = Annotated[Path | None, typer.Option("--data-root", help="Where the datasets lie [RESOUND_DATA, data/]")]
RunsOption = Annotated[Path | None, typer.Option("--runs", help="The store of runs [RESOUND_RUNS, runs/]")]
CacheOption = Annotated[Path | None, typer.Option("--cache", help="Derived files [RESOUND_CACHE, cache/]")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON")]


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command; bad input becomes one line on stderr and exit code 2. `--debug` shows the traceback."""
    from benchmarks.errors import USER_ERRORS

    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill saves and stops, like Ctrl-C
    try:
        code = app(arguments, standalone_mode=False)
        return code if isinstance(code, int) else OK
    except USER_ERRORS as error:
        if debug:
            raise
        print(f"resound: {error}", file=sys.stderr)
        return BAD_INPUT
    except typer.Exit as error:
        return error.exit_code
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "exit_code"):
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            print(f"resound: {message}; see `python -m benchmarks --help`", file=sys.stderr)
            return BAD_INPUT
        if debug:
            raise
        text = " ".join(str(error).split())
        print(f"resound: {type(error).__name__}: {text} (a fault of the harness; --debug shows where)", file=sys.stderr)
        return SOME_FAILED
    except KeyboardInterrupt:
        print("resound: stopped; the same command continues", file=sys.stderr)
        return OUT_OF_TIME


@app.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """Papers, tables and cells with their published values."""
    from benchmarks.cli.listing import listing, listing_lines

    papers = listing()
    print(json.dumps(papers, indent=1) if as_json else "\n".join(listing_lines(papers)))


@app.command("plan")
def plan_command(
    target: Target,
    tier: TierOption = Tier.full,
    corpus: CorpusOption = Corpus.real,
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = Numerics.float32,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """The runs that TARGET needs, done and missing, with their expected minutes."""
    from benchmarks.cli.listing import plan_lines
    from benchmarks.runs.plan import make_plan
    from benchmarks.runs.workspace import Workspace
    from benchmarks.spec import select

    choice = _choice(tier, corpus, seeds, folds, numerics)
    plan = make_plan(select(target), choice, Workspace.here(data_root, runs, cache))
    print(json.dumps(plan.to_dict(), indent=1) if as_json else "\n".join(plan_lines(plan)))


@app.command("run")
def run_command(
    target: Target,
    tier: TierOption = Tier.full,
    corpus: CorpusOption = Corpus.real,
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = Numerics.float32,
    launcher: Annotated[str, typer.Option(help=LAUNCHER_HELP)] = "local",
    jobs: Annotated[int | None, typer.Option(min=1, help="Runs at a time (default: cores, or 2 on a GPU)")] = None,
    device: Annotated[Device, typer.Option(help="auto: the accelerator if there is one")] = Device.auto,
    minutes: Annotated[float | None, typer.Option(min=0, help="Time budget; checkpoints at its end")] = None,
    allow_incomplete: Annotated[bool, typer.Option(help="Train although clips are missing")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask above one expected hour")] = False,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
) -> int:
    """Run what is missing, resume what was cut, then write the tables."""
    from benchmarks.cli.sweep import Sweep
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache)
    choice = _choice(tier, corpus, seeds, folds, numerics)
    sweep = Sweep(target, choice, workspace, device.value, jobs, allow_incomplete, launcher)
    return sweep.run(minutes=minutes, confirmed=yes)


@app.command("status")
def status_command(
    watch: Annotated[bool, typer.Option("--watch", help="Go on until interrupted")] = False,
    runs: RunsOption = None,
) -> None:
    """What is running, done and failed, and why."""
    from benchmarks.cli.listing import print_status
    from benchmarks.runs.workspace import Workspace

    print_status(Workspace.here(runs=runs), watch)


@app.command("report")
def report_command(
    target: Annotated[str | None, typer.Argument(help="A paper or a table (default: all)")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write (default: reports/)")] = None,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
) -> None:
    """Write tables, figures and pages from the stored runs; no training."""
    from benchmarks.reporting import write_reports
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache)
    for path in write_reports(workspace, target, out or workspace.reports):
        print(path)


@app.command("audit")
def audit_command(target: Target, as_json: JsonOption = False) -> None:
    """What can be checked without training: parameters, operations, averages, identities."""
    from benchmarks.audit.checks import audit, audit_lines

    checks = audit(target)
    print(json.dumps({"checks": checks}, indent=1) if as_json else "\n".join(audit_lines(checks)))


@app.command("land")
def land_command(
    target: Target,
    tier: TierOption = Tier.full,
    corpus: CorpusOption = Corpus.real,
    numerics: NumericsOption = Numerics.float32,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
) -> None:
    """Copy the finished runs of TARGET into reports/results, check them, write the reports again."""
    from benchmarks.reporting import write_reports
    from benchmarks.runs.transport import land
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache)
    landed = land(target, _choice(tier, corpus, None, None, numerics), workspace)
    print(f"{len(landed)} runs in {workspace.reports / 'results'}")
    write_reports(workspace, None, workspace.reports)


@app.command("bundle")
def bundle_command(
    target: Target,
    out: Annotated[Path, typer.Option(help="The folder to write the parts to")],
    tier: TierOption = Tier.full,
    corpus: CorpusOption = Corpus.real,
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = Numerics.float32,
    python: Annotated[str, typer.Option(help="The other machine's Python")] = "3.12",
    platform: Annotated[str, typer.Option(help="The other machine's wheel platform")] = "manylinux_2_28_x86_64",
    wheels: Annotated[str, typer.Option(help="Packages to carry as wheels, comma-separated")] = "",
    max_mib: Annotated[int, typer.Option(min=1, help="Upper bound of one part")] = 60,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
) -> None:
    """All that a machine without internet needs to run TARGET: code, wheels, features, the missing runs."""
    from benchmarks.runs.transport import bundle
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache)
    choice = _choice(tier, corpus, seeds, folds, numerics)
    names = [name for name in wheels.split(",") if name]
    for line in bundle(target, choice, workspace, out, python, platform, names, max_mib):
        print(line)


@app.command("merge")
def merge_command(
    folder: Annotated[Path, typer.Argument(help="A store of runs that came back")],
    runs: RunsOption = None,
) -> None:
    """Take finished runs of another machine into the store, each checked against its checksums."""
    from benchmarks.runs.transport import merge
    from benchmarks.runs.workspace import Workspace

    merged, known = merge(folder, Workspace.here(runs=runs))
    print(f"{len(merged)} runs merged, {len(known)} known already")


@app.command("compare")
def compare_command(
    source: Annotated[str, typer.Argument(metavar="RUN-OR-FILE", help="A run id, or a scores file (.npz, .csv)")],
    target: Target,
    name: Annotated[str | None, typer.Option(help="The row's name in the table")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the table there (default: print it)")] = None,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put scores made elsewhere into a table, under that table's protocol."""
    from benchmarks.judge.compare import compare
    from benchmarks.reporting.sections.comparison import comparison_markdown
    from benchmarks.runs.workspace import Workspace

    comparison = compare(source, target, Workspace.here(data_root, runs, cache), name)
    text = json.dumps(comparison.to_dict(), indent=1) if as_json else comparison_markdown(comparison)
    if out is None:
        print(text)
    else:
        out.write_text(text + "\n", encoding="utf-8")


@app.command("migrate")
def migrate_command(
    stores: Annotated[
        list[Path] | None,
        typer.Argument(metavar="STORE", help="Stores of runs (default: that of this machine, and the landed runs)"),
    ] = None,
    runs: RunsOption = None,
) -> int:
    """Bring stores that an older version of the harness has written up to date; nothing is trained again."""
    from benchmarks.runs.migrate import is_store, migrate
    from benchmarks.runs.workspace import Workspace

    here = Workspace.here(runs=runs)
    refused = []
    for store in stores or filter(is_store, (here.runs, here.reports / "results")):
        outcome = migrate(store)
        print(outcome)
        refused += outcome.refused
    for line in refused:
        print(f"resound: {line}", file=sys.stderr)
    return BAD_INPUT if refused else OK


def _choice(tier: Tier, corpus: Corpus, seeds: int | None, folds: str | None, numerics: Numerics) -> "Choice":
    from benchmarks.errors import InputError
    from benchmarks.runs.plan import Choice

    try:
        numbers = tuple(int(fold) for fold in folds.split(",")) if folds else None
    except ValueError:
        raise InputError(f"--folds {folds}: must be numbers with commas, like 1,2") from None
    return Choice(tier.value, corpus.value, numerics.value, seeds, numbers)
