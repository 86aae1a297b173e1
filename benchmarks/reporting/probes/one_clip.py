"""Maps of one clip as runs of several rows keep them, chosen as a paper file says."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field

from benchmarks.judge.table import TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.maps.stacked import Panel
from benchmarks.reporting.probes.conditioner import Over
from benchmarks.reporting.probes.kept import Kept
from benchmarks.reporting.told import ProbeName, RowName
from benchmarks.spec.bricks import Strict
from datasets.acquire.telling import enumerated

#: What captions say of the shades of maps.
SHADES = "each map from white, its 1st percentile, to black, its 99th (both in its title)"


class ClipMap(Strict):
    """A map of the clip: an array (frames, bands) that a run of a row keeps.

    Of several rows that is taken which was conditioned with the same number as the first conditioned map, else the
    first that there is.
    """

    rows: tuple[RowName, ...] = Field(min_length=1)
    shows: ProbeName
    title: str
    axis: str = "band"


def rows_of(maps: Sequence[ClipMap]) -> list[str]:
    """All rows that maps may be of."""
    return [row for one in maps for row in one.rows]


def panels(maps: Sequence[ClipMap], kept: Mapping[str, Kept], over: Over | None) -> Iterator[Panel]:
    """The maps that there are, with what conditioned them in their titles."""
    number = None
    for one in maps:
        able = [kept[row] for row in one.rows if row in kept and one.shows in kept[row].names]
        if not able:
            continue
        numbers = [over.value(run.conditioner) if over else None for run in able]
        place = numbers.index(number) if number is not None and number in numbers else 0
        number = numbers[place] if number is None else number
        run = able[place]
        name = over.name(run.conditioner) if over else ""
        how = f", {name}" if name else ""
        source = [run.digest, one.shows, one.title, one.axis, how]
        yield Panel(f"{one.title}{how}", one.axis, run.array(one.shows)[0], source)


def name_of(run: Kept, over: Over | None) -> str:
    """The row of a run, and what it was conditioned with where the row does not say so."""
    label, how = run.one.cell.label, over.name(run.conditioner) if over else ""
    return label if not how or how in label else f"{label} ({how})"


def clip_of(run: Kept) -> str:
    """The clip that a run shows, with its classes."""
    return f"{run.item} ({enumerated(label.replace('_', ' ') for label in run.labels) or 'no class'})"


def conditions(result: TableResult, variant: Variant, kept: Mapping[str, Kept]) -> str:
    """Corpus, column, tier and seed of what is shown."""
    first = next(iter(kept.values()))
    title = result.paper.datasets[first.run.run.dataset].title
    label = result.table.columns[first.one.cell.column].label
    return f"{title}, {label}, {wording.conditions(variant)}, seed {first.run.run.seed}"
