"""Where the rows of a table were made otherwise than the paper, or its source, says."""

from collections.abc import Iterator

from benchmarks.audit.origins import Stated, stated
from benchmarks.judge.table import TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Bullets, Text
from benchmarks.spec import Cell

ABOUT = (
    "Our reading against the text, which every number below *reproduced* rests on; the origin of all values stands in "
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
    lines = [f"{told} ({'all rows' if labels == set(of) else ', '.join(of)})" for told, of in rows.items()]
    return [Text(ABOUT), Bullets([wording.sentence(line) for line in lines])] if lines else []


def _of_cell(result: TableResult, cell: Cell, by_setting: dict[str, list[Stated]]) -> Iterator[str]:
    for source in cell.sources:
        for name, field in source.protocol.items():
            if field.contradicts:
                yield f"{wording.plain(name)}, {field.value}: {field.contradicts}"
        if source.setting is None:
            continue
        if source.setting not in by_setting:
            by_setting[source.setting] = stated(result.paper, source.setting)
        for one in by_setting[source.setting]:
            if one.sourced.contradicts:
                yield f"{wording.plain(one.name)}, {wording.value(one.sourced.value)}: {one.sourced.contradicts}"
