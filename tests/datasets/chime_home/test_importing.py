"""What people have of CHiME-Home, and what an import makes of it."""

import shutil

import pytest

from datasets.chime_home import CHiMEHome
from datasets.chime_home.importing import import_folder
from datasets.chime_home.layout import CROSSVALIDATION, LISTS
from datasets.errors import DataError


def imported(source, root):
    """The lines that an import says."""
    lines = []
    import_folder(source, root, lines.append)
    assert not list(root.parent.glob(".*"))  # no folder to work in is left
    return lines


def test_chunks_are_taken_from_any_folders(miniature_chime, tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(miniature_chime / "chunks", mine / "a" / "flat")
    for path in miniature_chime.glob("*.csv"):
        shutil.copy(path, mine)
    loud = next((mine / "a" / "flat").glob("*.16kHz.wav"))
    loud.rename(loud.with_suffix(".WAV"))
    imported(mine, tmp_path / "chime_home")
    assert CHiMEHome(tmp_path / "chime_home").fingerprint() == CHiMEHome(miniature_chime).fingerprint()


def test_chunks_without_lists_are_refused(miniature_chime, tmp_path):
    with pytest.raises(DataError, match="holds chunks, but no development_chunks_refined_crossval"):
        import_folder(miniature_chime / "chunks", tmp_path / "data" / "chime_home", lambda line: None)
    assert not (tmp_path / "data").exists()


@pytest.mark.real
def test_an_official_list_takes_the_place_of_an_altered_one(real_root, tmp_path):
    root, mine = tmp_path / "data" / "chime_home", tmp_path / "mine"
    for folder in (root, mine):
        folder.mkdir(parents=True)
        for name in LISTS:
            shutil.copy(real_root / name, folder)
    altered = (root / CROSSVALIDATION).read_bytes().replace(b",1\n", b",2\n", 1)
    (root / CROSSVALIDATION).write_bytes(altered)
    lines = imported(mine, root)
    assert any("1 x not the official list" in line for line in lines), lines
    assert (root / CROSSVALIDATION).read_bytes() == (mine / CROSSVALIDATION).read_bytes() != altered
    (mine / CROSSVALIDATION).unlink()  # of which the other one is a link
    (mine / CROSSVALIDATION).write_bytes(altered)
    assert any("not the official list, what is here is kept" in line for line in imported(mine, root))
