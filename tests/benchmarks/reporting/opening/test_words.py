import pytest

from benchmarks.reporting.opening.words import word_blocks
from benchmarks.reporting.render.blocks import Bullets
from benchmarks.spec import load_paper, paper_ids
from tests.benchmarks.reporting.opening.test_layout import unrun

TABLES = [f"{paper}.{table}" for paper in paper_ids() for table in load_paper(paper).tables]


def told(target: str) -> dict[str, str]:
    """What a page explains, by word."""
    _, lines = word_blocks(unrun(target))
    assert isinstance(lines, Bullets)
    return {line.split("**")[1]: line for line in lines.items}


def test_words_are_explained_where_labels_use_them():
    assert {"OM", "AM", "EDC", "margin"} <= set(told("edc.t3")) and "α" not in told("edc.t3")
    assert "α" in told("edc.t1") and "quoted" not in told("edc.t1") and "quoted" in told("mtfa.t1")
    assert told("acrnn.t2").keys() == {"Params", "FLOPs"}, "no margin where nothing is trained"
    assert "reproduced needs the whole 90 % interval of the difference within it" in told("edc.t3")["margin"]
    assert {"reduced", "stand-in"}.isdisjoint(told("edc.t3")), "nothing of the kind is on the page"


def test_what_ran_otherwise_is_explained_where_it_stands(three_classes_table):
    [_, lines] = word_blocks(three_classes_table)
    assert isinstance(lines, Bullets) and any(line.startswith("**stand-in**: sounds of other") for line in lines.items)


@pytest.mark.parametrize("target", TABLES)
def test_every_table_explains_words_in_one_line_each(target):
    for line in told(target).values():
        assert line.endswith(".") and not line.endswith("..") and "\n" not in line


@pytest.mark.parametrize("paper", paper_ids())
def test_every_word_of_a_paper_is_used_by_one_of_its_tables(paper):
    used = {word for target in TABLES if target.startswith(f"{paper}.") for word in told(target)}
    assert set(load_paper(paper).words) <= used
