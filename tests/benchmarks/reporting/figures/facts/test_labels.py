import pytest

from benchmarks.audit.labels import recorded
from benchmarks.errors import InputError
from benchmarks.judge.table import TableResult
from benchmarks.reporting.figures.facts.labels import Labels
from benchmarks.reporting.site import write_site
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import workspace_in
from tests.benchmarks.fabricated_stores import Judged


def of_table(paper: str) -> TableResult:
    return TableResult(load_paper(paper), "t1", ())


def test_both_bars_of_each_class_are_what_was_counted():
    counts = recorded(load_paper("maestro"), "maestro")
    (figure,) = Labels(dataset="maestro").figures(of_table("maestro"))
    classes, bars = figure.data
    assert bars["hard labels"] == [[counts.hard[label] for label in classes]]
    assert bars["sum of soft labels"] == [[counts.soft[label] for label in classes]]
    assert sorted(bars["hard labels"][0], reverse=True) == bars["hard labels"][0]
    assert "49 recordings: in how many of 11369 complete seconds" in figure.caption
    text = figure.draw().decode()
    for word in ("people talking", "5703", "5008", "brakes squeaking", "110", "477", "seconds", "hard labels"):
        assert f">{word}<" in text


def test_the_page_shows_them_where_nothing_ran(tmp_path):
    write_site(workspace_in(tmp_path), "maestro.t1", tmp_path / "out", Judged(of_table("maestro")))
    text = (tmp_path / "out" / "maestro" / "t1.md").read_text()
    assert text.index("## Known without training") < text.index("(figures/labels_t1_maestro.svg)")
    assert [path.name for path in (tmp_path / "out" / "maestro" / "figures").iterdir()] == ["labels_t1_maestro.svg"]


def test_where_nothing_is_counted_the_next_command_is_told():
    with pytest.raises(InputError, match=r"no labels of esc10 counted; run `python -m benchmarks.audit.labels acrnn"):
        list(Labels(dataset="esc10").figures(of_table("acrnn")))
