"""Values of folds against all shares there are, and against drawn ones."""

import re

import numpy as np
import pytest

from benchmarks.audit.checks import checks
from benchmarks.audit.printed import printed
from benchmarks.spec import load_paper
from benchmarks.spec.audit import AuditPlan

CELL = "acrnn.t1.knn.esc10"


def check(kind, values, decisions):
    entry = {"kind": kind, "id": "one", "table": "t1", "where": "-", "values": {CELL: values}, "decisions": decisions}
    plan = AuditPlan.model_validate({"checks": [entry]})
    (made,) = checks(load_paper("acrnn").model_copy(update={"audit": plan}))
    return made


@pytest.mark.parametrize("decisions", [7, 80, 292])
def test_shares_are_those_that_some_count_prints_as_and_no_others(decisions):
    known = {printed(100 * n / decisions, 1, cuts) for n in range(decisions + 1) for cuts in (True, False)}
    every = [tenths / 10 for tenths in range(1001)]
    made = check("attainable_parts", every, decisions)
    assert made["published"] == 1001 and made["computed"] == len(known)
    assert made["holds"] is (len(known) == 1001)
    assert {float(value) for value in made["note"].partition(":")[0].split(", ")} == set(every) - known


def test_every_one_of_few_values_must_be_a_share():
    assert check("attainable_parts", [58.7, 72.5, 100.0, 0.0], 80)["holds"]
    made = check("attainable_parts", [78.7, 78.0, 77.5], 80)
    assert (made["computed"], made["holds"]) == (2, False)
    assert made["note"] == "78.0: no number of 80 right decisions gives it"


@pytest.mark.parametrize(("share", "items"), [(0.78, 80), (0.3, 400)])
@pytest.mark.parametrize("step", [0.1, 1.0, 1.5, 3.0])
def test_how_rarely_chance_has_values_so_close_together(step, share, items):
    """Against 200,000 draws of five shares, which are coarser than the formula has them."""
    drawn = 100 * np.random.default_rng(0).binomial(items, share, (200_000, 5)) / items
    spreads = drawn.std(axis=1, ddof=1)
    values = [100 * share + step * at for at in (-2, -1, 0, 1, 2)]
    seen = float(np.std(values, ddof=1))
    made = check("spread", values, items)
    assert made["computed"] == pytest.approx(spreads.mean() / 0.94, rel=0.02)  # the mean deviation of five is 0.94 s
    assert made["published"] == pytest.approx(seen, abs=0.005)
    told = re.search(r"in (?:(less than 1)|(\d+)) of (\d+) cases$", made["note"])
    rarity = 0.0005 if told[1] else int(told[2]) / int(told[3])
    drawn_rarity = float((spreads <= seen).mean())
    assert rarity == pytest.approx(drawn_rarity, rel=0.25, abs=0.001)
    assert made["holds"] is (rarity >= 0.01)


def test_what_a_cited_work_calls_folds_of_80_clips_is_none():
    """By hand: 62 and 63 of 80 are 77.5 and 78.75, so that 78.0, 78.4 and 79.4 are no fold's accuracy."""
    made = {one["id"]: one for one in checks(load_paper("acrnn"), "t1") if ".fold_counts" in one["id"]}
    assert [one["computed"] for name, one in made.items() if "alexnet.esc10" in name] == [2]
    assert all(
        made[f"acrnn.t1.{row}.{column}.fold_counts"]["holds"]
        for row in ("knn", "svm", "rf")
        for column in ("esc10", "esc50")
    )
    (cell,) = [one for one in load_paper("acrnn").cells() if one.id == "acrnn.t1.alexnet.esc10"]
    spreads = [one for one in checks(load_paper("acrnn"), "t1") if one["id"].endswith("esc10.fold_spread")]
    rarest = [int(re.search(r"in (\d+) of 1000 cases$", one["note"])[1]) for one in spreads]
    none = sum(5 - one["computed"] for name, one in made.items() if "esc10" in name and not one["holds"])
    told = f"on ESC-10, {none:.0f} of 10 values of folds are no share of 80 clips, and they lie closer together than"
    assert told in cell.protocol["test_list"].where and f"in {max(rarest)} of 1000" in cell.protocol["test_list"].where
    assert cell.protocol["test_list"].ours == "the official fold that is not trained on"
