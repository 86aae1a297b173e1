"""What people have of TUT Acoustic Scenes 2016, and what an import makes of it."""

import shutil

import pytest
import soundfile

from datasets.dcase2016_asc import DCASE2016ASC
from datasets.dcase2016_asc.importing import import_folder
from datasets.dcase2016_asc.layout import DEVELOPMENT, ERRORS, EVALUATE, EVALUATION, META, SETUP, TEST
from datasets.errors import DataError
from tests.datasets.dcase2016_asc.conftest import write_sound

ITEM = "a001_0_30.wav"


@pytest.fixture
def mine(tiny, tmp_path):
    """A folder with both official folders, as someone has them."""
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


def test_both_folders_side_by_side(mine, tiny, tmp_path):
    lines = imported(mine, tmp_path / "data" / "scenes")
    assert content(tmp_path / "data" / "scenes") == content(tiny)
    assert any("96 files seen: 96 new" in line for line in lines), lines
    assert lines[-1].startswith("75 of 1560 recordings (as published)")
    assert any("96 here already" in line for line in imported(mine, tmp_path / "data" / "scenes"))


@pytest.mark.parametrize("first", [DEVELOPMENT, EVALUATION])
def test_one_folder_alone_and_the_other_half_later(mine, tiny, tmp_path, first):
    (second,) = {DEVELOPMENT, EVALUATION} - {first}
    root = tmp_path / "scenes"
    imported(mine / first, root)
    assert [path.name for path in root.iterdir()] == [first]
    imported(mine / second, root)
    assert content(root) == content(tiny)


def test_folders_of_other_names_that_nest_as_libraries_nest_them(mine, tiny, tmp_path):
    source = tmp_path / "library"
    for record, name in ((DEVELOPMENT, "development"), (EVALUATION, "evaluation")):
        base = source / "datasets" / name
        shutil.copytree(mine / record, base / "unpacked.audio.1", ignore=shutil.ignore_patterns("*.txt", "*.md"))
        shutil.copytree(mine / record, base / "unpacked.meta", ignore=shutil.ignore_patterns("*.wav"))
        (base / "filehash.cpickle").write_bytes(b"hashes")
    lines = imported(source, tmp_path / "scenes")
    assert content(tmp_path / "scenes") == content(tiny)
    assert any("filehash.cpickle" in line for line in lines)


def test_flat_sound_with_one_list(mine, tmp_path):
    source = tmp_path / "flat"
    source.mkdir()
    for path in (mine / DEVELOPMENT / "audio").iterdir():
        shutil.copy(path, source)
    shutil.copy(mine / DEVELOPMENT / META, source)
    root = tmp_path / "scenes"
    imported(source, root)
    dataset = DCASE2016ASC(root, training="all")
    assert len(dataset.training_list()) == 60
    with pytest.raises(DataError, match=r"fold1_train.txt: no such list"):
        DCASE2016ASC(root).parts(1)
    imported(mine / DEVELOPMENT / SETUP, root)
    assert len(DCASE2016ASC(root).truth("test")) == 60


def test_lists_that_dcase_util_wrote_have_a_third_column(mine, tmp_path):
    for record, locations in ((DEVELOPMENT, lambda item: item[:4]), (EVALUATION, lambda item: "b999")):
        path = mine / record / META
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        path.write_text("".join(f"{item}\t{scene}\t{locations(item[6:])}\n" for item, scene in lines))
    imported(mine, tmp_path / "scenes")
    assert len(DCASE2016ASC(tmp_path / "scenes").truth("evaluation")) == 15


def test_flac_becomes_wav(mine, tmp_path):
    path = mine / DEVELOPMENT / "audio" / ITEM
    samples, rate = soundfile.read(path)
    soundfile.write(path.with_suffix(".flac"), samples, rate, subtype="PCM_24")
    path.unlink()
    imported(mine, tmp_path / "scenes")
    place = tmp_path / "scenes" / DEVELOPMENT / "audio" / ITEM
    assert (soundfile.read(place)[0] == samples).all() and soundfile.info(place).subtype == "PCM_24"


