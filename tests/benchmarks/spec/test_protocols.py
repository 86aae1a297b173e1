"""What papers claim and what protocols say of them, held against what is known of the same things elsewhere."""

import pytest

from benchmarks.audit.origins import stated
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper, paper_ids
from benchmarks.spec.claims import Difference, form_of

PAPERS = [load_paper(name) for name in paper_ids()]


def test_what_the_paper_does_not_print_it_does_not_claim():
    """A column of ours, such as that of another test list, is asked about by us; so heads and lists of claims agree."""
    for paper in PAPERS:
        for claim in paper.claims:
            is_added = claim.column is not None and paper.tables[claim.table].columns[claim.column].added is not None
            assert claim.ours or not is_added, f"{paper.id}: {claim.id}"


def test_a_gain_that_may_be_nil_within_its_bounds_says_that_it_must_be_one():
    """The bound beside such a claim would let "0.7 give or take 2.5" hold of a loss, which its test does not."""
    loose = {}
    for paper in PAPERS:
        for claim in paper.claims:
            form = form_of(claim.id, claim.test)
            if isinstance(form, Difference) and 0 < abs(form.value) <= form.within:
                loose[claim.id] = claim.where
    assert loose.keys() == {"augmentation_gain_esc10", "l10_gain_esc10", "l10_gain_esc50", "sampler"}
    assert all("must also be above zero" in where for where in loose.values())


#: How sure a protocol is of a field, where the page of values has the origin of the same thing.
TWICE = [
    ("acrnn", "t3.base.esc10", "normalisation", "datasets.esc50.ESC50DataModule", "statistics"),
    ("acrnn", "t1.piczak.esc50", "normalisation", "datasets.esc50.ESC50DataModule", "statistics_of_piczak"),
    ("acrnn", "t3.base.esc10", "validation", "datasets.esc50.ESC50DataModule", "validation"),
    ("acrnn", "t1.alexnet.esc10", "validation", "datasets.esc50.ESC50DataModule", "validation"),
    ("acrnn", "t1.envnetv2.esc10", "validation", "datasets.esc50.ESC50DataModule", "validation"),
    ("acrnn", "t1.wavemsnet.esc10", "training_folds", "data", "train_folds"),
    ("acrnn", "t1.knn.esc10", "order_of_classes", "models.baselines.classical.ClassicalClassifier", "order_of_classes"),
    ("acrnn", "t4.none.esc10", "mixup", "data", "mixup_alpha"),
    ("acrnn", "t3.base.esc10", "readout", "model", "readout"),
    ("edc", "t3.5_featw.om_dcase", "standardisation", "datasets.batches.streams.StreamDataModule", "standardisation"),
    ("edc", "t3.5_featw.om_dcase", "selection", "trainer", "monitor"),
    ("edc", "t3.5_featw.om_dcase", "feature_weighting", "model", "attention"),
    ("edc", "t3.2_selfatt.om_dcase", "self_attention", "models.edc.EDCModule", "form_of_self_attention"),
    ("edc", "t3.4_mixup.om_dcase", "mixup", "data", "mixup_alpha"),
    ("mtfa", "t1.mtfa.dev.babycry.er", "frequency_axis", "model", "freq_reduce"),
    ("mtfa", "t1.mtfa.dev.babycry.er", "layers", "models.mtfa.MTFAModule", "form_of_blocks"),
    ("pbcnn", "t1.mel60.fold1", "normalisation", "data", "standardize"),
    ("pbcnn", "t2.average.cnn", "network", "model", "channels"),
    ("pbcnn", "t3.pb_cnn.overlap", "normalisation", "data", "standardize"),
]
AS_SURE = {"stated": {"paper", "code"}, "inferred": {"inferred"}, "unknown": {"assumed"}, "fitted": {"fitted"}}


@pytest.mark.parametrize(("paper", "cell", "field", "part", "name"), TWICE)
def test_a_protocol_is_as_sure_of_a_thing_as_the_page_of_values(paper, cell, field, part, name):
    (found,) = [one for one in load_paper(paper).cells() if one.id == f"{paper}.{cell}"]
    origins = {(one.part, one.name): one.sourced.origin for one in stated(load_paper(paper), found.setting)}
    assert origins[part, name] in AS_SURE[found.protocol[field].status]


def test_what_a_table_tells_of_the_training_is_not_in_the_names_of_runs():
    """Tables tell fields of the training in full, row by row; runs are named by what stands under `training`."""
    paper = load_paper("pbcnn")
    (cell,) = [one for one in paper.cells() if one.id == "pbcnn.t1.mel60.fold1"]
    assert "as section 3.1.2 has them" in cell.protocol["normalisation"].value and "network" in cell.protocol
    (run,) = setting_runs(paper, "baseline_60", "scenes", Choice(seeds=1, folds=(1,)))
    assert run.protocol["normalisation"] == "mean and deviation of each band over the training files"
    assert "network" not in run.protocol


def test_networks_whose_recipes_could_not_be_read_earn_no_verdict():
    cells = [one for one in load_paper("mtfa").table_cells("t1") if one.row in ("1dcrnn", "msrnn", "crnn_att")]
    assert len(cells) == 48 and all(one.protocol["recipe"].ours for one in cells)


def test_feature_weighting_is_asked_column_by_column_by_us_alone():
    told = [claim for claim in load_paper("edc").claims if claim.id.startswith("featw_is_second")]
    assert len(told) == 4 and all(claim.ours and "says it overall" in claim.where for claim in told)
