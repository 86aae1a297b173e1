"""What a network attends to in clips: its weights over what it gets, and their mean over time."""

from collections.abc import Iterator, Mapping

import numpy as np
from pydantic import Field

from benchmarks.judge.table import CellResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.maps import overlays
from benchmarks.reporting.drawing.maps.overlays import Attended
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.probes.kept import Kept, stored_probes
from benchmarks.reporting.told import InColumn, ProbeName, RowName


class AttentionWords(Words):
    """What the network gets, what its bands and its weights are called."""

    input: str = "features"
    axis: str = "band"
    weights: str = "attention weights"


class Attention(FigureKind):
    """The clips that the first run of a cell keeps, each with its class, and with a note where it is an official file.

    A note is about a file of the real data: generated and stand-in files of that name are others.
    """

    words: AttentionWords = AttentionWords()
    row: RowName
    column: InColumn
    #: the arrays that runs keep, both (clips, bands, columns)
    input: ProbeName = "log_mel"
    weights: ProbeName = "attention_weights"
    #: seconds per column
    hop: float = Field(gt=0)
    #: what else is to be said of a clip, by its item
    notes: Mapping[str, str] = {}

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the cell."""
        places = {(one.cell.row, one.cell.column): one for one in asked.all}
        one = places.get((self.row, self.column))
        kept = self._kept(one) if one else None
        if kept is None:
            return
        arrays, titles = stored_probes(kept.run.folder), self._titles(kept, asked.variant)
        clips = [
            Attended(title, *(arrays[name][number].astype(np.float32) for name in (self.input, self.weights)))
            for number, title in enumerate(titles)
        ]
        run, paper, words = kept.run.run, asked.result.paper, self.words
        of_run = f"{paper.settings[run.setting].title}, fold {run.fold}, seed {run.seed}"
        yield Figure(
            f"attention_{asked.result.table_id}_{self.row}_{self.column}_{asked.variant.name}",
            f"{wording.capital(words.input)} and over it the {words.weights}, of each clip from the least (not seen) "
            f"to the greatest; below it their mean over bands. {of_run}; {paper.datasets[run.dataset].title}, "
            f"{wording.conditions(asked.variant)}",
            [kept.digest, titles, self.hop, self.input, self.weights, words.axis, words.weights],
            lambda: overlays.draw_attention(clips, self.hop, words.axis, words.weights),
        )

    def _kept(self, one: CellResult) -> Kept | None:
        """The first run behind a cell that keeps both arrays."""
        runs = [Kept(one, scored.finished) for scored in one.evidence.scored] if one.evidence else []
        return next((run for run in runs if run.path.exists() and {self.input, self.weights} <= run.names), None)

    def _titles(self, kept: Kept, variant: Variant) -> list[str]:
        """Each clip with its class, and what else is to be said of it."""
        assert kept.one.evidence is not None
        labels = kept.one.evidence.scored[0].truth["label"]
        notes = self.notes if variant.corpus == "real" else {}
        return [
            f"{item}: {wording.plain(labels[item])}" + (f" ({notes[item]})" if item in notes else "")
            for item in stored_probes(kept.run.folder)["items"].tolist()
        ]
