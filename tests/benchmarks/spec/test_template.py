"""The template of a paper: it loads as it is, nothing is written over, and what is left empty is told with its line."""

import re

import pytest

from benchmarks.errors import InputError, lines_told
from benchmarks.spec import load_paper
from benchmarks.spec.template import write_template


@pytest.fixture
def written(tmp_path):
    """The paper file of a fresh template."""
    _, files = write_template(tmp_path / "mine")
    assert {path.name for path in files} == {"paper.yaml", "t1.csv", "regression.yaml", "mine_network.py"}
    return tmp_path / "mine" / "paper.yaml"


def test_the_template_loads_and_says_what_it_is(written, tmp_path):
    paper = load_paper("mine", tmp_path)
    assert [cell.id for cell in paper.cells() if cell.recipe == "train"] == ["mine.t1.mlp.esc10", "mine.t1.wide.esc10"]
    assert paper.settings["wide"].model.args["learning_rate"].value == 0.001
    assert "@" not in written.read_text()


def test_nothing_is_written_over(written, tmp_path):
    before = {path.name: path.read_bytes() for path in written.parent.iterdir()}
    with pytest.raises(InputError, match="mine: there already, and not empty; nothing was written"):
        write_template(tmp_path / "mine")
    assert {path.name: path.read_bytes() for path in written.parent.iterdir()} == before


@pytest.mark.parametrize("place", ["my-paper", "Mine", "1st", "acrnn", "guide", "x" * 41])
def test_an_id_that_is_none_or_taken_writes_nothing(tmp_path, place):
    with pytest.raises(InputError, match=r"give (such an|another) --id"):
        write_template(tmp_path / place)
    assert not (tmp_path / place).exists()
    assert write_template(tmp_path / place, "mine")[1][0].parent == tmp_path / place / "mine"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " The title of the paper"),
        ("authors", " A. Author, B. Author"),
        ("year", " 2020"),
        ("folds", " [1, 2, 3, 4, 5]"),
        ("status", " unknown"),
        ("label", " ESC-10"),
        ("max_epochs", " {value: 60, origin: paper, where: section 4.1}"),
        ("class_path", " models.tasks.own.OwnClips"),
        ("tables", ""),
    ],
)
def test_a_field_that_is_left_empty_is_one_line_with_its_number(written, tmp_path, field, value):
    text = written.read_text()
    assert f"{field}:{value}" in text
    begin = text.index(f"{field}:{value}")
    end = len(text) if field == "tables" else begin + len(f"{field}:{value}")
    written.write_text(f"{text[:begin]}{field}: {text[end:]}")
    with pytest.raises(InputError) as caught:
        load_paper("mine", tmp_path)
    (line,) = lines_told(caught.value)
    number = text[:begin].count("\n") + 1
    assert line.startswith(f"{written}:{number}: ") and f"{field}: is empty" in line


def test_all_mistakes_are_told_at_once_with_their_lines_and_counted(written, tmp_path):
    text = written.read_text()
    for old, new in (
        ("title: The title of the paper\n", ""),
        ("year: 2020", "year: soon"),
        ("folds: [1, 2, 3, 4, 5]", "folds: []"),
        ("learning_rate: {value: 0.001, origin: assumed}", "learning_rate: {value: 0.001}"),
        ("notes: []", "nots: []"),
    ):
        assert old in text
        text = text.replace(old, new)
    written.write_text(text)
    with pytest.raises(InputError) as caught:
        load_paper("mine", tmp_path)
    *lines, count = lines_told(caught.value)
    assert count == f"{written}: 5 mistakes"
    numbers = [int(re.match(rf"{written}:(\d+): ", line)[1]) for line in lines]
    rows = text.splitlines()
    told = {line.split(": ")[1]: rows[number - 1] for line, number in zip(lines, numbers, strict=True)}
    assert {place: place.split(".")[-1] in row for place, row in told.items() if place != "title"} == {
        "year": True, "datasets.esc10.folds": True, "nots": True,
        "settings.mlp.model.args.learning_rate.origin": False,
    }  # fmt: skip
    assert "learning_rate" in told["settings.mlp.model.args.learning_rate.origin"] and "title" in told


def test_names_that_are_not_there_are_told_at_once_too(written, tmp_path):
    text = written.read_text()
    for old, new in (
        ("mlp: {setting: mlp}", "mlp: {setting: mpl}"),
        ("table: t1", "table: t2"),
        ("dataset: esc10,", "dataset: esc1,"),
    ):
        assert old in text
        text = text.replace(old, new)
    written.write_text(text)
    with pytest.raises(InputError) as caught:
        load_paper("mine", tmp_path)
    *lines, count = lines_told(caught.value)
    assert [re.search(r"unknown name '(\w+)'", line)[1] for line in lines] == ["esc1", "mpl", "t2"], lines
    assert count.endswith("3 mistakes")
