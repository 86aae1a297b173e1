"""The commands that make something of finished runs: reports, copies for other machines, comparisons."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from benchmarks.cli import BAD_INPUT, OK, paths
from benchmarks.cli.options import (
    CacheOption,
    CorpusOption,
    DataOption,
    FoldsOption,
    JsonOption,
    NumericsOption,
    ProcessesOption,
    ReportsOption,
    RunsOption,
    SeedsOption,
    SetOption,
    Target,
    TierOption,
    choice_of,
)
from benchmarks.cli.surroundings import tell_of_absent
from benchmarks.errors import InputError, fitted
from datasets.acquire.telling import count_of

if TYPE_CHECKING:
    from benchmarks.reporting.written import Cells
    from benchmarks.runs.workspace import Workspace

app = typer.Typer()


@app.command("report")
def report_command(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Argument(
            help="A paper, a table, or a row, column or cell, which names its table (default: all). Tables that have a "
            "page where it writes, as all have in a checkout's reports/, are written again with it"
        ),
    ] = None,
    form: Annotated[
        Literal["latex", "csv", "json"] | None,
        typer.Option("--format", help="Print the tables, ready to paste, instead of writing pages"),
    ] = None,
    as_site: Annotated[bool, typer.Option("--html", help="Write a site for browsers instead")] = False,
    with_audio: Annotated[
        bool, typer.Option("--with-audio", help="With --html: play the clips that were wrong, from where they lie here")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=paths.source,
            metavar="PLACE",
            help="Where to write (default: reports/; the site: build/site/); with --format a file (default: printed)",
        ),
    ] = None,
    jobs: ProcessesOption = None,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> None:
    """Write tables, figures and pages from the stored runs; no training."""
    from benchmarks.reporting import export_tables, write_in_places, write_pages, write_reports
    from benchmarks.runs.files import write_file
    from benchmarks.runs.workspace import Workspace

    if as_site and form:
        raise InputError("--html and --format: choose one; --format prints tables, --html writes the site")
    if with_audio and not as_site:
        raise InputError("--with-audio: is for the site; say --html as well")
    place = _place_of(out, paths.new_file if form else paths.folder)
    workspace = Workspace.here(data_root, runs, cache, reports)
    tell_of_absent(context, *((workspace.runs, workspace.reports) if form else ()))
    if form:
        text = export_tables(workspace, target, form)
        if place:
            write_file(place, text.encode())
        else:
            print(text, end="")
        return
    if as_site:
        from benchmarks.cli.reference import command_page

        site = place or Path("build/site")
        reference = [command_page(context.find_root().command)]
        count, front = write_pages(workspace, target, site, with_audio, reference, keeps=True, jobs=jobs)
        if with_audio and not any(b"<audio" in page.read_bytes() for page in site.rglob("*.html")):
            told = f"no clip that was wrong lies below {workspace.data} (--data-root); the site has no players"
            print(f"resound: --with-audio: {told}", file=sys.stderr)
        print(f"{count_of(count, 'page')}; open {front}")
        return
    before = _cells_before(workspace, place)
    written = (
        {place: write_reports(workspace, target, place, keeps=True, jobs=jobs)}
        if place
        else write_in_places(workspace, target, keeps=True, jobs=jobs)
    )
    for files in written.values():
        print(*files, sep="\n")
    _tell_written(written, before, workspace)


def _cells_before(workspace: "Workspace", place: Path | None = None) -> "dict[Path, Cells]":
    """What reports that are about to be written say of their cells now, by their places (None: all)."""
    from benchmarks.reporting.written import cells_in

    places = [place] if place else [workspace.reports, *workspace.places_of_reports().values()]
    return {one: cells_in(one) for one in places}


def _tell_written(written: dict[Path, list[Path]], before: "dict[Path, Cells]", workspace: "Workspace") -> None:
    """Say how many pages there are, which to open and how many cells have changed, and whose papers' lie elsewhere."""
    from benchmarks.reporting.written import cells_in

    for place, files in written.items():
        now, old = cells_in(place), before.get(place, {})
        changed = sum(now.get(cell) != old.get(cell) for cell in {*now, *old})
        told = f"{count_of(changed, 'cell')} changed" if changed else "no cell changed"
        pages = count_of(sum(path.suffix == ".md" for path in files), "page")
        print(f"{pages}; {told if old else count_of(len(now), 'cell')}; open {place / 'README.md'}")
    for paper, place in workspace.places_of_reports().items():
        if place in written:
            print(f"resound: {paper} is kept elsewhere; its reports are in {place}", file=sys.stderr)


