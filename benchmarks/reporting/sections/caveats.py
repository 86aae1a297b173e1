"""What a table's numbers are not to be read without: where the paper says otherwise, and what counts by a rule."""

from collections.abc import Iterable, Iterator

from benchmarks.audit.origins import Stated, stated
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import metric_of
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Bullets, Text
from benchmarks.reporting.terms import meant, term
from benchmarks.spec import Cell
from datasets.acquire.telling import enumerated

ABOUT = (
    "What the text says against our reading, with the rows that rest on it; the origin of every value stands in "
    "[values](values.md):"
)


def contradiction_blocks(result: TableResult) -> list[Block]:
    """What the paper says against our reading, each once with the rows that it is about; nothing where all agrees."""
    by_setting: dict[str, list[Stated]] = {}
    rows: dict[str, dict[str, None]] = {}
    trained = [one.cell for one in result.main if one.cell.recipe == "train"]
    for cell in trained:
        for told in _of_cell(result, cell, by_setting):
            rows.setdefault(told, {})[cell.label] = None
    labels = {cell.label for cell in trained}
    lines = [f"{told} ({'all rows' if labels == set(of) else enumerated(of)})" for told, of in rows.items()]
    return [Text(ABOUT), Bullets([wording.sentence(line) for line in lines])] if lines else []


def zero_by_zero_blocks(results: Iterable[CellResult]) -> list[Block]:
    """By which rule values of these cells count that are quotients of zeros; nothing where none is."""
    metrics = [metric_of(one.cell) for one in results if wording.zero_by_zero(one)[0]]
    rules = dict.fromkeys(metric.zero_by_zero.rule for metric in metrics if metric and metric.zero_by_zero)
    return [Text(f"0/0: {rule}.") for rule in rules]


def _of_cell(result: TableResult, cell: Cell, by_setting: dict[str, list[Stated]]) -> Iterator[str]:
    for source in cell.sources:
        told = {(name, field.contradicts) for name, field in source.protocol.items()}
        for name, field in source.protocol.items():
            if field.contradicts:
                yield f"{wording.plain(name)}, {field.value}: {field.contradicts}"
        if source.setting is None:
            continue
        if source.setting not in by_setting:
            by_setting[source.setting] = stated(result.paper, source.setting)
        for one in by_setting[source.setting]:
            if one.sourced.contradicts and (one.name, one.sourced.contradicts) not in told:
                by = f" (fitted to {one.sourced.where})" if one.sourced.origin == "fitted" else ""
                yield f"{term(one.name, one.part)}, {meant(one.name, one.sourced.value)}{by}: {one.sourced.contradicts}"
