"""The data of the tables for programs: report.json."""

from collections.abc import Iterable
from typing import Any

from benchmarks.judge.table import CellResult, TableResult


def report_data(tables: Iterable[TableResult]) -> dict[str, list[dict[str, Any]]]:
    """{"cells": [...]}: every cell under the paper's conditions, then what ran under others (verdict null).

    `mean` is in the unit of the cell; `low` and `high` bound where 90 of 100 further runs are expected, null where no
    spread is known.
    """
    listed = list(tables)
    main = [_entry(one) for table in listed for one in table.main]
    others = [
        _entry(one)
        for table in listed
        for variant, results in table.others.items()
        if variant.numerics == "float32"
        for one in results
        if one.n_runs
    ]
    return {"cells": main + others}


def _entry(one: CellResult) -> dict[str, Any]:
    low, high = one.interval or (None, None)
    return {
        "id": one.cell.id,
        "published": one.cell.published,
        "mean": one.mean,
        "low": low,
        "high": high,
        "n_runs": one.n_runs,
        "tier": one.variant.tier,
        "corpus": one.variant.corpus,
        "verdict": one.status if one.variant.earns_verdict else None,
        "protocol": one.protocol,
    }