def test_recordings_that_no_list_names_are_left_out_and_named(mine, tmp_path):
    write_sound(mine / "99.wav")
    write_sound(mine / "a777_0_30.wav")
    write_sound(mine / "noise.wav")
    lines = imported(mine, tmp_path / "scenes")
    reason = "in no list that is here; meta.txt and evaluate.txt tell the official ones"
    assert f"left out, 2 x {reason}: 99.wav, a777_0_30.wav" in lines
    assert "left out, 1 x neither a recording nor a list by its name: noise.wav" in lines


def test_lists_of_another_set_are_left_out(mine, tmp_path):
    other = tmp_path / "both" / "TUT-acoustic-scenes-2017-development"
    other.mkdir(parents=True)
    (other / META).write_text("audio/b020_90_100.wav\tbeach\tb020\n")
    shutil.copytree(mine, tmp_path / "both" / "2016")
    lines = imported(tmp_path / "both", tmp_path / "scenes")
    assert "left out, 1 x named like a list, but of another set: meta.txt" in lines
    assert len(DCASE2016ASC(tmp_path / "scenes").truth("test")) == 60


def test_what_cannot_be_used_gives_way_and_what_is_mono_gives_way_to_stereo(mine, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.dcase2016_asc.importing.SECONDS", 0.1)
    root = tmp_path / "scenes"
    imported(mine, root)
    audio = root / DEVELOPMENT / "audio"
    good = {name: (audio / name).read_bytes() for name in (ITEM, "a002_0_30.wav")}
    for name in good:
        (audio / name).unlink()  # a link to what is imported from
    (audio / ITEM).write_bytes(b"RIFF")
    write_sound(audio / "a002_0_30.wav", channels=1)
    lines = imported(mine, root)
    assert {name: (audio / name).read_bytes() for name in good} == good
    assert any("2 in the place of worse ones" in line for line in lines)
    assert any("one channel instead of two: a002_0_30.wav" in line for line in lines)


def test_a_list_that_is_bad_gives_way_to_a_good_one(mine, tmp_path):
    root = tmp_path / "scenes"
    imported(mine, root)
    meta = root / DEVELOPMENT / META
    good = meta.read_text()
    meta.unlink()
    meta.write_text("audio/a001_0_30.wav\tBeach\n")
    imported(mine, root)
    assert meta.read_text() == good


def test_a_bad_list_is_told_and_leaves_the_root_as_it_was(mine, tmp_path):
    root = tmp_path / "scenes"
    imported(mine / EVALUATION, root)
    before = content(root)
    path = mine / DEVELOPMENT / SETUP / "fold1_train.txt"
    path.write_text(path.read_text().replace("\tbeach", "\ttram"))
    with pytest.raises(DataError, match=r"fold1_train.txt:1: .* is tram here, but beach in meta.txt") as caught:
        import_folder(mine, root)
    assert "\n" not in str(caught.value) and content(root) == before


def test_sound_alone_is_nothing(mine, tmp_path):
    with pytest.raises(DataError, match=r"nothing here is a recording that a list names, or a list, .*\.wav for one"):
        import_folder(mine / DEVELOPMENT / "audio", tmp_path / "scenes")
    assert not (tmp_path / "scenes").exists()


def test_evaluation_without_truth_is_taken_as_it_is(mine, tmp_path):
    for name in (META, f"{SETUP}/{EVALUATE}"):
        (mine / EVALUATION / name).unlink()
    lines = imported(mine, tmp_path / "scenes")
    dataset = DCASE2016ASC(tmp_path / "scenes")
    assert list(dataset.parts(1).test) == ["test"] and len(dataset.evaluation.items) == 15
    assert "evaluation 15 of 390" in lines[-1]
    assert (tmp_path / "scenes" / EVALUATION / SETUP / TEST).is_file()


def test_papers_and_flaws_come_along(mine, tmp_path):
    (mine / DEVELOPMENT / "EULA.pdf").write_bytes(b"terms")
    imported(mine, tmp_path / "scenes")
    folder = tmp_path / "scenes" / DEVELOPMENT
    assert {path.name for path in folder.iterdir() if path.is_file()} == {
        *("meta.txt", "README.md", "LICENCE.txt", "EULA.pdf", ERRORS)
    }
