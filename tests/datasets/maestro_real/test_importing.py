"""What people have of MAESTRO Real, and what an import makes of it."""

import shutil

import pytest
import soundfile

from datasets.errors import DataError
from datasets.maestro_real import MaestroReal
from datasets.maestro_real.importing import import_folder
from datasets.maestro_real.layout import ANNOTATION, DEVELOPMENT, EVALUATION, FOLD_LISTS, Layout
from tests.datasets.maestro_real.conftest import ITEM, OTHER, write_sound


@pytest.fixture
def mine(tiny, tmp_path):
    """A folder with everything in the official layout, as someone has it."""
    shutil.copytree(tiny, tmp_path / "mine", ignore=shutil.ignore_patterns("miniature.json"))
    return tmp_path / "mine"


def imported(source, root):
    """The lines that an import says."""
    lines = []
    import_folder(source, root, lines.append)
    assert not list(root.parent.glob(".*"))  # no folder to work in is left
    return lines


def content(root):
    files = (path for path in root.rglob("*") if path.is_file() and path.name != "miniature.json")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_the_official_layout(mine, tiny, tmp_path):
    lines = imported(mine, tmp_path / "data" / "maestro")
    assert content(tmp_path / "data" / "maestro") == content(tiny)
    files = 25 + 5 + 25 + 17 + 2
    assert any(f"{files} files seen: {files} new" in line for line in lines), lines
    assert lines[-1].startswith("25 of 49 recordings (as published)")
    assert any(f"{files} here already" in line for line in imported(mine, tmp_path / "data" / "maestro"))


def test_the_flattened_layout_of_the_baseline(mine, tiny, tmp_path):
    source = tmp_path / "baseline"
    shutil.copytree(mine / DEVELOPMENT, source / "data" / "audio")
    shutil.copytree(mine / ANNOTATION, source / "data" / "annotation")
    for name in (FOLD_LISTS, "metadata"):
        shutil.copytree(mine / name, source / name)
    (source / "README.md").write_text("of the baseline")
    imported(source, tmp_path / "maestro")
    lacking = set(content(tiny)) - set(content(tmp_path / "maestro"))
    assert all(name.startswith((EVALUATION, "README", "LICENSE")) for name in lacking) and len(lacking) == 7
    assert content(tmp_path / "maestro").items() <= content(tiny).items()


def test_recordings_of_both_sets_in_one_folder_go_where_their_numbers_say(mine, tiny, tmp_path):
    (tmp_path / "all").mkdir()
    for path in mine.rglob("*.wav"):
        path.rename(tmp_path / "all" / path.name)
    lines = imported(tmp_path / "all", tmp_path / "maestro")
    assert content(tmp_path / "maestro") == {k: v for k, v in content(tiny).items() if k.endswith(".wav")}
    assert "of 49 recordings (as published)" in lines[-1]
    imported(mine / FOLD_LISTS, tmp_path / "maestro")
    imported(mine, tmp_path / "maestro")
    assert content(tmp_path / "maestro") == content(tiny)


def test_what_others_made_of_the_set_is_left_out_with_its_reason(mine, tmp_path):
    cut = mine / "audio" / "maestro_real_train"
    cut.mkdir(parents=True)
    write_sound(cut / f"{ITEM}-000000-001000.wav", 0.1)
    (mine / "train_split.csv").write_text(f"train\n{ITEM}.txt\n")
    (mine / "lists").mkdir()
    (mine / "lists" / f"{ITEM}.txt").write_text("city_center\n")
    (mine / "city_center_99.wav").write_bytes(b"RIFF")
    lines = imported(mine, tmp_path / "maestro")
    assert f"left out, 1 x a piece cut out of a recording: {ITEM}-000000-001000.wav" in lines
    assert f"left out, 1 x named like soft labels, but with other content: {ITEM}.txt" in lines
    assert "left out, 2 x no name of the dataset's: city_center_99.wav, train_split.csv" in lines


def test_flac_becomes_wav_and_two_channels_are_better_than_one(mine, tiny, tmp_path):
    path = Layout(mine).audio(ITEM)
    samples, rate = soundfile.read(path, dtype="int16")
    path.unlink()
    soundfile.write(path.with_suffix(".flac"), samples, rate)
    soundfile.write(Layout(mine).audio(OTHER), samples[:, 0], rate)
    root = tmp_path / "maestro"
    imported(mine, root)
    assert (soundfile.read(Layout(root).audio(ITEM), dtype="int16")[0] == samples).all()
    lines = imported(tiny, root)
    assert any("1 in the place of worse ones" in line for line in lines)
    assert any("in the place of worse ones, 1 x one channel instead of two" in line for line in lines)


def test_a_bad_list_is_refused_and_the_root_stays_as_it_was(mine, tiny, tmp_path):
    root = shutil.copytree(tiny, tmp_path / "maestro", ignore=shutil.ignore_patterns("fold1*"))
    before = content(root)
    (mine / FOLD_LISTS / "fold1_test.csv").write_text("filename\ncity_center/city_center_07\n")
    with pytest.raises(DataError, match=r"fold1_test.csv:2: city_center_07 ") as caught:
        import_folder(mine / FOLD_LISTS, root, lambda line: None)
    assert "\n" not in str(caught.value) and content(root) == before


def test_a_folder_without_anything_of_the_set(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "song.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"nothing here is a recording or labels .*1 other files, song.wav for one"):
        import_folder(tmp_path / "mine", tmp_path / "maestro")
    assert not (tmp_path / "maestro").exists()


def test_papers_are_taken_beside_the_record_alone(mine, tmp_path):
    (mine / DEVELOPMENT / "README.md").write_text("another one")
    imported(mine, tmp_path / "maestro")
    assert (tmp_path / "maestro" / "README.md").read_bytes() == (mine / "README.md").read_bytes()
    assert MaestroReal(tmp_path / "maestro").layout.hard.is_file()
