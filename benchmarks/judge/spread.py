"""How far the values of cells may vary: over seeds, and with the choice of test items."""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from benchmarks.judge.evidence import Evidence, Part
from benchmarks.judge.verdict import ItemInterval, PooledSpread, item_interval, pooled_sd
from benchmarks.metrics import metric_of
from benchmarks.spec import Cell, Paper


def column_spread(paper: Paper, cells: Iterable[Cell], evidence: Mapping[str, Evidence], column: str) -> PooledSpread:
    """The spread over seeds of a column's runs; deterministic fits and settings already counted are left out."""
    import pandas as pd

    # A row about one fold and a row about all of them have runs in common.
    rows: dict[tuple[object, Part, int], float] = {}
    for cell in cells:
        is_trained = cell.column == column and cell.id in evidence
        if is_trained and cell.setting and not paper.settings[cell.setting].deterministic:
            asked = str([(*source.asked, source.items) for source in cell.sources])
            for one in evidence[cell.id].measured:
                rows[asked, one.part, one.seed] = one.value.value
    if not rows:
        return PooledSpread(math.nan, 1, 0)
    frame = pd.DataFrame([(*key, value) for key, value in rows.items()], columns=["setting", "fold", "seed", "value"])
    return pooled_sd(frame)


def item_noise(cell: Cell, evidence: Evidence) -> ItemInterval:
    """How the value would vary with other test items: the bootstrap over units of what each item adds to it."""
    by_item: dict[tuple[str, str], list[float]] = {}
    units: dict[tuple[str, str], str] = {}
    for one in evidence.complete:
        # Each part counts alike in a mean over parts, whatever the number of its items.
        weight = 1 / one.value.n
        for item, unit, value in zip(one.value.items, one.units, one.value.per_item, strict=True):
            by_item.setdefault((str(one.part), item), []).append(weight * float(value))
            units[str(one.part), item] = unit
    items = sorted(by_item)
    scale = abs(signed_scale(cell)) * len(items) / len(evidence.parts)
    values = np.array([scale * float(np.mean(by_item[item])) for item in items])
    return item_interval(values, np.array([units[item] for item in items]))


def signed_scale(cell: Cell) -> float:
    """From what items add to a value to the unit of the cell's metric; negative where lower is better."""
    metric = metric_of(cell)
    assert metric is not None
    return metric.scale if metric.higher_is_better else -metric.scale
