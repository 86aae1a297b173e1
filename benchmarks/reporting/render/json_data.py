"""The data of the tables for programs: report.json."""

import math
from collections.abc import Iterable
from typing import Any

from benchmarks.judge.table import CellResult, ClaimTest, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.opening.conditions import condition_sentences


def report_data(tables: Iterable[TableResult]) -> dict[str, list[dict[str, Any]]]:
    """Lists: "cells", "controls", "own", "ran_otherwise", "claims"; first the paper's conditions, then others.

    Conditions are tier, corpus and `numerics`; of a cell with a verdict these are float32, or what a study has shown to
    give the same. Under others there is no verdict; a claim is `seen` or `not seen` there, and what it is in print is
    not said.

    `published` and `corrected` are null where the files are others than the paper's, which nothing published stands
    beside. `mean` is in the unit of the cell; `low` and `high` bound where 90 of 100 further runs are expected, null
    where no spread is known; `df` the degrees of freedom behind them, null of deterministic fits. `flaw` says what
    sets the files apart from the official ones, `partial` of which folds alone a mean is, `mean_alone` that folds
    differ where the mean is reproduced. `controls` are rows of ours beside the paper's, `own` those of
    networks of the user's, with what they are in `label`; `ran_otherwise` tells what the conditions of a table's other
    runs change.
    """
    listed = list(tables)
    main = [_entry(one) for table in listed for one in table.main]
    others = [_entry(one) for table in listed for results in table.others.values() for one in results if one.n_runs]
    controls = [
        {**_entry(one), "label": one.cell.label}
        for table in listed for results in table.controls.values()
        for one in results
    ]  # fmt: skip
    own = [
        {**_entry(row.result), "label": row.result.cell.label}
        for table in listed for rows in table.own.values() for row in rows
    ]  # fmt: skip
    claims = [
        _claim(table, test)
        for table in listed
        for variant, tests in {Variant(): table.claims, **table.claims_apart}.items()
        for test in tests
    ]
    otherwise = [one for table in listed for one in ran_otherwise(table)]
    return {"cells": main + others, "controls": controls, "own": own, "ran_otherwise": otherwise, "claims": claims}


def joined_data(parts: Iterable[dict[str, list[dict[str, Any]]]]) -> dict[str, list[dict[str, Any]]]:
    """The data of all tables, from those of several reports: of cells the paper's conditions come first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for part in parts:
        for name, entries in part.items():
            found.setdefault(name, []).extend(entries)
    found["cells"].sort(key=lambda one: one["verdict"] is None)  # which all others have
    return found


def ran_otherwise(table: TableResult) -> list[dict[str, Any]]:
    """Of every condition of a table's runs that is not the paper's what it changes, in sentences."""
    return [
        {
            "table": table.id, "tier": variant.tier, "corpus": variant.corpus, "numerics": variant.numerics,
            "changes": condition_sentences(table, variant, (*results, *table.controls.get(variant, ())), is_whole=True),
        }
        for variant, results in table.others.items()
    ]  # fmt: skip


def _entry(one: CellResult) -> dict[str, Any]:
    low, high = one.interval or (None, None)
    return {
        "id": one.cell.id,
        **printed_beside(one),
        "mean": one.mean,
        "low": low,
        "high": high,
        "df": one.verdict.dof if one.verdict and not one.draws_nothing else None,
        "draws_nothing": one.draws_nothing,
        "n_runs": one.n_runs,
        "tier": one.variant.tier,
        "corpus": one.variant.corpus,
        "numerics": one.made_in,
        "verdict": one.status if one.variant.earns_verdict else None,
        "protocol": one.protocol,
        "flaw": one.flaw,
        "partial": wording.incomplete(one) if one.n_runs and one.mean is None else one.partial,
        "mean_alone": one.mean_alone is not None,
    }


def printed_beside(one: CellResult) -> dict[str, float | None]:
    """What is published of a cell, and that corrected; nothing beside what ran on other files than the paper's."""
    is_real = one.variant.corpus == "real"
    return {
        "published": one.cell.published if is_real else None,
        "corrected": one.cell.corrected if is_real else None,
    }


def _claim(table: TableResult, test: ClaimTest) -> dict[str, Any]:
    variant, found = test.variant, test.ours
    return {
        "id": f"{table.id}.{test.claim.id}",
        "column": test.claim.column,
        "row": test.claim.row,
        "of_class": test.claim.of_class,
        "text": test.claim.text,
        "ours": test.claim.ours,
        "printed": test.in_print.outcome if variant.earns_verdict else None,
        "answer": test.answer,
        "about": found.kind,
        "seeds": found.seeds,
        "between": found.between,
        "difference": found.difference,
        "low": _finite(found.low),
        "high": _finite(found.high),
        "p": found.p,
        "p_holm": found.p_holm,
        "tier": variant.tier,
        "corpus": variant.corpus,
        "numerics": variant.numerics,
    }


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: the end of an interval that is open."""
    return value if value is not None and math.isfinite(value) else None
