"""The page of one table."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.judge.numerics.study import Study
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.figures import Figure, fact_figures, is_drawn, table_figures
from benchmarks.reporting.opening.own_table import beside_blocks, own_table
from benchmarks.reporting.opening.result import result_sentences, source_sentence, spoken
from benchmarks.reporting.opening.todo import Todo, todo_sentence
from benchmarks.reporting.opening.words import word_blocks
from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Block, Footnotes, Heading, Page, Text
from benchmarks.reporting.sections.areas import area_blocks
from benchmarks.reporting.sections.audited import check_blocks, quantity_blocks
from benchmarks.reporting.sections.caveats import contradiction_blocks, zero_by_zero_blocks
from benchmarks.reporting.sections.claims import claim_blocks
from benchmarks.reporting.sections.controls import control_blocks
from benchmarks.reporting.sections.data import data_blocks
from benchmarks.reporting.sections.derived import derived_blocks
from benchmarks.reporting.sections.equivalence import link_sentence
from benchmarks.reporting.sections.folds import fold_blocks
from benchmarks.reporting.sections.main_table import detail_blocks
from benchmarks.reporting.sections.other_table import other_tables
from benchmarks.reporting.sections.pictures import path_of, picture_blocks
from benchmarks.reporting.sections.provenance import provenance_blocks
from benchmarks.reporting.sections.recalls import recall_blocks
from benchmarks.runs.memo import Memo

#: What is known of the cells of a variant, in blocks.
Section = Callable[[Variant, Sequence[CellResult]], Iterable[Block]]


class TablePages(PageKind):
    """A page per table: its result and the paper's table, what ran otherwise, then all that stands behind either."""

    by_paper = True

    def pages(self, report: Report) -> Iterator[Page]:
        """The pages of all tables, with their figures."""
        for result in report.tables:
            shown = {Variant(): result.main, **result.others}
            figures = {
                variant: table_figures(result, variant, results, report.memo) for variant, results in shown.items()
            }
            facts, notes = fact_figures(result), Footnotes()
            drawn = [*facts, *(one for of_variant in figures.values() for one in of_variant)]
            todo = report.todo.get(result.id, Todo())
            blocks = [*opening(result, todo, notes), *_behind(result, facts, figures, notes, report.memo)]
            yield Page(
                f"{result.paper.id}/{result.table_id}",
                f"{result.id}: {result.table.title}",
                blocks,
                notes,
                {path_of(one): one.svg(report.memo) for one in drawn},
            )


def opening(result: TableResult, todo: Todo, notes: Footnotes) -> Iterator[Block]:
    """The first screen: what was claimed, the result in a few sentences, the paper's own table, how to run the rest."""
    yield Text(source_sentence(result))
    yield from (Text(sentence) for sentence in result_sentences(result))
    yield from (Text(link_sentence(study)) for study in result.studies.values() if _is_about(study, result))
    if result.unscored:
        yield Text(wording.unscored(result.unscored))
    yield from own_table(result, notes)
    yield from word_blocks(result)
    if missing := todo_sentence(result, todo):
        yield Text(missing)


def _is_about(study: Study, result: TableResult) -> bool:
    """Whether a study of numerics speaks for a network of the table, or something there ran in them."""
    settings = {source.setting for one in result.main for source in one.cell.sources}
    made_in = {one.made_in for one in result.main if one.n_runs} | {variant.numerics for variant in result.others}
    return study.numerics in made_in or not settings.isdisjoint(study.asked.speaks_for)


def _behind(
    result: TableResult, facts: Sequence[Figure], figures: dict[Variant, list[Figure]], notes: Footnotes, memo: Memo
) -> Iterator[Block]:
    """All that stands behind the first screen, from what ran to what it ran with."""
    main = Variant()
    if result.table.note:
        yield Text(wording.sentence(result.table.note))
    yield from beside_blocks(result, notes)
    yield from detail_blocks(result, notes)
    yield from zero_by_zero_blocks(_with_controls(result, main, result.main))
    yield from derived_blocks(result, main, notes)
    yield from control_blocks(result, result.controls.get(main, ()), notes)
    yield from other_tables(result, notes)
    if contradictions := contradiction_blocks(result):
        yield from (Heading("Where the text says otherwise"), *contradictions)
    explained: set[str] = set()
    yield from claim_blocks(result.claims, explained=explained)
    for variant, claims in result.claims_apart.items():
        if claims:
            yield Heading(f"Claims: {wording.conditions(variant)}")
            yield from claim_blocks(claims, 3, explained)
    for title, section in _sections(result, figures, memo).items():
        yield from _by_variant(result, title, section)
    if facts:
        yield Heading("Known without training")
        yield from picture_blocks(facts)
    yield from quantity_blocks(result, notes)
    yield from check_blocks(result)


def _sections(result: TableResult, figures: dict[Variant, list[Figure]], memo: Memo) -> dict[str, Section]:
    """What is told of every variant, by what it is called, in order."""

    def classes(variant: Variant, results: Sequence[CellResult]) -> Iterator[Block]:
        if is_drawn(variant, results):
            yield from recall_blocks(result, results, memo)
        yield from area_blocks(result, _with_controls(result, variant, results), memo)

    return {
        "Folds and seeds": lambda variant, results: fold_blocks(result, _with_controls(result, variant, results)),
        "Classes": classes,
        "Figures": lambda variant, _: picture_blocks(figures.get(variant, [])),
        "Data": lambda _, results: data_blocks(result, results),
        "Provenance": lambda variant, results: provenance_blocks(_with_controls(result, variant, results)),
    }


def _by_variant(result: TableResult, title: str, section: Section) -> Iterator[Block]:
    """A section with what there is of each variant, named where it is not the paper's experiment alone."""
    shown = {Variant(): result.main, **result.others}
    found = {variant: list(section(variant, results)) for variant, results in shown.items()}
    if any(found.values()):
        yield Heading(title)
    for variant, blocks in found.items():
        if blocks and (len(shown) > 1 or not variant.earns_verdict):
            yield Heading(spoken(variant), 3)
        yield from blocks


def _with_controls(result: TableResult, variant: Variant, results: Sequence[CellResult]) -> tuple[CellResult, ...]:
    return (*results, *result.controls.get(variant, ()))
