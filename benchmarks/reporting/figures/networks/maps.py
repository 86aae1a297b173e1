"""What networks get and attend to in a clip with an event: input, masks, probability of the event by frame."""

from collections.abc import Iterator
from functools import partial

from benchmarks.reporting import wording
from benchmarks.reporting.drawing.maps import heatmaps
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.figures.results.errors import rule_of_errors
from benchmarks.reporting.probes.event_clip import clip_with_event
from benchmarks.reporting.told import ProbeName


class MapWords(Words):
    """What the input is, and what its rows are called."""

    input: str = "features"
    axis: str = "band"


class Maps(FigureKind):
    """One run of each setting that keeps its input."""

    by_dataset = True
    words: MapWords = MapWords()
    #: the names under which runs keep the maps of masks, fine to coarse
    masks: tuple[ProbeName, ...] = ()

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for each setting."""
        paper = asked.result.paper
        for one in {one.cell.setting: one for one in reversed(asked.cells)}.values():
            probe = clip_with_event(one, asked.cells, self.masks)
            if probe is None:
                continue
            run, clip = probe.run, probe.clip
            title = f"{paper.settings[run.setting].title}: {paper.datasets[run.dataset].title}, seed {run.seed}"
            rules = (rule_of_errors(each.cell) for each in asked.cells if each.cell.setting == run.setting)
            threshold = next((how.rule.threshold for how in rules if how), 0.5)
            masks = ", masks (mean over channels, each from white, its least value, to black)" if clip.masks else ""
            yield Figure(
                f"maps_{run.setting}_{run.dataset}_{asked.variant.name}",
                f"{title}, {wording.conditions(asked.variant)}: input ({self.words.input}, standardised by band)"
                f"{masks} and probability of the event in {probe.item}; green: the event; pink, dashed: the loudest "
                "second elsewhere, found in the input and not by ear",
                [title, threshold, probe.digest, probe.item, clip.event, clip.competing, self.model_dump()],
                partial(heatmaps.draw_maps, clip, threshold, title, self.words.input, self.words.axis),
            )
