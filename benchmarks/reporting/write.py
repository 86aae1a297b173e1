"""Writing the pages: markdown, JSON, HTML, figures."""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.files import storage_error
from benchmarks.plan import Choice
from benchmarks.reporting.blocks import Block, Footnotes, Heading
from benchmarks.reporting.markdown import blocks_markdown, page_markdown
from benchmarks.reporting.results import Results, TableResult, Variant
from benchmarks.reporting.table_page import main_tables, other_tables, table_page
from benchmarks.spec import load_paper, paper_ids, select
from benchmarks.workspace import Workspace


def write_site(workspace: Workspace, target: str | None, out: Path) -> list[Path]:
    """Write the pages of `target` (None: of everything) to `out`; returns the files written."""
    results = Results(workspace)
    tables = [results.table(table_id) for table_id in table_ids(target)]
    return [_write(out / f"{page.place}.md", page_markdown(page)) for page in map(table_page, tables)]


def print_choice(workspace: Workspace, target: str, choice: Choice) -> None:
    """Print the tables of `target` under `choice`; write their pages to `<runs>/report/`."""
    variant = Variant(choice.tier, choice.corpus, choice.numerics)
    results = Results(workspace)
    for table_id in table_ids(target):
        result = results.table(table_id)
        notes = Footnotes()
        print(blocks_markdown([Heading(f"{result.id}: {result.table.title}"), *_tables(result, variant, notes)], notes))
    write_site(workspace, target, workspace.runs / "report")
    print(f"more in {workspace.runs / 'report'}")


def table_ids(target: str | None) -> list[str]:
    """The tables that a target touches, in the order of the papers. Raises InputError for an unknown target."""
    if target is None:
        return [f"{paper}.{table}" for paper in paper_ids() for table in load_paper(paper).tables]
    return list(dict.fromkeys(".".join(cell.id.split(".")[:2]) for cell in select(target)))


def _tables(result: TableResult, variant: Variant, notes: Footnotes) -> Iterable[Block]:
    if variant.earns_verdict or result.table.kind == "audit":
        return main_tables(result, notes)
    return other_tables(result, variant, result.others.get(variant, ()), notes)


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise storage_error(path, error) from error
    return path