def _place_of(out: Path | None, check: Callable[[str], Path]) -> Path | None:
    """What --out names, which has to be a folder or a file."""
    try:
        return check(str(out)) if out else None
    except typer.BadParameter as error:
        raise InputError(f"--out: {error.message}") from None


@app.command("audit")
def audit_command(target: Target, as_json: JsonOption = False) -> None:
    """What can be checked without training: parameters, operations, averages, identities; of a paper, the origins."""
    from benchmarks.audit.checks import audit, audit_lines
    from benchmarks.audit.gaps import gap_lines
    from benchmarks.spec import load_paper

    checks = audit(target)
    print(json.dumps({"checks": checks}, indent=1) if as_json else "\n".join(audit_lines(checks)))
    if not as_json and "." not in target:
        print(fitted("\n".join(gap_lines(load_paper(target)) or ["every value has an origin"]), hanging=True))


@app.command("land")
def land_command(
    target: Target,
    tier: TierOption = "full",
    corpus: CorpusOption = "real",
    numerics: NumericsOption = "float32",
    jobs: ProcessesOption = None,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> int:
    """Copy the finished runs of TARGET into reports/results, check them, write the reports again.

    Of a paper that is kept elsewhere they lie in its own folder, reports/results, too.
    """
    from benchmarks.reporting import write_in_places
    from benchmarks.runs.transport import land, unlanded
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache, reports)
    landed, refused = land(target, choice_of(tier, corpus, None, None, numerics), workspace)
    place = workspace.reports_of(target.partition(".")[0])
    print(f"{count_of(len(landed), 'run')} in {place / 'results'}")
    for line in refused:
        if line not in workspace.ledger.unusable.values():  # a warning has told of those
            print(f"resound: refused: {line}", file=sys.stderr)
    before = _cells_before(workspace, place)
    _tell_written(write_in_places(workspace, None, place, keeps=True, jobs=jobs), before, workspace)
    if own := unlanded(workspace, place):
        print(f"resound: {own}", file=sys.stderr)
    return BAD_INPUT if refused else OK


@app.command("bundle")
def bundle_command(
    target: Target,
    out: Annotated[Path, typer.Option(parser=paths.folder, metavar="FOLDER", help="The folder to write the parts to")],
    tier: TierOption = "full",
    corpus: CorpusOption = "real",
    seeds: SeedsOption = None,
    folds: FoldsOption = None,
    numerics: NumericsOption = "float32",
    python: Annotated[str, typer.Option(help="The other machine's Python")] = "3.12",
    platform: Annotated[str, typer.Option(help="The other machine's wheel platform")] = "manylinux_2_28_x86_64",
    wheels: Annotated[str, typer.Option(help="Packages to carry as wheels, comma-separated")] = "",
    max_mib: Annotated[int, typer.Option(min=1, max=2**20, help="Upper bound of one part")] = 60,
    features: Annotated[
        bool, typer.Option("--features", help="Carry what was extracted from the sounds instead of the sounds")
    ] = False,
    network: Annotated[
        str | None, typer.Option(metavar="CLASS", help="A network of yours in place of TARGET's, as for `try`")
    ] = None,
    name: Annotated[str | None, typer.Option(help="That network's row (default: the name of its class)")] = None,
    changes: SetOption = None,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
) -> None:
    """All that a machine without internet needs to run TARGET: code, clips, wheels, what is stored, a script."""
    from benchmarks.cli.own import asked_changes, asked_network
    from benchmarks.runs.bundle import bundle
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here(data_root, runs, cache, reports)
    choice = choice_of(tier, corpus, seeds, folds, numerics)
    names = [name for name in wheels.split(",") if name]
    asked = None
    if network is not None:
        asked = asked_network(network, target, name, changes or [])
    elif changes:
        asked = asked_changes(target, changes)
    if name is not None and network is None:
        raise InputError(f"--name {name}: calls a network of yours; name that, too, with --network CLASS")
    for line in bundle(target, choice, workspace, out, python, platform, names, max_mib, features, asked):
        print(line)


