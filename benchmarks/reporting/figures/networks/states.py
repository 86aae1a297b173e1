"""How the states of networks lie to each other: a map by t-SNE for each of several rows."""

from collections.abc import Iterator

from pydantic import Field

from benchmarks.reporting.drawing.maps.scatter import draw_states
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.probes import one_clip
from benchmarks.reporting.probes.conditioner import Over
from benchmarks.reporting.probes.kept import richest_column
from benchmarks.reporting.probes.tsne import MOST_STATES, PERPLEXITY, SEED, VERSION, state_map
from benchmarks.reporting.told import RowName
from datasets.acquire.telling import enumerated

#: What runs keep: of all clips the states of some frames.
STATES = "frame_states"


class States(FigureKind):
    """The states of some rows side by side."""

    by_dataset = True
    #: in the order in which they are drawn: the first so many that keep their states
    rows: tuple[RowName, ...] = Field(min_length=2)
    most: int = Field(default=2, ge=2)
    over: Over | None = None

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the dataset, where there are two rows at least."""
        kept = richest_column(asked.result, (*asked.cells, *asked.controls), self.rows)
        able = [kept[row] for row in self.rows if row in kept and STATES in kept[row].names]
        chosen = list({one.run.run.id: one for one in able}.values())[: self.most]
        maps = [state_map(one.array(STATES), one.digest, asked.memo) for one in chosen]
        found = [
            (one_clip.name_of(one, self.over), one.digest, of_run)
            for one, of_run in zip(chosen, maps, strict=True) if of_run
        ]  # fmt: skip
        if len(found) < 2:
            return
        ratios = enumerated(f"{name} {of_run.ratio:.3f}" for name, _, of_run in found)
        first = found[0][2]
        yield Figure(
            f"states_{asked.result.table_id}_{asked.dataset}_{asked.variant.name}",
            f"States of the network's frames by t-SNE (PCA start, perplexity {PERPLEXITY:g}, random state {SEED}): at "
            f"most {MOST_STATES} states of whole test clips, here of {first.clips}. Mean distance of two states of one "
            f"clip over that of states of two clips, in the network and not on the map, over {first.all_clips} clips: "
            f"{ratios}. {one_clip.conditions(asked.result, asked.variant, kept)}",
            [VERSION, *([name, digest] for name, digest, _ in found)],
            lambda: draw_states({name: of_run.points for name, _, of_run in found}),
        )
