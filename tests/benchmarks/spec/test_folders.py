"""Papers that are kept elsewhere, beside the built-in ones."""

import os
import shutil
import sys

import pytest

from benchmarks.errors import InputError
from benchmarks.spec import folders, load, load_paper, paper_folder, paper_ids, select
from benchmarks.spec.template import write_template


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder with one paper, `mine`, and an environment that can be changed."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    monkeypatch.delenv("RESOUND_PAPERS", raising=False)
    write_template(tmp_path / "papers" / "mine")
    return tmp_path / "papers"


@pytest.mark.parametrize("place", ["papers", "papers/mine"])
def test_papers_kept_elsewhere_are_added_to_the_built_in_ones(elsewhere, monkeypatch, place):
    before = paper_ids()
    monkeypatch.setenv("RESOUND_PAPERS", str(elsewhere.parent / place))
    assert paper_ids() == sorted([*before, "mine"])
    assert paper_folder("mine") == elsewhere / "mine" and paper_folder("acrnn") == load.PAPERS / "acrnn"
    assert [cell.id for cell in select("mine.t1.mlp")] == ["mine.t1.mlp.esc10"]
    assert str(elsewhere / "mine") in sys.path and str(elsewhere / "mine") in os.environ["PYTHONPATH"]


def test_places_are_added_to_those_that_the_variable_names(elsewhere, tmp_path, monkeypatch):
    write_template(tmp_path / "more", "second")
    write_template(tmp_path / "others" / "third")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESOUND_PAPERS", "papers")
    folders.add(["more", "others", "papers/mine", ""])
    assert {"mine", "second", "third"} <= set(paper_ids())
    monkeypatch.chdir("/")
    assert {"mine", "second", "third"} <= set(paper_ids())


def test_two_papers_of_one_id_are_one_line_with_both_places(elsewhere, tmp_path, monkeypatch):
    shutil.copytree(elsewhere / "mine", tmp_path / "copy" / "mine")
    monkeypatch.setenv("RESOUND_PAPERS", os.pathsep.join([str(elsewhere), str(tmp_path / "copy")]))
    with pytest.raises(InputError) as caught:
        paper_ids()
    assert str(elsewhere / "mine") in str(caught.value) and str(tmp_path / "copy" / "mine") in str(caught.value)
    (tmp_path / "acrnn").mkdir()
    (tmp_path / "acrnn" / "paper.yaml").write_text("id: acrnn")
    monkeypatch.setenv("RESOUND_PAPERS", str(tmp_path))
    with pytest.raises(InputError, match=rf"{load.PAPERS / 'acrnn'} is a paper of the id acrnn, too"):
        paper_ids()


def test_one_paper_that_is_named_twice_is_one(elsewhere, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(elsewhere)
    places = [elsewhere, elsewhere / "mine", tmp_path / "link", load.PAPERS]
    monkeypatch.setenv("RESOUND_PAPERS", os.pathsep.join(map(str, places)))
    assert paper_ids().count("mine") == 1


@pytest.mark.parametrize(
    ("place", "problem"),
    [("empty", "holds no paper"), ("gone", "No such file"), ("file", "Not a directory"), ("loop", "symbolic links")],
)
def test_a_place_without_papers_is_one_line(tmp_path, monkeypatch, place, problem):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("RESOUND_PAPERS", str(tmp_path / place))
    with pytest.raises(InputError, match=rf"{tmp_path / place}: .*{problem}.*RESOUND_PAPERS and --papers"):
        load_paper("mine")
    assert load_paper("acrnn").id == "acrnn"
