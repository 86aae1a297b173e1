import json
import re

import pytest

from benchmarks.judge.table import ClaimTest, Variant
from benchmarks.reporting.render.blocks import Grid, Heading, Text
from benchmarks.reporting.sections.claims import claim_blocks
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import STANDIN, judged_without_audit

#: The claims about two rows that both have runs in the store of three classes, of which MTFA is made much better.
MEASURED = ("scales_help_on_development", "scales_help_on_evaluation")


def grid_of(claims: tuple[ClaimTest, ...]) -> tuple[list[str], list[dict[str, str]], str]:
    """Headings, the rows of the first grid by their head, and the text above it."""
    blocks = claim_blocks(claims)
    grid = next(one for one in blocks if isinstance(one, Grid))
    text = next(one.text for one in blocks if isinstance(one, Text))
    rows = [dict(zip(grid.head, row, strict=True)) for row in grid.rows]
    return [one.text for one in blocks if isinstance(one, Heading)], rows, text


def test_a_claim_holds_or_fails_only_in_the_papers_experiment(three_classes_table):
    headings, rows, _ = grid_of(three_classes_table.claims)
    assert headings == ["Claims"] and {"claim", "as printed", "ours"} <= rows[0].keys()
    assert {row["as printed"] for row in rows} == {"holds"}
    found = next(row for row in rows if "MTFA performs better on evaluation" in row["claim"])
    assert (found["ours"], found["about"], found["seeds"]) == ("**holds**", "method", "3 and 3")
    items = r"(?:\d+ df|none found)"
    assert re.search(rf"t test on seeds \(\d+ df\) and items \({items}\); finds a difference of 0.03 in", found["note"])


def test_a_difference_is_in_favour_of_the_row_named_first_and_in_the_middle_of_its_interval(tmp_path):
    """With attention 16 more of the 80 clips of each fold are wrong with each seed, which is 20 points less."""
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", wrong=8)
    fabricate(workspace, "att", "esc10", wrong=24)
    _, rows, _ = grid_of(judged_without_audit(workspace, "acrnn.t3")["acrnn.t3"].claims)
    (found,) = [row for row in rows if row["claim"].startswith("attention significantly improves accuracy on ESC-10 (")]
    assert (found["as printed"], found["ours"], found["seeds"]) == ("holds", "**fails**", "3 and 3")
    low, high = map(float, found["95 % interval"].split(" … "))
    assert found["difference"] == "-20.00" and (low + high) / 2 == pytest.approx(-20, abs=0.01)
    assert 2 < high - low < 20 and float(found["p (Holm)"]) < 1e-6


@pytest.mark.parametrize("variant", [STANDIN, Variant("reduced"), Variant("full", "miniature")])
def test_elsewhere_the_question_is_seen_or_not_and_nothing_is_said_of_the_paper(three_classes_table, variant):
    tests = tuple(
        ClaimTest(one.claim, variant, one.in_print, one.ours) for one in three_classes_table.claims
    )  # fmt: skip
    headings, rows, text = grid_of(tests)
    assert headings == ["The paper's questions, asked here"] and "as printed" not in rows[0]
    assert [row["here"] for row in rows] == ["**seen**"] * len(MEASURED)
    assert "nothing here is for or against its sentences" in text
    assert not any(word in "".join(row.values()) for row in rows for word in ("holds", "fails"))


def test_the_text_says_over_how_many_tests_was_corrected(three_classes_table):
    _, _, text = grid_of(three_classes_table.claims)
    questions = {
        (one.claim.column, str(link.link).replace(">=", ">"))
        for one in three_classes_table.claims
        for link in one.ours.links
    }
    number = f"{len(questions)} different links" if len(questions) > 1 else "one link"
    assert f"(Holm) over the {number} tested here" in text


def test_a_page_explains_the_tests_once_and_corrects_each_kind_of_runs_by_itself(three_classes_table):
    explained: set[str] = set()
    apart = tuple(ClaimTest(one.claim, STANDIN, one.in_print, one.ours) for one in three_classes_table.claims)
    first, second, third = (
        " ".join(block.text for block in claim_blocks(claims, 3, explained) if isinstance(block, Text))
        for claims in (three_classes_table.claims, apart, apart)
    )
    for text, expected in ((first, (True, False)), (second, (False, True)), (third, (False, False))):
        assert "p is corrected (Holm)" in text
        assert ("Simulated before that correction" in text, "nothing here is for or against" in text) == expected


def test_a_tie_in_print_is_called_one(clips):
    text = (clips.reports / "acrnn" / "t4.md").read_text()
    claim = "sigmoid attention can always improve accuracy (l6, ESC-10)"
    row, *_ = [line for line in text.splitlines() if claim in line]
    assert row.split("|")[2].strip() == "tie"


def test_report_json_tells_the_claims(three_classes_pages, three_classes_table):
    claims = json.loads(three_classes_pages["report.json"])["claims"]
    main = [one for one in claims if (one["tier"], one["corpus"]) == ("full", "real")]
    assert [one["id"] for one in main] == [f"mtfa.t1.{one.claim.id}" for one in three_classes_table.claims]
    apart = [one for one in claims if one["corpus"] == "standin"]
    assert {one["printed"] for one in apart} == {None}
    asked = [one.claim.id for one in three_classes_table.claims]
    for found, measured in ((main, "holds"), (apart, "not seen")):  # on stand-in files it is the other way round
        answers = [measured if name in MEASURED else "not measured" for name in asked]
        assert [one["answer"] for one in found] == answers
