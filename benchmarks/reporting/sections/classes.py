"""Tables of clip tagging: which cells are of them, and the area under the ROC curve of each class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.judge.evidence import Scored
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import metric_named
from benchmarks.metrics.ranking import auc_of, tags
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Grid, Text
from benchmarks.runs.files import canonical_hash, read_json, write_json
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import listed
from benchmarks.spec import Cell

METRIC = "auc_macro"


@dataclass(frozen=True)
class Areas:
    """What scores say of each class, by its name."""

    #: area under the ROC curve in percent; None where no clip has the class, or all have
    areas: dict[str, float | None]
    #: how many clips have it
    positives: dict[str, int]
    #: how many clips there are
    clips: int


def is_of_tags(cell: Cell) -> bool:
    """Whether the cell is about the classes of whole clips, by its metric."""
    return cell.metric == METRIC and not cell.parts


def class_blocks(result: TableResult, results: Sequence[CellResult], cache: Path) -> list[Block]:
    """For every column of tagging that ran: rows by classes, mean over complete seeds and their standard deviation."""
    blocks: list[Block] = []
    for column, of_column in result.columns(tuple(results)).items():
        ran = [one for one in of_column if is_of_tags(one.cell) and one.mean is not None]
        if ran:
            label = result.table.columns[column].label
            title = f"Area under the curve of each class (%), {label}, {wording.conditions(ran[0].variant)}"
            blocks.append(Folded(title, list(_class_table(ran, cache))))
    return blocks


def _class_table(ran: Sequence[CellResult], cache: Path) -> Iterator[Block]:
    """The grid of a column, in which rows stand below the number of positives among their clips; what is left out."""
    found = [(one, seed_areas(one, cache)) for one in ran]
    names = list(dict.fromkeys(name for _, seeds in found for name in seeds[0].areas))
    judged = [name for name in names if any(_values(seeds, name) for _, seeds in found)]
    below: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for one, seeds in found:
        first = seeds[0]
        counts = (f"clips that have it, of {first.clips}", *(str(first.positives.get(name, 0)) for name in judged))
        below.setdefault(counts, []).append((one.cell.label, *(_written(_values(seeds, name)) for name in judged)))
    rows = [row for counts, of_list in below.items() for row in (counts, *of_list)]
    yield Grid(("row", *map(_plain, judged)), rows)
    if left := [_plain(name) for name in names if name not in judged]:
        yield Text(f"Left out, as no test clip has them, or all have: {', '.join(left)}.")


def seed_areas(one: CellResult, cache: Path) -> list[Areas]:
    """The areas of each complete seed of a cell, which are means over its folds; positives and clips are of all."""
    assert one.evidence is not None
    by_seed = []
    for seed in one.evidence.complete_seeds:
        folds = [run_areas(scored, one.cell, cache) for scored in one.evidence.scored if scored.seed == seed]
        names = list(dict.fromkeys(name for fold in folds for name in fold.areas))
        by_seed.append(
            Areas(
                {name: _mean([area for fold in folds if (area := fold.areas.get(name)) is not None]) for name in names},
                {name: sum(fold.positives.get(name, 0) for fold in folds) for name in names},
                sum(fold.clips for fold in folds),
            )
        )
    return by_seed


def run_areas(scored: Scored, cell: Cell, cache: Path) -> Areas:
    """The areas of a run on the items of a cell, kept by the checksums of its scores and its reference."""
    run, files = scored.finished, scored.finished.result["files"]
    digests = [files.get(f"scores_{cell.test_set}.npz"), files.get(f"reference_{cell.test_set}.csv")]
    asked = [run.run.paper, run.run.dataset, *digests, cell.items, metric_named(METRIC).version]
    kept = cache / "classes" / f"{canonical_hash(asked, 20)}.json"
    if not kept.exists():
        truth = listed(scored.truth, cell.items, run)
        scores = Scores.load(run.scores_path(cell.test_set)).select(list(truth.index))
        counts = dict(zip(scores.classes, map(int, tags(scores, truth).sum(axis=0)), strict=True))
        areas = {
            name: auc_of(scores, truth, name).value if 0 < count < len(truth) else None
            for name, count in counts.items()
        }
        # As lists, because the keys of what is kept are sorted.
        write_json(kept, {"areas": list(areas.items()), "positives": list(counts.items()), "clips": len(truth)})
    content = read_json(kept)
    return Areas(dict(content["areas"]), dict(content["positives"]), content["clips"])


def _values(seeds: Sequence[Areas], name: str) -> list[float]:
    """The area of a class by seed; nothing unless every seed has one."""
    values = [area for one in seeds if (area := one.areas.get(name)) is not None]
    return values if len(values) == len(seeds) else []


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def _written(values: Sequence[float]) -> str:
    if not values:
        return wording.NOTHING
    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"


def _plain(name: str) -> str:
    return name.replace("_", " ")
