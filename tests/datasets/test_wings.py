"""What every dataset's wing does alike: getting the files, and writing the miniature."""

import json

import pytest

from datasets import registry
from datasets.errors import DataError
from tests.conftest import written


@pytest.fixture(params=registry.names())
def dataset(request):
    """The class of a dataset."""
    return registry.get(request.param)


@pytest.fixture
def root(dataset, session_folder):
    """The root of its miniature. Not to be changed."""
    return written(session_folder, dataset.name)


class NoNetwork:
    """A downloader that brings nothing, and notes what was said before it was asked to."""

    def __init__(self, said):
        self.said, self.before = said, None

    def __call__(self, url, output_file, pooch=None, size=None):
        self.before = self.before or "\n".join(self.said)
        raise DataError(f"{url}: no network")

    def forget(self, url):
        pass


def test_licence_and_citation_are_shown_before_anything_is_downloaded(dataset, tmp_path):
    said = []
    downloader = NoNetwork(said)
    with pytest.raises(DataError, match="no network"):
        registry.part(dataset, "acquire").fetch(tmp_path / "root", said.append, downloader=downloader)
    assert dataset.licence in downloader.before and dataset.citation in downloader.before
    assert not (tmp_path / "root").exists()


def test_nothing_is_imported_from_a_folder_that_is_not_there(dataset, tmp_path):
    with pytest.raises(DataError, match="no such folder") as caught:
        registry.part(dataset, "acquire").import_folder(tmp_path / "nowhere", tmp_path / "root")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_miniature_is_complete_and_small_and_says_what_it_is(dataset, root):
    census = registry.part(dataset, "census").take_census(dataset(root))
    assert census.complete, census.to_markdown()
    declared = json.loads((root / "miniature.json").read_text())
    assert (declared["corpus"], declared["dataset"]) == ("miniature", dataset.name)
    assert sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) < 60e6


def test_a_census_counts_without_looking_into_the_files(dataset, root, monkeypatch):
    whole = registry.part(dataset, "census").take_census(dataset(root))
    monkeypatch.setattr(dataset, "load", None)
    monkeypatch.setattr("datasets.audio._decode", None)
    counted = registry.part(dataset, "census").take_census(dataset(root), contents=False)
    assert (counted.found, counted.expected, counted.missing) == (whole.found, whole.expected, whole.missing)


def test_a_miniature_never_replaces_anything_else(dataset, tmp_path):
    (tmp_path / "precious.wav").write_bytes(b"sound")
    with pytest.raises(DataError, match="something else than a miniature"):
        registry.part(dataset, "miniature").write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.wav"]
    assert (tmp_path / "precious.wav").read_bytes() == b"sound"


def test_a_miniature_that_cannot_be_written_is_one_line(dataset, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written") as caught:
        registry.part(dataset, "miniature").write(tmp_path / "file" / "root")
    assert "\n" not in str(caught.value)
