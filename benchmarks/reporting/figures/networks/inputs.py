"""One clip as networks get it, in several ways."""

from collections.abc import Iterator

from benchmarks.reporting.drawing.maps import stacked
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.probes import one_clip
from benchmarks.reporting.probes.conditioner import Over
from benchmarks.reporting.probes.kept import richest_column
from benchmarks.reporting.probes.one_clip import ClipMap


class InputWords(Words):
    """What else is to be known of the maps."""

    note: str = ""


class Inputs(FigureKind):
    """Maps of the clip below each other."""

    by_dataset = True
    words: InputWords = InputWords()
    maps: tuple[ClipMap, ...]
    over: Over | None = None

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the dataset, where there are two maps at least."""
        kept = richest_column(asked.result, (*asked.cells, *asked.controls), one_clip.rows_of(self.maps))
        panels = list(one_clip.panels(self.maps, kept, self.over))
        if len(panels) < 2:
            return
        first = next(iter(kept.values()))
        yield Figure(
            f"inputs_{asked.result.table_id}_{asked.dataset}_{asked.variant.name}",
            f"{one_clip.clip_of(first)} as networks get it, {one_clip.SHADES}"
            f"{f'; {self.words.note}' if self.words.note else ''}. "
            f"{one_clip.conditions(asked.result, asked.variant, kept)}",
            [panel.source for panel in panels],
            lambda: stacked.draw_inputs(panels),
        )
