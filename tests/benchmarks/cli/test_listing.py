"""The lines of `plan`."""

import re

import pytest

from benchmarks.cli.listing import plan_lines
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.mark.parametrize(
    ("tier", "told"),
    [("smoke", r"1 min on cpu, 1 min on cuda"), ("full", r"\d{3}\.\d h on cpu, \d{1,2}\.\d h on cuda")],
)
def test_a_plan_tells_short_times_in_minutes(tmp_path, tier, told):
    plan = make_plan(select("acrnn.t3.att_aug.esc50"), Choice(tier), workspace_in(tmp_path))
    assert re.search(f": about {told}$", list(plan_lines(plan))[-1])
