import re

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.render.markdown import blocks_markdown
from benchmarks.reporting.sections.caveats import contradiction_blocks, zero_by_zero_blocks
from benchmarks.runs.scores import Scores
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_event_runs import fabricate_events
from tests.benchmarks.fabricated_runs import workspace_in


def lines(target, rows=None):
    """What stands below the table, without any run."""
    paper, table = target.split(".")
    cells = [cell for cell in load_paper(paper).table_cells(table) if rows is None or cell.row in rows]
    blocks = contradiction_blocks(TableResult(load_paper(paper), table, tuple(_unrun(cell) for cell in cells)))
    return blocks[1].items if blocks else []


def _unrun(cell):
    return CellResult(cell, Variant())


def test_orthogonal_matrices_are_held_against_section_4_1_in_every_table_that_they_feed():
    for table in ("acrnn.t1", "acrnn.t3", "acrnn.t4"):
        (line,) = [
            one
            for one in lines(table)
            if one.startswith("Initialisation of the recurrent layers, orthogonal (fitted to table 2): section 4.1")
        ]
        assert "zero mean Gaussian noise" in line
        assert line.endswith("(ACRNN)." if table == "acrnn.t1" else "(all rows).")


def test_rows_are_named_where_a_reading_is_not_that_of_all():
    (line,) = [one for one in lines("acrnn.t3") if one.startswith("Partner in mixup")]
    assert line.endswith("(+ augment, + attention + augment).")
    assert not [one for one in lines("acrnn.t3", ["base"]) if one.startswith("Partner in mixup")]


def test_rows_whose_labels_have_commas_stand_apart():
    told = [one for one in lines("maestro.t1") if not one.endswith("(all rows).")]
    labels = {cell.label for cell in load_paper("maestro").table_cells("t1") if "," in cell.label}
    assert labels and told
    for line in told:
        rows = re.search(r"\((.*)\)\.$", line)[1].split("; ")
        assert set(rows) <= {cell.label for cell in load_paper("maestro").table_cells("t1")}


def test_a_protocol_may_contradict_too():
    (line,) = [one for one in lines("mtfa.t1") if one.startswith("Test list")]
    assert '"500 mixtures for each event"' in line and line.endswith("(all rows).")


def test_the_released_code_is_held_against_the_equations():
    told = " ".join(lines("edc.t1"))
    assert all(f"equation {number}" in told for number in (1, 7, 8))


def test_words_of_the_code_and_symbols_are_told_as_what_they_are():
    told = lines("edc.t1")
    for begin in ("Input of the similarities, clips rescaled to [0, 1]: equation 1",
                  "Rounding of the range, from floor(i - past) to floor(i + future): section 2.2",
                  "Frames that are averaged, those that the similarities are of: equation 8"):  # fmt: skip
        assert [one for one in told if one.startswith(begin)], begin
    assert [one for one in lines("maestro.t1") if one.startswith("SpecAugment, as the authors' code has it: section")]
    assert [one for one in lines("pbcnn.t2") if one.startswith("γ, weight of the attended features, learned: ")]


def test_tables_without_training_say_nothing():
    assert lines("acrnn.t2") == []


# -- values that are 0/0 -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Cells of networks of which one detects nothing in two of three seeds, and one in none."""
    patch, workspace = pytest.MonkeyPatch(), workspace_in(tmp_path_factory.mktemp("silent"))
    written = Scores.save

    def silent_in(seeds):
        def save(self, path):
            seed = next(seeds)
            return written(
                self if seed else Scores(self.items, self.classes, self.values - 20, self.kind, self.hop), path
            )

        return save

    with patch.context() as patched:
        for setting, loud in (("resrnn", [0, 0, 0, 0, 1, 1]), ("resattrnn", [0] * 6), ("mtfa", [1] * 6)):
            patched.setattr(Scores, "save", silent_in(iter(loud)))
            fabricate_events(workspace, setting, "babycry", items=8)
        patched.setattr("benchmarks.judge.results.table_checks", lambda *_: ())
        main = Results(workspace).table("mtfa.t1").main
    return {(one.cell.row, one.cell.column): one for one in main}


def test_a_value_of_nothing_detected_is_printed_as_what_it_is(cells):
    assert wording.reproduced(cells["resattrnn", "eval.babycry.f1"]) == "0/0"
    some = cells["resrnn", "eval.babycry.f1"]
    assert wording.reproduced(some).endswith(", 0/0 in 2 of 3") and some.mean > 0


def test_it_counts_as_0_in_means_and_the_rule_is_named(cells):
    some = cells["resrnn", "eval.babycry.f1"]
    assert sorted(some.evidence.seed_values.values())[:2] == [0, 0]
    assert some.mean == pytest.approx(max(some.evidence.seed_values.values()) / 3)
    text = blocks_markdown(zero_by_zero_blocks([some]))
    assert text.startswith("0/0: where nothing was detected") and "counts as 0" in text and "zero_score" in text


def test_error_rates_and_networks_that_detect_something_need_no_rule(cells):
    assert "0/0" not in wording.reproduced(cells["resattrnn", "eval.babycry.er"])
    plain = [cells["mtfa", "eval.babycry.f1"], cells["resattrnn", "eval.babycry.er"]]
    assert not any("0/0" in wording.reproduced(one) for one in plain) and zero_by_zero_blocks(plain) == []
