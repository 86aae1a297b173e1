"""The audit against exact counts worked out by hand from the layers, and against papers with mistakes put in."""

import pytest

from benchmarks.audit import agrees, audit, audit_lines, audited_cells, checks, printed
from benchmarks.errors import InputError
from benchmarks.forms import Sourced
from benchmarks.spec import Paper, Published, load_paper, paper_ids

PAPERS = [load_paper(name) for name in paper_ids()]


@pytest.fixture(scope="module")
def table2():
    return {check["id"]: check for check in audit("acrnn.t2")}


@pytest.mark.parametrize(
    ("value", "decimals", "truncates", "expected"),
    [
        (93.75, 1, True, 93.7),
        (93.75, 1, False, 93.8),
        (39.55, 1, False, 39.6),
        (0.285, 2, False, 0.29),
        (100 * 367 / 400, 1, True, 91.7),
        (93.0, 1, True, 93.0),
        (99.99999999999999, 1, True, 100.0),
    ],
)
def test_numbers_are_shortened_as_on_paper(value, decimals, truncates, expected):
    assert printed(value, decimals, truncates) == expected
    assert agrees(value, expected, decimals, truncates)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.id)
def test_every_audited_cell_is_fed(paper):
    audited = {cell.id for cell in paper.cells() if cell.recipe == "audit"}
    assert set(audited_cells(paper)) == audited


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.id)
def test_ids_of_checks_are_unique_and_lie_in_a_table(paper):
    ids = [check["id"] for check in checks(paper)]
    assert len(ids) == len(set(ids))
    assert all(check.split(".")[1] in paper.tables for check in ids)


def test_parameters_of_table_2_come_out_again(table2):
    # by hand from the layers: weights, biases, four values per batch-norm channel, one bias set per GRU
    exact = {"piczak": 31_534_090, "crnn": 3_807_882, "acrnn": 3_808_394}
    for row, parameters in exact.items():
        check = table2[f"acrnn.t2.{row}.params_M"]
        assert check["computed"] == pytest.approx(parameters / 1e6, abs=1e-9)
        assert check["holds"], check


def test_flops_of_table_2_are_what_a_profiler_counts_and_no_cost(table2):
    exact = {"piczak": 63_269_600, "crnn": 9_172_864, "acrnn": 9_175_424}
    for row, proxy in exact.items():
        check = table2[f"acrnn.t2.{row}.flops_M"]
        assert check["computed"] == pytest.approx(proxy / 1e6, abs=1e-9)
        assert check["holds"], check
        assert not table2[f"acrnn.t2.{row}.macs_per_segment_M"]["holds"]
        assert not table2[f"acrnn.t2.{row}.macs_per_clip_M"]["holds"]


def test_true_cost_of_table_2(table2):
    assert table2["acrnn.t2.crnn.macs_per_segment_M"]["computed"] == pytest.approx(397.8, abs=0.05)
    assert table2["acrnn.t2.piczak.macs_per_segment_M"]["computed"] == pytest.approx(40.1, abs=0.05)
    assert table2["acrnn.t2.acrnn.macs_per_clip_M"]["computed"] == pytest.approx(1990, abs=5)
    assert table2["acrnn.t2.piczak.macs_per_clip_M"]["computed"] == pytest.approx(361, abs=1)
    assert table2["acrnn.t2.fewer_parameters"]["holds"]
    assert not table2["acrnn.t2.lower_complexity"]["holds"]


def test_identities_and_gains_of_acrnn_hold_but_for_the_known_ones():
    failing = {check["id"] for table in ("t1", "t3", "t4") for check in audit(f"acrnn.{table}") if not check["holds"]}
    assert failing == {
        "acrnn.t1.alexnet.esc50.fold_mean",
        "acrnn.t1.googlenet.esc10.fold_mean",
        "acrnn.t1.rf.esc50.fold_mean",
        "acrnn.t3.gain_of_augmentation_alone_esc10",
        "acrnn.t3.gain_of_augmentation_alone_esc50",
    }


def test_printed_accuracy_gives_the_number_of_clips():
    (check,) = [c for c in audit("acrnn.t3.att.esc10") if c["id"].endswith("attainable")]
    assert check["computed"] == 91.75
    assert check["note"] == "367 of 400 decisions"


@pytest.mark.parametrize(
    ("cell", "value", "fails"),
    [
        ("acrnn.t4.none.esc10", 93.1, {"no_attention", "attainable", "gain_of_attention_esc10"}),
        ("acrnn.t1.svm.esc50", 39.5, {"fold_mean"}),
        ("acrnn.t3.att_aug.esc50", 86.2, {"headline", "gain_of_augmentation_esc50"}),
        ("acrnn.t1.acrnn.esc10", 93.8, {"headline", "attainable", "gain_over_piczak_esc10"}),
    ],
)
def test_a_misprint_is_found(cell, value, fails):
    paper = load_paper("acrnn")
    table = cell.split(".")[1]
    before = {check["id"] for check in _without_networks(paper, table) if not check["holds"]}
    after = {check["id"] for check in _without_networks(_misprinted(paper, cell, value), table) if not check["holds"]}
    assert {check.split(".")[-1] for check in after - before} == fails


def test_counts_follow_the_network():
    paper = load_paper("acrnn")
    network = paper.audit.networks["crnn"]
    padded = network.model_copy(update={"args": {**network.args, "padding": Sourced(value="same", origin="assumed")}})
    networks = {**paper.audit.networks, "crnn": padded}
    other = paper.model_copy(update={"audit": paper.audit.model_copy(update={"networks": networks})})
    # by hand: padded throughout the GRU reads four bands instead of three
    assert audited_cells(other)["acrnn.t2.crnn.params_M"] == pytest.approx(4.201, abs=5e-4)


def test_target_narrows_the_audit():
    ids = [check["id"] for check in audit("acrnn.t4.none")]
    assert ids
    assert all(check.startswith("acrnn.t4.none.") for check in ids)
    assert audit("acrnn.t1.soundnet") == []
    assert audit_lines([]) == ["nothing here can be checked without training"]


def test_unknown_target_names_the_nearest():
    with pytest.raises(InputError, match=r"did you mean acrnn\.t2"):
        audit("acrnn.t2x")


def test_lines_are_one_per_check():
    made = audit("acrnn.t3")
    lines = audit_lines(made)
    assert len(lines) == len(made)
    assert lines[0].startswith("holds")


def _misprinted(paper: Paper, cell: str, value: float) -> Paper:
    label = paper.published[cell].label
    return paper.model_copy(update={"published": {**paper.published, cell: Published(label=label, value=value)}})


def _without_networks(paper: Paper, table: str) -> list:
    entries = [entry for entry in paper.audit.checks if entry.kind not in ("quantity", "ratio")]
    return list(checks(paper.model_copy(update={"audit": paper.audit.model_copy(update={"checks": entries})}), table))
