"""Where every clip has one class: the share of each class that was found, and the most frequent confusions."""

from collections.abc import Iterator, Sequence

from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.figures import with_value
from benchmarks.reporting.figures.results.confusion import decisions, headline
from benchmarks.reporting.render.blocks import Block, Bullets, Folded, Text
from benchmarks.runs.memo import Memo
from datasets.acquire.telling import enumerated


def recall_blocks(result: TableResult, results: Sequence[CellResult], memo: Memo) -> Iterator[Block]:
    """For every column of such clips, in words what the figure of its confusions shows."""
    for column, of_column in result.columns(tuple(with_value(results))).items():
        if best := headline(of_column):
            found = decisions(result, best, memo)
            recalls = sorted(zip(found.recall, found.classes, strict=True), reverse=True)
            told = enumerated(f"{wording.plain(name)} {round(100 * recall, 1):g}" for recall, name in recalls)
            worst = [
                f"{wording.plain(true)} called {wording.plain(decided)}: {count} of {total}"
                for count, true, decided, total in found.worst()
            ]
            label = result.table.columns[column].label
            told_in = "" if best.numerics == "float32" else f", {best.numerics}"
            title = f"{label}, {best.cell.label}: recall per class and frequent confusions, seed {found.seed}{told_in}"
            yield Folded(title, [Text(f"Recall in %: {told}."), Bullets(worst)])
