"""One clip as several networks get it or attend to it, and what one of them says of its frames."""

from collections.abc import Iterator

from benchmarks.reporting.drawing.maps import stacked
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.probes import one_clip
from benchmarks.reporting.probes.conditioner import Over
from benchmarks.reporting.probes.kept import richest_column
from benchmarks.reporting.probes.one_clip import ClipMap
from benchmarks.reporting.told import RowName
from benchmarks.runs.scores import Scores

#: What runs keep: the probability of each class in the frames of a clip.
PROBABILITY = "frame_probability"


class ClipWords(Words):
    """At which point of the network the probabilities are taken."""

    at: str = ""


class Clip(FigureKind):
    """Maps of the clip below each other, then the probability of each class in its frames."""

    by_dataset = True
    words: ClipWords = ClipWords()
    maps: tuple[ClipMap, ...] = ()
    #: of these rows, the first whose run keeps them gives the probabilities
    says: tuple[RowName, ...]
    over: Over | None = None

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the dataset, where there are two maps at least."""
        rows = [*one_clip.rows_of(self.maps), *self.says]
        kept = richest_column(asked.result, (*asked.cells, *asked.controls), rows)
        panels = list(one_clip.panels(self.maps, kept, self.over))
        speaker = next((kept[row] for row in self.says if row in kept and PROBABILITY in kept[row].names), None)
        if len(panels) < 2 or speaker is None:
            return
        classes = Scores.load(speaker.run.scores_path(speaker.one.cell.test_set)).classes
        name, labels = one_clip.name_of(speaker, self.over), speaker.labels
        yield Figure(
            f"clip_{asked.result.table_id}_{asked.dataset}_{asked.variant.name}",
            f"{one_clip.clip_of(speaker)}, {one_clip.SHADES}, and the probability of each class in each frame by "
            f"{name}{f', {self.words.at}' if self.words.at else ''}; thick: what the clip holds. "
            f"{one_clip.conditions(asked.result, asked.variant, kept)}",
            [[panel.source for panel in panels], speaker.digest, classes, name, labels],
            lambda: stacked.draw_clip(
                panels, speaker.array(PROBABILITY)[0], classes, labels, f"probability by class, {name}"
            ),
        )
