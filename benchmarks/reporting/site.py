"""Writing what a report consists of: markdown pages, figures, report.json."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path

from benchmarks.errors import InputError, fitted
from benchmarks.judge.results import Results
from benchmarks.judge.table import TableResult, Variant
from benchmarks.launch.display import naming
from benchmarks.reporting import wording
from benchmarks.reporting.by_paper import Part, is_by_paper, joined_files, part_of
from benchmarks.reporting.kept import Keep, Made, each_time
from benchmarks.reporting.opening.todo import Todo, todo_of
from benchmarks.reporting.pages import Report, all_pages
from benchmarks.reporting.pages.table import opening
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Heading, Page, Text
from benchmarks.reporting.render.markdown import blocks_markdown
from benchmarks.reporting.sections.claims import claim_blocks
from benchmarks.reporting.sections.other_table import variant_blocks
from benchmarks.reporting.written import tables_in, write_report
from benchmarks.runs.memo import Memo
from benchmarks.runs.plan import Choice
from benchmarks.runs.versions import sources_held
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, mistakes, paper_ids, select


def write_sites(workspace: Workspace, target: str | None, only: Path | None = None) -> dict[Path, list[Path]]:
    """Write the report of `target` (None: of everything) where the reports of each paper are; the files, by place.

    What is written to one place tells of its papers alone. only: the one place to write to. Raises InputError like
    `write_site`, when all is written.
    """
    results = Results(workspace)
    places: dict[Path, set[str]] = {}
    for paper in paper_ids():
        places.setdefault(workspace.reports_of(paper), set()).add(paper)
    if target or only:
        place = only or workspace.reports_of(str(target).partition(".")[0])
        places = {place: places.get(place, set())}
    written: dict[Path, list[Path]] = {}
    faults: list[InputError] = []
    for place, papers in sorted(places.items(), key=lambda pair: pair[0] != workspace.reports):
        try:
            written[place] = write_site(workspace, target, place, results, papers)
        except InputError as error:
            faults.append(error)
    if faults:
        raise faults[0]
    return written


def write_site(
    workspace: Workspace,
    target: str | None,
    out: Path,
    results: Results | None = None,
    papers: Collection[str] | None = None,
) -> list[Path]:
    """Write the report of `target` (None: of everything) and of the tables that `out` has already; the files.

    papers: those whose pages `out` holds (default: all).

    A paper with a mistake in its files is left out with a warning, and the others are written. Raises InputError for it
    where it was asked for: at once where it is the target, else when all is written.
    """
    return write_report(*report_files(workspace, target, tables_in(out), results, papers), target, out)


def report_files(
    workspace: Workspace,
    target: str | None,
    there: Collection[str],
    results: Results | None = None,
    papers: Collection[str] | None = None,
    keep: Keep = each_time,
) -> Made:
    """The files of the report of `target` and of the tables that are `there`, and the mistakes of papers left out.

    papers: those that the report is of (default: all). keep: what is made of each paper, or was (reporting.kept).
    Raises InputError for a mistake in the target.
    """
    odd = {paper: line for paper, line in mistakes().items() if papers is None or paper in papers}
    here = [paper for paper in paper_ids() if paper not in odd and (papers is None or paper in papers)]
    ids = asked_ids(target, there, here)
    results = results or Results(workspace)
    with sources_held():
        parts = _parts(ids, results, workspace, odd, keep)
    _refuse_odd(target, parts, odd)
    return joined_files(parts), odd


def _parts(ids: Sequence[str], results: Results, workspace: Workspace, odd: dict[str, str], keep: Keep) -> list[Part]:
    """The report of tables in parts. A paper whose files ask for what is not there is left out and noted in `odd`."""
    with naming("reading", ids) as named:
        if not is_by_paper():
            report, _ = pages_of(named(ids), results, workspace, odd)
            return [part_of(report)] if report.tables else []
        found = []
        for paper, names in groupby(ids, key=lambda name: name.split(".")[0]):
            tables = list(names)
            with _noted(paper, odd):
                found.append(keep(paper, tables, partial(_part, named(tables), results, workspace)))
        return found


def _part(tables: Iterable[str], results: Results, workspace: Workspace) -> Part:
    return part_of(_report(map(results.table, tables), results, workspace))


def gathered(workspace: Workspace, target: str | None) -> tuple[Report, list[Page], dict[str, str]]:
    """What is known of the tables of `target` (None: of all), their pages, and the mistakes of papers left out.

    Raises InputError for a mistake in the paper of the target.
    """
    odd, ids = mistakes(), table_ids(target)
    with sources_held(), naming("reading", ids) as named:
        report, pages = pages_of(named(ids), Results(workspace), workspace, odd)
    _refuse_odd(target, report.tables, odd)
    return report, pages, odd


def _refuse_odd(target: str | None, made: Sequence[object], odd: dict[str, str]) -> None:
    """Raises InputError for a mistake in the paper that was asked for, or where there is nothing else."""
    asked = target.split(".")[0] if target else None
    if asked in odd or not made:
        raise InputError(odd.get(asked or "") or next(iter(odd.values())))


def pages_of(
    ids: Iterable[str], results: Results, workspace: Workspace, odd: dict[str, str]
) -> tuple[Report, list[Page]]:
    """What is known of the tables, and all pages.

    A paper whose files ask for what is not there is left out and noted in `odd`.
    """
    tables: dict[str, list[TableResult]] = {}
    for name in ids:
        paper = name.split(".")[0]
        with _noted(paper, odd):
            tables.setdefault(paper, []).append(results.table(name))

    def made(papers: Iterable[str]) -> tuple[Report, list[Page]]:
        report = _report((table for paper in papers for table in tables[paper]), results, workspace)
        return report, all_pages(report)

    good = [paper for paper in tables if paper not in odd]
    try:
        return made(good)
    except InputError:
        for paper in good:
            with _noted(paper, odd):
                made([paper])
        if not set(good) & set(odd):
            raise
        return made([paper for paper in good if paper not in odd])


def _report(tables: Iterable[TableResult], results: Results, workspace: Workspace) -> Report:
    chosen = list(tables)
    todo = {table.id: todo_of(table, workspace) for table in chosen}
    return Report(chosen, results.left_aside(chosen), Memo(workspace.cache), todo)


@contextmanager
def _noted(paper: str, odd: dict[str, str]) -> Iterator[None]:
    """Note the first mistake of a paper that shows in the block."""
    try:
        yield
    except InputError as error:
        odd.setdefault(paper, str(error))


def print_choice(workspace: Workspace, target: str, choice: Choice) -> None:
    """Write the pages of `target` to `<runs>/report/`, then print its tables under `choice`."""
    variant = Variant(choice.tier, choice.corpus, choice.numerics)
    results, out = Results(workspace), workspace.runs / "report"
    write_site(workspace, target, out, results)
    for table_id in table_ids(target):
        table, notes = results.table(table_id), Footnotes()
        shown = _unfolded(_shown(table, variant, todo_of(table, workspace), notes))
        nothing = Text(f"Nothing of it has run in {wording.conditions(variant)}.")
        blocks = [Heading(f"{table.id}: {table.table.title}"), *(shown or [nothing])]
        print(fitted(blocks_markdown(blocks, notes)))
    print(f"The pages: {out}")


def asked_ids(target: str | None, there: Collection[str], papers: Iterable[str]) -> list[str]:
    """The tables of papers that a report of `target` (None: of all) has, in order, with those that are `there`."""
    wanted = set(table_ids(target) if target else ())
    known = [f"{paper}.{table}" for paper in papers for table in load_paper(paper).tables]
    return [name for name in known if target is None or name in wanted or name in there]


def table_ids(target: str | None) -> list[str]:
    """The tables that a target (None: all) touches, in the order of the papers. Raises InputError for an unknown one.

    Papers with a mistake in their files are left out of all.
    """
    if target is None:
        odd = mistakes()
        return [f"{paper}.{table}" for paper in paper_ids() if paper not in odd for table in load_paper(paper).tables]
    return list(dict.fromkeys(".".join(cell.id.split(".")[:2]) for cell in select(target)))


def _shown(table: TableResult, variant: Variant, todo: Todo, notes: Footnotes) -> Iterator[Block]:
    """What the page begins with; of another variant than the paper's its values, and its questions."""
    if variant.earns_verdict or table.table.kind == "audit":
        yield from opening(table, todo, notes)
        return
    if not any(one.n_runs for one in (*table.others.get(variant, ()), *table.controls.get(variant, ()))):
        return
    yield from variant_blocks(table, variant, table.others.get(variant, ()), notes)
    yield from claim_blocks(table.claims_apart.get(variant, ()), 3)


def _unfolded(blocks: Iterable[Block]) -> list[Block]:
    """What stands open on a page, without headings above what is folded."""
    shown: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading):
            while shown and isinstance(shown[-1], Heading) and shown[-1].level >= block.level:
                shown.pop()
        if not isinstance(block, Folded):
            shown.append(block)
    while shown and isinstance(shown[-1], Heading):
        shown.pop()
    return shown
