"""What people have of CHiME-Home, and what an import makes of it."""

import shutil

import pytest

from datasets.chime_home import CHiMEHome
from datasets.chime_home.importing import import_folder
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
