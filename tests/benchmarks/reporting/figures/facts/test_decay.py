import pytest

from benchmarks.judge.table import TableResult
from benchmarks.reporting.figures import fact_figures
from benchmarks.reporting.figures.facts.decay import Decay
from benchmarks.spec import load_paper


@pytest.fixture
def fact():
    (figure,) = fact_figures(TableResult(load_paper("edc"), "t1", ()))
    return figure


def test_half_the_published_frames_are_what_the_decay_reaches(tag_tables):
    """The audit computes the column from the paper's formula; the figure counts on the curve that it draws."""
    computed = {
        check["id"].split(".")[2]: check for check in tag_tables["t1"].checks if check["id"].endswith(".frames")
    }
    figure = Decay(constants=(1.0,))
    drawn = {row: 2 * figure.whole_frames(float(row[1:].replace("_", "."))) for row in computed}
    assert drawn == {row: check["computed"] for row, check in computed.items()} and len(drawn) == 9
    assert drawn == {row: check["published"] for row, check in computed.items()}


def test_the_decays_name_their_reach(fact):
    text = fact.draw().decode()
    assert ">α = 7: 27 frames per side<" in text and ">α = 500: 1956 frames per side<" in text and ">2 %<" in text
    assert ">distance (frames)<" in text and text.count(">α = ") == 9


def test_the_decays_are_of_no_run(fact, tag_figures):
    assert fact.name == "decay_t1" and not [name for name in tag_figures if name.startswith("decay")]
    assert fact.caption.startswith("What the decay leaves of frames at a distance, exp(-d / α)")


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_level_is_a_share(level):
    with pytest.raises(ValueError, match="level"):
        Decay(constants=(1.0,), level=level)
