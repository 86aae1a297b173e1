"""A row of all that is known of a cell, whose numbers follow by hand from the clips that are wrong."""

import math

import numpy as np
import pytest

from benchmarks.reporting.render.blocks import Folded, Footnotes, Grid
from benchmarks.reporting.sections.main_table import MAIN_HEAD, detail_blocks
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import judged_without_audit


@pytest.fixture(scope="module")
def row(tmp_path_factory) -> dict[str, str]:
    """Of the 80 clips of each fold 8, 9 and 10 are wrong in three seeds: 90, 88.75 and 87.5, where 89.2 is printed."""
    workspace = workspace_in(tmp_path_factory.mktemp("runs"))
    fabricate(workspace, "base", "esc10", wrong=8)
    blocks = detail_blocks(judged_without_audit(workspace, "acrnn.t3")["acrnn.t3"], Footnotes())
    grids = [grid for block in blocks if isinstance(block, Folded) for grid in block.blocks if isinstance(grid, Grid)]
    rows = [one for grid in grids if grid.head == MAIN_HEAD for one in grid.rows]
    return next(dict(zip(MAIN_HEAD, one, strict=True)) for one in rows if one[0] == "convolutional RNN")


def test_a_row_has_the_published_value_ours_and_what_is_right(row):
    shown = [row[name] for name in ("published", "ours", "as printed", "correct", "seeds × folds")]
    assert shown == ["89.2", "88.75 ± 1.25", "88.7", "1065/1200", "3 × 5"]


def test_the_verdicts_are_those_at_the_margin_at_half_and_at_double_of_it(row):
    """What is printed as 89.2 is 89.25 give or take 0.05, so ours lies -0.5 from it: margins are 2.5, 1.25 and 5."""
    half = 1.8125 * math.sqrt(1.25**2 / 5 * (1 / 3 + 1)) + 0.05  # Student's t, 10 degrees of freedom, 90 %
    assert -1.75 < -0.5 - half < -1.25 and -0.5 + half < 1.25
    assert row["90 % interval"] == f"{88.75 - half:.1f} … {88.75 + half:.1f} (s 0.56, 10 df)"
    assert row["verdict"] == "**reproduced**" and row["at half / double margin"] == "undecided / reproduced"


def test_item_noise_has_both_ends_of_what_other_sources_would_give(row):
    wrong = np.zeros((5, 80))  # in which share of the seeds a clip is wrong; two clips in a row have one source
    for fold in range(1, 6):
        for seed in range(3):
            first = 3 * fold + seed
            wrong[fold - 1, first : first + 8 + seed] += 1 / 3
    sd = 100 * wrong.reshape(200, 2).mean(axis=1).std() / math.sqrt(200)
    ends = [float(end) for end in row["item noise"].split(" … ")]
    assert ends == pytest.approx([88.75 - 1.645 * sd, 88.75 + 1.645 * sd], abs=0.3) and sd > 1.5