@app.command("merge")
def merge_command(
    folder: Annotated[Path, typer.Argument(parser=paths.folder, help="A store of runs that came back")],
    runs: RunsOption = None,
    reports: ReportsOption = None,
) -> int:
    """Take finished runs of another machine into the store, each checked against its checksums."""
    from benchmarks.runs.transport import merge
    from benchmarks.runs.workspace import Workspace

    merged, known, refused = merge(folder, Workspace.here(runs=runs, reports=reports))
    print(f"{count_of(len(merged), 'run')} merged, {len(known)} known already")
    for line in refused:
        print(f"resound: refused: {line}", file=sys.stderr)
    return BAD_INPUT if refused else OK


@app.command("compare")
def compare_command(
    context: typer.Context,
    source: Annotated[
        list[str],
        typer.Argument(
            parser=paths.run_or_file,
            metavar="RUN-OR-FILE...",
            help="A run id, or scores files (.npz; .csv: item,<class>,... or item,label) with other items each",
        ),
    ],
    target: Target,
    name: Annotated[str | None, typer.Option(help="The row's name in the table")] = None,
    out: Annotated[
        Path | None, typer.Option(parser=paths.new_file, metavar="FILE", help="Write the table there [printed]")
    ] = None,
    data_root: DataOption = None,
    runs: RunsOption = None,
    cache: CacheOption = None,
    reports: ReportsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put scores made elsewhere into a table, under that table's protocol.

    Scores of all folds may be in one file or in several; those of some folds alone give a row that says so.
    """
    from benchmarks.judge.compare import compare
    from benchmarks.reporting.sections.comparison import comparison_markdown
    from benchmarks.runs.files import write_file
    from benchmarks.runs.workspace import Workspace
    from benchmarks.spec import select

    workspace = Workspace.here(data_root, runs, cache, reports)
    comparison = compare(source, target, workspace, name)
    tell_of_absent(context, workspace.runs, workspace.reports)
    text = json.dumps(comparison.to_dict(), indent=1) if as_json else comparison_markdown(comparison)
    if target.count(".") > 1 and len({cell.row for cell in select(target)}) == 1:
        told = f"{target}: tells the column, the rule and the items; compared is with all rows of {comparison.table.id}"
        print(f"resound: {told}", file=sys.stderr)
    if out is None:
        print(text if as_json else fitted(text))
    else:
        write_file(out, f"{text}\n".encode())


@app.command("migrate")
def migrate_command(
    stores: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=paths.folder,
            metavar="STORE",
            help="Stores of runs (default: that of this machine, and the landed runs)",
        ),
    ] = None,
    runs: RunsOption = None,
    reports: ReportsOption = None,
) -> int:
    """Bring stores that an older version of the harness has written up to date; nothing is trained again."""
    from benchmarks.runs.migrate import is_store, migrate
    from benchmarks.runs.workspace import Workspace

    here = Workspace.here(runs=runs, reports=reports)
    own = (here.runs, *(place / "results" for place in (here.reports, *here.places_of_reports().values())))
    chosen = stores or [store for store in own if is_store(store)]
    if not chosen:
        print(f"nothing to do: {' and '.join(map(str, own))} hold no runs")
    refused = 0
    for store in chosen:
        outcome = migrate(store)
        print(outcome)
        for line in outcome.refused:
            print(f"resound: {line}", file=sys.stderr)
        refused += len(outcome.refused)
    return BAD_INPUT if refused else OK
