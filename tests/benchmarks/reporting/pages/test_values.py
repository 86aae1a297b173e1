import re

import pytest

from benchmarks.judge.table import TableResult
from benchmarks.reporting.pages import Report
from benchmarks.reporting.pages.values import ValuePages
from benchmarks.reporting.render.markdown import page_markdown
from benchmarks.runs.memo import Memo
from benchmarks.spec import load_paper


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    tables = [TableResult(load_paper(name), "t1", ()) for name in ("acrnn", "edc", "mtfa")]
    report = Report(tables, [], Memo(tmp_path_factory.mktemp("memo")))
    return {page.place: page_markdown(page) for page in ValuePages().pages(report)}


def section(text, heading):
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def row(text, what, *others):
    """The cells of the row about `what` that holds all other texts."""
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in text.splitlines() if line.startswith("|")]
    (found,) = [
        one
        for one in rows
        if one[1].split(",")[0] == f"`{what}`" and all(any(o in cell for cell in one) for o in others)
    ]
    return found


def test_there_is_a_page_for_each_paper(pages):
    assert set(pages) == {"acrnn/values", "edc/values", "mtfa/values"}


def test_every_value_stands_there_once_with_its_origin_and_its_settings(pages):
    text = section(pages["acrnn/values"], "All values")
    place = "section 3.2; Keras's: l2 x sum of squares, no biases"
    of = f"15 of {len(load_paper('acrnn').settings)}"
    assert row(text, "l2", "0.0001") == ["network", "`l2`, weight decay (L2)", "0.0001", "paper", place, of]
    assert row(text, "NEIGHBOURS")[2:4] == ["8", "code"]
    assert row(text, "n_fft", "log_gammatone")[2:4] == ["2048", "assumed"]
    assert row(text, "STRETCH", "[0.8, 1.3]")[2:4] == ["[0.8, 1.3]", "paper"]
    assert row(section(pages["edc/values"], "All values"), "conditioner", "alpha = 2.5")[2] == (
        "EventConditioning(alpha = 2.5)"
    )
    assert row(section(pages["edc/values"], "All values"), "conditioner", "StreamDataModule")[2] == "none"


def test_counts_are_those_of_the_rows(pages):
    for text in pages.values():
        told = re.search(r"(\d+) values in tier full: (.*)\.", text)
        assert int(told[1]) == sum(map(int, re.findall(r"(\d+) \w+", told[2])))
        lines = [line for line in section(text, "All values").splitlines() if line.startswith("|")]
        assert len(lines) - 2 == int(told[1])


def test_what_contradicts_a_paper_and_what_is_fitted_stand_apart(pages):
    against = section(pages["acrnn/values"], "Against the paper")
    assert "zero mean Gaussian noise" in row(against, "rnn_init")[4]
    assert row(section(pages["acrnn/values"], "Fitted"), "padding")[4].startswith("six of the sixteen ways")
    assert "equation 7 prints exp(-α d)" in row(section(pages["edc/values"], "Against the paper"), "decay")[4]
    assert "## Fitted" not in pages["mtfa/values"]


def test_tiers_show_what_they_change(pages):
    assert row(section(pages["acrnn/values"], "Otherwise in tier reduced"), "drops", "[2, 4]")[0] == "network"
