"""The study of two numerics: its interval and spreads by plain formulas, its answers, what it lets into verdicts."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.judge.numerics.study import Pair, Study, study
from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.reporting.exports import entries, exported
from benchmarks.reporting.render.blocks import Bullets
from benchmarks.reporting.sections.equivalence import study_blocks
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import fabricate, publish, scores_with, workspace_in

PAPER = load_paper("acrnn")
ASKED = PAPER.equivalence["bf16"]
CELLS = tuple(cell for cell in PAPER.cells() if cell.id in ASKED.cells)
FOLDS = (1, 2, 3, 4, 5)


def study_of(float32, other, there: int | None = None) -> Study:
    """float32, other: (cells, folds, seeds)."""
    pairs = tuple(
        Pair(cell.id, fold, seed, float(float32[c, f, seed]), float(other[c, f, seed]))
        for c, cell in enumerate(CELLS)
        for f, fold in enumerate(FOLDS[: float32.shape[1]])
        for seed in range(float32.shape[2])
    )
    wanted = 2 * len(pairs)
    return Study(PAPER, "bf16", ASKED, CELLS, pairs, wanted, wanted if there is None else there)


def drawn(seed: int, sd: float = 1.0, shift: float = 0.0, sd_other: float | None = None, seeds: int = 3):
    generator = np.random.default_rng(seed)
    level = generator.normal(80, 5, (2, 5, 1))  # folds differ, which is no noise
    return (
        level + generator.normal(0, sd, (2, 5, seeds)),
        level + shift + generator.normal(0, sd if sd_other is None else sd_other, (2, 5, seeds)),
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_is_that_of_a_mean_whose_groups_have_levels_of_their_own(seed):
    float32, other = drawn(seed, sd=2.0)
    found, difference = study_of(float32, other), other - float32
    # An analysis of variance with one level for each recipe and fold: what is left within them is the noise.
    within = sum(np.var(group, ddof=1) * 2 for group in difference.reshape(10, 3)) / 20
    low, high = stats.t.interval(0.90, 20, difference.mean(), np.sqrt(within / 30))
    assert found.dof == 20
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.sd_difference == pytest.approx(np.sqrt(within))


def test_the_interval_holds_the_true_difference_in_ninety_of_a_hundred_cases():
    held = 0
    for seed in range(1000):
        found = study_of(*drawn(seed, sd=2.0, shift=0.3))
        held += found.low <= 0.3 <= found.high
    assert stats.binomtest(held, 1000, 0.90).pvalue > 0.001


def test_spreads_are_taken_over_seeds_within_folds():
    float32, other = drawn(1, sd=1.0, sd_other=1.4, seeds=200)
    found = study_of(float32, other)
    assert found.sd_float32 == pytest.approx(1.0, rel=0.05)
    assert found.ratio == pytest.approx(1.4, rel=0.05)
    assert found.is_alike
    assert not study_of(*drawn(1, sd=1.0, sd_other=1.7, seeds=200)).is_alike
    assert not study_of(*drawn(1, sd=1.7, sd_other=1.0, seeds=200)).is_alike


def test_the_interval_of_the_ratio_holds_the_true_one_in_ninety_of_a_hundred_cases():
    held = 0
    for seed in range(1000):
        low, high = study_of(*drawn(seed, sd=2.0, sd_other=2.6)).ratio_interval
        held += low <= 1.3 <= high
    assert stats.binomtest(held, 1000, 0.90).pvalue > 0.001


def test_what_it_answers():
    assert study_of(*drawn(2, sd=0.3)).answer == "shown"
    assert study_of(*drawn(2, sd=0.3, shift=2.0)).answer == "refuted"
    assert study_of(*drawn(2, sd=0.3, shift=-2.0)).answer == "refuted"
    assert study_of(*drawn(0, sd=4.0)).answer == "undecided"
    assert study_of(*drawn(2, sd=0.3), there=59).answer == "not measured"
    assert study_of(*drawn(2, sd=0.3, seeds=1)).answer == "not measured"
    assert Study(PAPER, "bf16", ASKED, CELLS).answer == "not measured"
    wider = study_of(*drawn(1, sd=0.2, sd_other=0.6))
    assert wider.low > -1 and wider.high < 1 and wider.ratio > 1.5 and wider.answer == "undecided"
    assert wider.ratio_interval[0] < 1.5
    widest = study_of(*drawn(1, sd=0.1, sd_other=0.6))
    assert widest.low > -1 and widest.high < 1 and widest.ratio_interval[0] > 1.5 and widest.answer == "refuted"
    narrow = study_of(*drawn(1, sd=0.6, sd_other=0.1))
    assert narrow.ratio_interval[1] < 1 / 1.5 and narrow.answer == "refuted"


def test_so_many_seeds_as_it_says_would_decide():
    float32, other = drawn(3, sd=2.0, seeds=3)
    found = study_of(float32, other)
    assert found.answer == "undecided" and found.is_alike
    needed = found.seeds_needed

    def decides(seeds: int) -> bool:
        half = stats.t.ppf(0.95, 10 * (seeds - 1)) * found.sd_difference / np.sqrt(10 * seeds)
        return abs(found.difference) + half <= 1 or abs(found.difference) - half > 1

    assert needed is not None and decides(needed) and not any(decides(seeds) for seeds in range(4, needed))


def test_equal_runs_are_shown_and_the_spread_of_equal_seeds_is_alike():
    same = np.full((2, 5, 3), 80.0)
    found = study_of(same, same)
    assert (found.difference, found.low, found.high, found.ratio) == (0, 0, 0, 1) and found.answer == "shown"


# What is stored, and what a study lets into verdicts.


@pytest.fixture
def workspace(tmp_path):
    return workspace_in(tmp_path)


def bullets(found: Study) -> str:
    return " ".join(item for block in study_blocks(found) if isinstance(block, Bullets) for item in block.items)


def of_study(workspace, numerics: str, off: int = 0, more: tuple[int, ...] = (0, 1, 2), **facts) -> list[Run]:
    """Its runs with so many wrong clips more for each seed."""
    runs = []
    for setting in ("base", "att"):
        for run in setting_runs(PAPER, setting, "esc10", Choice(ASKED.tier, "real", numerics, ASKED.seeds)):
            wrong = 10 + run.fold + more[run.seed] + off
            runs.append(publish(workspace, run, scores_with("esc10", run.fold, wrong), **facts))
    return runs


def cell_of(workspace, name: str = "base"):
    table = Results(workspace).table("acrnn.t3")
    return next(one for one in table.main if one.cell.id == f"acrnn.t3.{name}.esc10")


def test_pairs_are_of_one_recipe_fold_and_seed(workspace):
    of_study(workspace, "float32")
    of_study(workspace, "bf16", off=1)
    found = Results(workspace).study(PAPER, "bf16")
    assert (found.there, found.wanted, len(found.pairs)) == (60, 60, 30)
    assert {round(one.difference, 6) for one in found.pairs} == {-1.25}  # one clip of 80
    assert found.answer == "refuted"
    for pair in found.pairs:
        assert pair.float32 == 100 * (1 - (10 + pair.part + pair.seed) / 80)


def test_a_part_of_the_runs_answers_nothing(workspace):
    of_study(workspace, "float32")
    for run in of_study(workspace, "bf16")[1:2]:
        _remove(workspace, run)
    found = Results(workspace).study(PAPER, "bf16")
    assert (found.there, found.answer) == (59, "not measured") and not found.speaks_for("base", {"cpu"})


def test_runs_that_nobody_asked_for_do_not_stand_in_for_those_that_are_wanting(workspace):
    of_study(workspace, "float32")
    runs = of_study(workspace, "bf16")
    _remove(workspace, runs[0])
    evidence_of = Results(workspace)._evidence_of

    def evidence(cell, numerics):
        """With runs of a fold beside those of the tier."""
        known = evidence_of(PAPER, cell, Variant(ASKED.tier, numerics=numerics))
        return replace(known, scored=(*known.scored, replace(known.scored[0], fold=7)))

    one = study(PAPER, "bf16", evidence)
    assert (one.wanted, one.there, one.answer) == (60, 59, "not measured")


def test_runs_of_further_seeds_are_told(workspace):
    for numerics in ("float32", "bf16"):
        of_study(workspace, numerics)
        for run in setting_runs(PAPER, "base", "esc10", Choice(ASKED.tier, "real", numerics, ASKED.seeds + 1)):
            if run.seed == ASKED.seeds:
                publish(workspace, run, scores_with("esc10", run.fold, 12))
    found = Results(workspace).study(PAPER, "bf16")
    assert (found.there, found.further, len(found.pairs)) == (60, 10, 35)
    told = bullets(found)
    assert "60 of 60 runs are there, and 10 of further seeds." in told
    assert "The seeds that were fixed beforehand, alone: +0.00 … +0.00, and 1.00 times the spread: both" in told


CUDA = {
    "device": {"kind": "cuda", "name": "NVIDIA H200", "cuda": "13.0", "cudnn": 91002, "threads": 8, "kernels": "native"}
}


def test_numerics_of_one_name_are_others_on_another_kind_of_device(workspace):
    """What a CPU has shown says nothing for an accelerator."""
    of_study(workspace, "float32")
    of_study(workspace, "bf16")
    assert Results(workspace).study(PAPER, "bf16").kinds == ("cpu",)
    fabricate(workspace, "base", "esc10", numerics="bf16", **CUDA)
    fabricate(workspace, "att", "esc10", numerics="bf16")
    assert (cell_of(workspace).numerics, cell_of(workspace).status) == ("float32", "not yet run")
    assert cell_of(workspace, "att").numerics == "bf16"


def test_pairs_of_two_kinds_of_device_measure_nothing(workspace):
    of_study(workspace, "float32")
    of_study(workspace, "bf16", **CUDA)
    found = Results(workspace).study(PAPER, "bf16")
    assert (found.there, found.wanted, found.answer) == (60, 60, "not measured")
    assert "several kinds of device (cpu, cuda)" in bullets(found)


def _remove(workspace, run):
    import shutil

    shutil.rmtree(workspace.runs / run.id)
    workspace.__dict__.pop("ledger", None)


def test_runs_in_bf16_feed_a_verdict_only_once_the_study_has_shown_them_equal(workspace, tmp_path):
    fabricate(workspace, "base", "esc10", numerics="bf16")
    assert cell_of(workspace).status == "not yet run"
    of_study(workspace, "float32")
    of_study(workspace, "bf16")
    found = cell_of(workspace)
    in_float32 = workspace_in(tmp_path / "float32")
    fabricate(in_float32, "base", "esc10")
    assert found.status == "undecided" and found.verdict == cell_of(in_float32).verdict
    assert (found.numerics, found.n_runs, found.mean) == ("bf16", 15, pytest.approx(100 * (1 - 11 / 80)))
    assert Variant(numerics="bf16") not in Results(workspace).table("acrnn.t3").others  # it is the paper's experiment
    assert cell_of(workspace, "att").status == "not yet run"


def test_a_refuted_study_keeps_them_out(workspace):
    fabricate(workspace, "base", "esc10", numerics="bf16")
    of_study(workspace, "float32")
    of_study(workspace, "bf16", off=1)
    found = cell_of(workspace)
    assert (found.status, found.numerics) == ("not yet run", "float32")
    assert Variant(numerics="bf16") in Results(workspace).table("acrnn.t3").others


def test_settings_that_it_does_not_speak_for_stay_out(workspace):
    of_study(workspace, "float32")
    of_study(workspace, "bf16")
    fabricate(workspace, "piczak_long", "esc10", numerics="bf16")
    table = Results(workspace).table("acrnn.t1")
    assert next(one for one in table.main if one.cell.id == "acrnn.t1.piczak.esc10").status == "not yet run"


@pytest.mark.parametrize(("seeds", "wins"), [(1, "bf16"), (3, "float32")])
def test_float32_wins_where_it_has_as_many_seeds(workspace, seeds, wins):
    """One run in float32 does not take away what three in bf16 have decided."""
    of_study(workspace, "float32")
    of_study(workspace, "bf16")
    fabricate(workspace, "base", "esc10", wrong=4, numerics="bf16", step=0)
    fabricate(workspace, "base", "esc10", wrong=12, seeds=seeds, step=0)
    found = cell_of(workspace)
    assert (found.numerics, found.mean) == (wins, pytest.approx({"bf16": 95.0, "float32": 85.0}[wins]))


@pytest.mark.parametrize(("folds", "feeds"), [((), "bf16"), ((1,), "bf16"), ((1, 2, 3), "float32")])
def test_folds_of_a_first_seed_are_of_the_papers_experiment_too(workspace, folds, feeds):
    of_study(workspace, "float32")
    of_study(workspace, "bf16")
    fabricate(workspace, "base", "esc10", numerics="bf16", seeds=1, folds=(1, 2))
    if folds:
        fabricate(workspace, "base", "esc10", seeds=1, folds=folds)
    found = cell_of(workspace)
    assert (found.numerics, found.n_runs) == (feeds, max(2, len(folds)))
    assert (Variant(numerics="bf16") in Results(workspace).table("acrnn.t3").others) == (feeds == "float32")


@pytest.mark.parametrize(
    ("planned", "added", "answer"),
    [
        ((0.5, 1.0), None, "shown"),
        ((6.0, 1.0), None, "undecided"),
        ((6.0, 1.0), (0.5, 1.0), "shown"),  # by themselves, and all together
        ((0.5, 1.0), (6.0, 1.0), "shown"),  # by the seeds that were fixed beforehand
        ((6.0, 1.0), (9.0, 1.0), "undecided"),  # which are noisy themselves
        ((6.0, 1.0), (0.5, 0.3), "undecided"),  # whose spreads differ
    ],
)
def test_seeds_that_were_added_have_to_show_it_by_themselves(planned, added, answer):
    parts = []
    for number, part in enumerate(filter(None, (planned, added))):
        sd, ratio = part
        parts.append(drawn(3 + number, sd=sd, sd_other=sd * ratio, seeds=3 if number == 0 else 12))
    float32, other = (np.concatenate(side, axis=2) for side in zip(*parts, strict=True))
    assert study_of(float32, other, there=2 * float32.size).answer == answer


@pytest.mark.parametrize(("float32", "bf16"), [((0, 2, 4), (1, 2, 4)), ((1, 2, 4), (0, 2, 4))])
def test_a_smaller_spread_is_widened_to_that_of_float32_and_a_larger_one_is_left(workspace, float32, bf16):
    of_study(workspace, "float32", more=float32)
    of_study(workspace, "bf16", more=bf16)
    fabricate(workspace, "base", "esc10", numerics="bf16")
    found, told = cell_of(workspace), Results(workspace).study(PAPER, "bf16")
    by_fold = [[one.value.value for one in found.evidence.measured if one.part == fold] for fold in FOLDS]
    sd = np.sqrt(np.mean([np.var(values, ddof=1) for values in by_fold]) / 5)
    ratio = np.std(bf16) / np.std(float32)
    assert told.answer == "shown" and told.ratio == pytest.approx(ratio)
    assert found.numerics == "bf16" and found.verdict.sd == pytest.approx(sd / min(1, ratio))


def test_pages_mark_such_a_verdict_and_tell_the_study(workspace):
    fabricate(workspace, "base", "esc10", numerics="bf16")
    of_study(workspace, "float32")
    of_study(workspace, "bf16")
    write_reports(workspace, "acrnn", workspace.reports)
    page = (workspace.reports / "acrnn" / "t3.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| convolutional RNN"))
    assert "89.2 / **86.2** " in row and "ᵇ" in row
    assert "ᵇ not computed in float32 but in what a study lets stand for it" in page
    assert "In full, on the real files, in bf16" not in page
    table = Results(workspace).table("acrnn.t3")
    text = exported([table], "latex")
    assert "b: not computed in float32" in text and re.search(r"86\.2.*o,? ?b", text)
    [cell] = [one for one in entries(table) if one["cell"] == "acrnn.t3.base.esc10" and one["tier"] == "full"
              and one["state"] != "no verdict"]  # fmt: skip
    assert cell["numerics"] == "bf16"
    told = (workspace.reports / "acrnn" / "numerics.md").read_text()
    assert (
        "**shown** within the bounds below, at this tier: runs in bf16 may feed verdicts" in told
        and "60 of 60 runs are there" in told
    )
    assert "; in bf16 ([why](acrnn/numerics.md))" in (workspace.reports / "README.md").read_text()
    assert (
        "shown (mean difference +0.00 … +0.00, 1.00 times the spread, tier reduced); see [numerics]"
        in (workspace.reports / "acrnn" / "README.md").read_text()
    )
