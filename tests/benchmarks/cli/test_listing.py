"""The lines of `plan` and `status`."""

import re
from dataclasses import replace

import pytest

from benchmarks.cli.listing import plan_lines, status_lines
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


@pytest.mark.parametrize(
    ("tier", "told"),
    [("smoke", r"1 min on cpu, 1 min on cuda"), ("full", r"\d{3}\.\d h on cpu, \d{1,2}\.\d h on cuda")],
)
def test_a_plan_tells_short_times_in_minutes(tmp_path, tier, told):
    plan = make_plan(select("acrnn.t3.att_aug.esc50"), Choice(tier), workspace_in(tmp_path))
    assert re.search(f": about {told}$", list(plan_lines(plan))[-1])


def test_the_status_tells_landed_runs_from_own_ones(tmp_path):
    here = workspace_in(tmp_path)
    landed = fabricate(replace(here, runs=here.reports / "results"), "base", "esc10", seeds=1)
    own = fabricate(here, "att", "esc10", seeds=1, folds=(1, 2))
    assert (len(landed), len(own)) == (5, 2)
    assert list(status_lines(here)) == ["7 runs done (7.0 h, 5 of them landed), 0 failed, 0 running"]
