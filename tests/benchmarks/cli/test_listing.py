"""The lines of `plan`."""

import re

import pytest

from benchmarks.cli.listing import plan_lines
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.mark.parametrize(
    ("tier", "told"),
    [("smoke", r"\d+ s on cpu, \d+ s on cuda"), ("full", r"\d{3} h on cpu, \d\.\d h on cuda")],
)
def test_a_plan_tells_times_as_they_are_said(tmp_path, tier, told):
    plan = make_plan(select("acrnn.t3.att_aug.esc50"), Choice(tier), workspace_in(tmp_path))
    assert re.search(f": about {told}$", list(plan_lines(plan))[-1])


@pytest.mark.parametrize(
    ("target", "choice", "cell", "reason", "said"),
    [
        ("pbcnn.t2", Choice("reduced", folds=(1,)), "pbcnn.t2.fold2.cnn", "about another fold than 1", "other folds"),
        (
            "edc.t3.1_none",
            Choice("reduced", "standin"),
            "edc.t3.1_none.om_chime",
            "its dataset has no stand-in",
            "2 cells",
        ),
    ],
)
def test_a_plan_tells_which_cells_get_no_runs(tmp_path, target, choice, cell, reason, said):
    plan = make_plan(select(target), choice, workspace_in(tmp_path))
    told = plan.to_dict()
    assert told["left_out"][cell] == reason and not set(told["left_out"]) & set(told["feeds"])
    assert any(said in line and cell in line for line in plan_lines(plan))
