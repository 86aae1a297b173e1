"""The words of a table, explained where they are used first."""

import re
from collections.abc import Iterator

from benchmarks.judge.table import TableResult
from benchmarks.metrics import metric_of
from benchmarks.reporting.render.blocks import Block, Bullets, Text

MARGIN = (
    "how far off one more run of the recipe may be: reproduced needs the whole 90 % interval of the difference within "
    "it; fixed before the first run in full"
)
QUOTED = "a number that is not run here; the note tells why"
REDUCED = "a schedule that two CPU cores can do, shorter than the paper's and often with smaller networks"
STAND_IN = "sounds of other collections in the layout of a dataset that cannot be had here"


def word_blocks(result: TableResult) -> list[Block]:
    """The paper's words that the table's title and labels use, as its paper file explains them, then those of ours."""
    told = [f"**{word}**: {text}." for word, text in (*_papers(result), *_ours(result))]
    return [Text("Words of this page:"), Bullets(told)] if told else []


def _papers(result: TableResult) -> Iterator[tuple[str, str]]:
    table = result.table
    labels = (column.label for column in table.columns.values())
    used = " ".join([table.title, *labels, *(one.cell.label for one in result.main)])
    yield from ((word, text) for word, text in result.paper.words.items() if _is_in(word, used))


def _ours(result: TableResult) -> Iterator[tuple[str, str]]:
    """Words that pages use of themselves, as far as this one does."""
    yield from _scored(result)
    shown = [variant for variant in result.others if variant.tier != "smoke"]
    if any(one.cell.margin is not None and one.cell.recipe == "train" for one in result.main):
        yield "margin", MARGIN
    if any(one.cell.recipe == "quoted" and one.cell.published is not None for one in result.main):
        yield "quoted", QUOTED
    if any(variant.tier == "reduced" for variant in shown):
        yield "reduced", REDUCED
    if any(variant.corpus == "standin" for variant in shown):
        yield "stand-in", STAND_IN


def _scored(result: TableResult) -> Iterator[tuple[str, str]]:
    """By which rules the scores of runs become the values of the rows, with the names that runs and guide know."""
    rules: dict[str, list[str]] = {}
    for one in result.main:
        metric = metric_of(one.cell) if one.cell.recipe == "train" else None
        if metric and metric.rule and metric.id not in (named := rules.setdefault(metric.rule, [])):
            named.append(metric.id)
    for rule, named in rules.items():
        yield f"scored ({', '.join(f'`{name}`' for name in named)})", rule


def _is_in(word: str, text: str) -> bool:
    """Whether a word stands in a text, alone."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
