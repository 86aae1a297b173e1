"""Where clips have any number of classes: the area under the ROC curve of each class."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.judge.evidence import Scored
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.metrics import kind_of, metric_of
from benchmarks.metrics.kinds import TAGS_PER_CLIP
from benchmarks.metrics.ranking import auc_of, tags
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Grid, Text
from benchmarks.runs.memo import Memo
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import listed
from benchmarks.spec import Cell
from datasets.acquire.telling import enumerated


@dataclass(frozen=True)
class Areas:
    """What scores say of each class, by its name."""

    #: area under the ROC curve in percent; None where no clip has the class, or all have
    areas: dict[str, float | None]
    #: how many clips have it
    positives: dict[str, int]
    #: how many clips there are
    clips: int


def area_blocks(result: TableResult, results: Sequence[CellResult], memo: Memo) -> list[Block]:
    """For every column of tagging that ran: rows by classes, mean over complete seeds and their standard deviation."""
    blocks: list[Block] = []
    for column, of_column in result.columns(tuple(results)).items():
        tagging = [one for one in of_column if kind_of(one.cell) == TAGS_PER_CLIP and not one.cell.parts]
        ran = [one for one in tagging if one.mean is not None]
        if ran:
            label = result.table.columns[column].label
            title = f"Area under the curve of each class (%), {label}, {wording.conditions(ran[0].variant, ran)}"
            blocks.append(Folded(title, list(_class_table(ran, memo))))
    return blocks


def _class_table(ran: Sequence[CellResult], memo: Memo) -> Iterator[Block]:
    """The grid of a column, in which rows stand below the number of positives among their clips; what is left out."""
    found = [(one, seed_areas(one, memo)) for one in ran]
    names = list(dict.fromkeys(name for _, seeds in found for name in seeds[0].areas))
    judged = [name for name in names if any(_values(seeds, name) for _, seeds in found)]
    below: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for one, seeds in found:
        first = seeds[0]
        counts = (f"clips that have it, of {first.clips}", *(str(first.positives.get(name, 0)) for name in judged))
        below.setdefault(counts, []).append((one.cell.label, *(_written(_values(seeds, name)) for name in judged)))
    rows = [row for counts, of_list in below.items() for row in (counts, *of_list)]
    yield Grid(("row", *map(wording.plain, judged)), rows)
    if left := [wording.plain(name) for name in names if name not in judged]:
        yield Text(f"Left out, as no test clip has them, or all have: {enumerated(left)}.")


def seed_areas(one: CellResult, memo: Memo) -> list[Areas]:
    """The areas of each complete seed of a cell, which are means over its folds; positives and clips are of all."""
    assert one.evidence is not None
    by_seed = []
    for seed in one.evidence.complete_seeds:
        folds = [run_areas(scored, one.cell, memo) for scored in one.evidence.scored if scored.seed == seed]
        names = list(dict.fromkeys(name for fold in folds for name in fold.areas))
        by_seed.append(
            Areas(
                {name: _mean([area for fold in folds if (area := fold.areas.get(name)) is not None]) for name in names},
                {name: sum(fold.positives.get(name, 0) for fold in folds) for name in names},
                sum(fold.clips for fold in folds),
            )
        )
    return by_seed


def run_areas(scored: Scored, cell: Cell, memo: Memo) -> Areas:
    """The areas of a run on the items of a cell, kept by the checksums of its scores and its reference."""
    run, files = scored.finished, scored.finished.result["files"]
    digests = [files.get(f"scores_{cell.test_set}.npz"), files.get(f"reference_{cell.test_set}.csv")]
    metric = metric_of(cell)
    assert metric is not None

    def measured() -> dict[str, object]:
        truth = listed(scored.truth, cell.items, run)
        scores = Scores.load(run.scores_path(cell.test_set)).select(list(truth.index))
        counts = dict(zip(scores.classes, map(int, tags(scores, truth).sum(axis=0)), strict=True))
        areas = {
            name: auc_of(scores, truth, name).value if 0 < count < len(truth) else None
            for name, count in counts.items()
        }
        return {"areas": areas, "positives": counts, "clips": len(truth)}

    asked = [run.run.paper, run.run.dataset, *digests, cell.items, metric.version]
    kept = memo.json("classes", asked, measured)
    return Areas(kept["areas"], kept["positives"], kept["clips"])


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
