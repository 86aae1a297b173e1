"""The page of one table."""

from collections.abc import Iterator, Sequence

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.figures import Figure, fact_figures, is_drawn, table_figures
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Footnotes, Heading, Page, Text
from benchmarks.reporting.sections.areas import area_blocks
from benchmarks.reporting.sections.audited import check_blocks
from benchmarks.reporting.sections.caveats import contradiction_blocks, zero_by_zero_blocks
from benchmarks.reporting.sections.claims import claim_blocks
from benchmarks.reporting.sections.controls import control_blocks
from benchmarks.reporting.sections.data import data_blocks
from benchmarks.reporting.sections.derived import derived_blocks
from benchmarks.reporting.sections.folds import fold_blocks
from benchmarks.reporting.sections.main_table import LEGEND, main_tables
from benchmarks.reporting.sections.other_table import other_tables
from benchmarks.reporting.sections.pictures import path_of, picture_blocks
from benchmarks.reporting.sections.provenance import provenance_blocks
from benchmarks.reporting.sections.recalls import recall_blocks
from benchmarks.runs.memo import Memo


class TablePages(PageKind):
    """A page per table: the table, what stands behind it, what ran otherwise, what is known without training."""

    def pages(self, report: Report) -> Iterator[Page]:
        """The pages of all tables, with their figures."""
        for result in report.tables:
            shown = {Variant(): result.main, **result.others}
            figures = {
                variant: table_figures(result, variant, results, report.memo) for variant, results in shown.items()
            }
            facts, notes = fact_figures(result), Footnotes()
            drawn = [*facts, *(one for of_variant in figures.values() for one in of_variant)]
            yield Page(
                f"{result.paper.id}/{result.table_id}",
                f"{result.id}: {result.table.title}",
                list(_blocks(result, facts, figures, notes, report.memo)),
                notes,
                {path_of(one): one.svg(report.memo) for one in drawn},
            )


def _blocks(
    result: TableResult,
    facts: Sequence[Figure],
    figures: dict[Variant, list[Figure]],
    notes: Footnotes,
    memo: Memo,
) -> Iterator[Block]:
    paper, main = result.paper, Variant()
    yield Text(f"{result.id} of *{paper.title}* ({paper.authors}, {paper.year}; {paper.reference}).")
    if result.unscored:
        yield Text(wording.unscored(result.unscored))
    yield from main_tables(result, notes)
    if result.table.kind == "train":
        yield Text(LEGEND)
    if result.table.note:
        yield Text(wording.sentence(result.table.note))
    yield from contradiction_blocks(result)
    yield from derived_blocks(result, main, notes)
    yield from control_blocks(result, result.controls.get(main, ()), notes)
    yield from claim_blocks(result.claims)
    yield from _behind(result, main, result.main, figures[main], memo)
    for variant, results in result.others.items():
        yield from other_tables(result, variant, results, notes)
        yield from _behind(result, variant, results, figures[variant], memo)
    if facts:
        yield Heading("Known without training")
        yield from picture_blocks(facts)
    yield from check_blocks(result)


def _behind(
    result: TableResult, variant: Variant, results: Sequence[CellResult], figures: Sequence[Figure], memo: Memo
) -> Iterator[Block]:
    """What stands behind the cells of one variant."""
    with_controls = (*results, *result.controls.get(variant, ()))
    yield from zero_by_zero_blocks(with_controls)
    yield from picture_blocks(figures)
    if is_drawn(variant, results):
        yield from recall_blocks(result, results, memo)
    yield from area_blocks(result, with_controls, memo)
    yield from fold_blocks(result, with_controls)
    yield from data_blocks(result, results)
    yield from provenance_blocks(with_controls)
