"""Writing what a report consists of: markdown pages, figures, report.json, index.html."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.judge.results import Results
from benchmarks.judge.table import TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.pages import Report, all_pages
from benchmarks.reporting.render.blocks import Block, Folded, Footnotes, Heading, Text
from benchmarks.reporting.render.html import site_html
from benchmarks.reporting.render.json_data import report_data
from benchmarks.reporting.render.markdown import blocks_markdown, page_markdown
from benchmarks.reporting.sections.main_table import main_tables
from benchmarks.reporting.sections.other_table import other_tables
from benchmarks.runs.files import write_file, write_json
from benchmarks.runs.memo import Memo
from benchmarks.runs.plan import Choice
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, paper_ids, select


def write_site(workspace: Workspace, target: str | None, out: Path, results: Results | None = None) -> list[Path]:
    """Write the report of `target` (None: of everything) and of the tables that `out` has already; the files."""
    wanted = set(table_ids(target))
    ids = [name for name in table_ids(None) if name in wanted or (out / f"{name.replace('.', '/')}.md").exists()]
    results = results or Results(workspace)
    tables = [results.table(table_id) for table_id in ids]
    pages = all_pages(Report(tables, results.left_aside(tables), Memo(workspace.cache)))
    written = [write_file(out / f"{page.place}.md", page_markdown(page).encode()) for page in pages]
    for page in pages:
        written += [write_file(out / page.folder / path, content) for path, content in page.files.items()]
    for folder in {path.parent for path in written if path.suffix == ".svg"}:
        for stale in set(folder.glob("*.svg")) - set(written):  # of runs that feed no cell any more
            stale.unlink()
    written.append(write_file(out / "index.html", site_html(pages).encode()))
    write_json(out / "report.json", report_data(tables))
    return [*written, out / "report.json"]


def print_choice(workspace: Workspace, target: str, choice: Choice) -> None:
    """Write the pages of `target` to `<runs>/report/`, then print its tables under `choice`."""
    variant = Variant(choice.tier, choice.corpus, choice.numerics)
    results, out = Results(workspace), workspace.runs / "report"
    write_site(workspace, target, out, results)
    for table_id in table_ids(target):
        table, notes = results.table(table_id), Footnotes()
        blocks: list[Block] = [Heading(f"{table.id}: {table.table.title}")]
        if table.unscored:
            blocks.append(Text(wording.unscored(table.unscored)))
        print(blocks_markdown([*blocks, *_unfolded(_shown(table, variant, notes))], notes))
    print(f"The pages: {out}")


def table_ids(target: str | None) -> list[str]:
    """The tables that a target touches, in the order of the papers. Raises InputError for an unknown target."""
    if target is None:
        return [f"{paper}.{table}" for paper in paper_ids() for table in load_paper(paper).tables]
    return list(dict.fromkeys(".".join(cell.id.split(".")[:2]) for cell in select(target)))


def _shown(table: TableResult, variant: Variant, notes: Footnotes) -> Iterable[Block]:
    if variant.earns_verdict or table.table.kind == "audit":
        return main_tables(table, notes)
    return other_tables(table, variant, table.others.get(variant, ()), notes)


def _unfolded(blocks: Iterable[Block]) -> list[Block]:
    """What stands open on a page, without the heading above what is folded at its end."""
    shown: list[Block] = [block for block in blocks if not isinstance(block, Folded)]
    while shown and isinstance(shown[-1], Heading):
        shown.pop()
    return shown
