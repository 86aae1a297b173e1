"""An event of each class, as one network gets it."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from benchmarks.judge.table import CellResult
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.maps import heatmaps
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.figures.results.errors import rule_of_errors
from benchmarks.reporting.probes.event_clip import clip_with_event

#: What stands around an event, in seconds.
AROUND = 0.5


class ExcerptWords(Words):
    """What the input is, and what its rows are called."""

    input: str = "features"
    axis: str = "band"


class Excerpts(FigureKind):
    """The input of the row that the paper praises most, around an event of each class."""

    words: ExcerptWords = ExcerptWords()

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the best row whose runs keep their input."""
        for row in sorted({one.cell.row: None for one in asked.cells}, key=partial(_published_mean, asked.cells)):
            of_row = [one for one in asked.cells if one.cell.row == row and one.cell.dataset is not None]
            firsts = {one.cell.dataset: one for one in reversed(of_row)}
            found = [clip_with_event(firsts[name], of_row) for name in asked.result.paper.datasets if name in firsts]
            probes = [probe for probe in found if probe is not None and probe.clip.event is not None]
            if not probes:
                continue
            title = f"{firsts[probes[0].run.dataset].cell.label}, {wording.conditions(asked.variant)}"
            clips = [probe.clip for probe in probes]
            yield Figure(
                f"excerpts_{asked.result.table_id}_{asked.variant.name}",
                f"An event of each class with {AROUND:g} s around it, in the background it was mixed with: "
                f"{self.words.input}, standardised by band, on one scale; the lines are onset and offset; input of "
                f"{title}",
                [title, [[probe.digest, probe.item, probe.clip.event] for probe in probes], AROUND, self.words.axis],
                partial(heatmaps.draw_excerpts, clips, AROUND, self.words.axis),
            )
            return


def _published_mean(cells: Sequence[CellResult], row: str) -> float:
    """The mean published error rate of a row, infinite without any: the smaller, the more the paper praises it."""
    values = [one.cell.published for one in cells if one.cell.row == row and rule_of_errors(one.cell)]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else np.inf
