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
    of = f"15 of {len(load_paper('acrnn').settings)}: 1–15"
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


def settings(text):
    """The lines of the settings, by number: name, what it is, what it feeds."""
    rows = [re.split(r"\s*\|\s*", line.strip("| ")) for line in section(text, "Settings").splitlines() if "`" in line]
    return {int(number): rest for number, *rest in rows}


def test_every_setting_is_named_with_the_rows_that_it_feeds(pages):
    known = settings(pages["acrnn/values"])
    assert [name for name, *_ in known.values()] == [f"`{name}`" for name in load_paper("acrnn").settings]
    fed = {name.strip("`"): (title, feeds) for name, title, feeds in known.values()}
    assert fed["att_aug"][1] == "t1: ACRNN; t3: + attention + augment; t4: attention at l10"
    assert fed["piczak_long_coded"] == (
        "PiczakCNN [19], long segments, as its code has them", "t1: PiczakCNN [19], as its code has it (ESC-10)"
    )  # fmt: skip
    of_edc = {name.strip("`"): feeds for name, _, feeds in settings(pages["edc/values"]).values()}
    assert of_edc["edc_a7_om"] == "t1: EDC α = 7 (OM, DCASE; OM, CHiME); t3: Proposed EDC (OM, DCASE)"


def test_a_value_of_many_settings_tells_their_numbers(pages):
    names = {number: name.strip("`") for number, (name, *_) in settings(pages["edc/values"]).items()}
    told = row(section(pages["edc/values"], "Against the paper"), "similarity_input")[5]
    count, _, ranges = told.partition(f" of {len(names)}: ")
    ends = [tuple(map(int, one.split("–"))) for one in ranges.split(", ")]
    found = {names[number] for low, *high in ends for number in range(low, (high or [low])[0] + 1)}
    conditioned = {name for name in names.values() if name.startswith(("edc_", "renorm_"))}
    assert found == conditioned and len(found) == int(count)


def test_a_value_that_is_a_word_of_the_code_is_told_in_others_too(pages):
    against = section(pages["edc/values"], "Against the paper")
    assert row(against, "similarity_input")[1:3] == [
        "`similarity_input`, input of the similarities", "`minmax`, clips rescaled to [0, 1]"
    ]  # fmt: skip
