"""Whether a row is in some class below all others: its p-value by hand from those of the single comparisons."""

import numpy as np
import pytest

from benchmarks.judge.claims import judge_claims
from benchmarks.judge.pairs.compared import compare_rows
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.pairs.worst import never_worst
from benchmarks.spec import Claim

CLASSES = ("high", "low")
#: Items of each class.
N = 120


def row(draw: int, **share: float) -> Outcomes:
    """Three seeds of one fold, which find about such a share of the items of each class."""
    rng = np.random.default_rng(draw)
    right = np.concatenate([rng.random((3, N)) < share[name] for name in CLASSES], axis=1).astype(float)
    items = {1: tuple(f"{number:03d}" for number in range(2 * N))}
    return Outcomes({1: right}, items, items, labels={1: tuple(np.repeat(CLASSES, N))})


def against(rows: dict[str, Outcomes], name: str) -> dict:
    """The first row against each other one, in one class."""
    first, *others = (one.of_class(name) for one in rows.values())
    return {other: compare_rows(first, found) for other, found in zip(list(rows)[1:], others, strict=True)}


def answer(rows: dict[str, Outcomes]) -> str:
    test = {"kind": "never_worst", "rows": list(rows)}
    claim = Claim(id="never", text="t", where="1", table="t1", column="c", test=test)
    [found] = judge_claims([claim], {("c", name): one for name, one in rows.items()})
    return found.status


def asked(rows: dict[str, Outcomes]):
    first, *others = rows
    return never_worst(rows[first], {name: rows[name] for name in others})


def test_that_it_holds_takes_a_row_below_it_in_every_class():
    """Of the classes the weakest, of the rows the lowest times their number; twice, as both ways are looked at."""
    rows = {
        "first": row(0, high=0.9, low=0.85), "a": row(1, high=0.6, low=0.8),
        "b": row(2, high=0.7, low=0.66), "c": row(3, high=0.8, low=0.75),
    }  # fmt: skip
    one_sided = {name: [found.p / 2 for found in against(rows, name).values()] for name in CLASSES}
    assert min(one_sided["high"]) < min(one_sided["low"]) < max(one_sided["high"])
    found, shown = asked(rows), against(rows, "low")["b"]
    assert found.p == pytest.approx(2 * 3 * min(one_sided["low"])) and answer(rows) == "holds"
    assert (found.difference, found.low, found.high) == (shown.difference, shown.low, shown.high)
    assert found.test.startswith("in class low against b, ")


def test_that_it_fails_takes_a_class_in_which_every_other_row_is_above():
    """Of the rows the one that is the least above, of the classes the one that decides, times their number."""
    rows = {
        "first": row(0, high=0.9, low=0.55), "a": row(1, high=0.6, low=0.9),
        "b": row(2, high=0.7, low=0.73), "c": row(3, high=0.8, low=0.85),
    }  # fmt: skip
    one_sided = [found.p / 2 for found in against(rows, "low").values()]
    found, shown = asked(rows), against(rows, "low")["b"]
    assert found.p == pytest.approx(2 * 2 * max(one_sided)) and answer(rows) == "fails"
    assert (found.difference, found.low, found.high) == (shown.difference, shown.low, shown.high)
    assert found.test.startswith("in class low against b, ")


def test_above_all_in_one_class_and_level_with_them_in_another_is_undecided():
    rows = {"first": row(0, high=0.95, low=0.7), "a": row(1, high=0.5, low=0.7), "b": row(2, high=0.5, low=0.7)}
    assert max(found.p for found in against(rows, "high").values()) < 0.01
    assert asked(rows).p > 0.05 and answer(rows) == "undecided"


def test_below_one_row_and_level_with_another_in_a_class_is_undecided():
    first = row(0, high=0.7, low=0.6)
    rows = {"first": first, "a": row(1, high=0.7, low=0.95), "level": first}
    assert against(rows, "low")["a"].p < 0.01 and against(rows, "low")["level"].difference == 0
    assert asked(rows).p == 1 and answer(rows) == "undecided"
