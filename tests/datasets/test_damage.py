"""Damage that files and lists come with: the fault of one clip, or none at all, and never the end of a command."""

import os
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest

from datasets import registry
from datasets.chime_home.layout import LISTS
from datasets.dcase2016_asc.layout import DEVELOPMENT, EVALUATION, KINDS
from datasets.dcase2018_domestic.layout import CLEAN, ORIGINAL, WEAK
from datasets.esc50 import ESC50
from tests.conftest import written
from tests.datasets.esc50.esc50_releases import ITEMS, write_v1_under_v2_names, write_v2

#: By dataset: a pattern of the audio files that are listed, and how the census calls the item of one.
CLIPS = {
    "chime_home": ("chunks/*.16kHz.wav", lambda path: path.name.removesuffix(".16kHz.wav")),
    "dcase2016_asc": ("TUT*development/audio/*.wav", lambda path: path.name),
    "dcase2017_rare": (
        "TUT*development/data/source_data/events/gunshot/*.wav",
        lambda path: f"events/gunshot/{path.name}",
    ),
    "dcase2018_domestic": ("audio/train/weak/*.wav", lambda path: path.name),
    "esc50": ("audio/*.wav", lambda path: path.name),
    "maestro_real": ("development_audio/*/*.wav", lambda path: path.stem),
}


@pytest.fixture(params=CLIPS)
def damaged(request, session_folder, tmp_path):
    """A copy of a miniature, one of its clips, and the name that the census has for it."""
    pattern, named = CLIPS[request.param]
    root = shutil.copytree(written(session_folder, request.param), tmp_path / "root")
    cls = registry.get(request.param)
    known = (
        {cls(root).root / one for one in cls(root).hashes()} if request.param != "esc50" else set(root.glob(pattern))
    )
    path = next(path for path in sorted(root.glob(pattern)) if path in known)

    def census(root=root):
        return registry.part(cls, "census").take_census(cls(root, cache=tmp_path / "cache"))

    return SimpleNamespace(root=root, path=path, item=named(path), cls=cls, census=census)


def link_to_nothing(path):
    path.symlink_to("nowhere")


def folder(path):
    path.mkdir()


def link_to_itself(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("damage", [link_to_nothing, folder, link_to_itself])
def test_what_is_no_file_is_a_fault_of_that_one_clip(damaged, damage):
    before = damaged.census()
    damaged.path.unlink()
    damage(damaged.path)
    census = damaged.census()
    assert list(census.faults) == ["unreadable"] and list(census.faults["unreadable"]) == [damaged.item]
    assert str(damaged.path) in census.faults["unreadable"][damaged.item]
    assert census.found == before.found and not census.missing and not census.complete
    dataset = damaged.cls(damaged.root)
    assert dataset.fingerprint() and all(dataset.load(item).size for item in dataset.parts(1).train.index[:2])


def test_a_name_that_is_not_utf8_is_told_and_harms_nothing(damaged):
    name = os.fsdecode(b"caf\xe9.wav")
    shutil.copy(damaged.path, damaged.path.with_name(name))
    census = damaged.census()
    assert census.complete and r"caf\xe9.wav" in census.to_markdown().encode("utf-8").decode()
    assert [one.rsplit("/")[-1] for one in census.to_dict()["extra"]] == [r"caf\xe9.wav"]


def test_a_folder_whose_name_is_not_utf8_holds_a_dataset_as_well(damaged, tmp_path):
    other = damaged.root.rename(tmp_path / os.fsdecode(b"donn\xe9es"))
    assert damaged.census(other).complete
    dataset = damaged.cls(other, cache=tmp_path / "cache")
    assert dataset.fingerprint() and dataset.load(dataset.parts(1).train.index[0]).size


SOURCES = "TUT-rare-sound-events-2017-development/data/source_data"
SCENES = [
    *(
        f"{DEVELOPMENT}/{one}"
        for one in ("meta.txt", "error.txt", *(f"evaluation_setup/fold1_{kind}.txt" for kind in KINDS))
    ),
    *(f"{EVALUATION}/{one}" for one in ("meta.txt", "evaluation_setup/evaluate.txt", "evaluation_setup/test.txt")),
]
MAESTRO = (
    *("metadata/development_metadata.csv", "metadata/gt_dev.csv"),
    *(f"development_folds/fold1_{kind}.csv" for kind in ("train", "val", "test")),
    "development_annotation/soft_labels_city_center/city_center_02.txt",
)
#: Lists of each dataset, and lines that are blank in their format.
TABLES = {
    "chime_home": (LISTS, ("", "  ")),
    "dcase2016_asc": (SCENES, ("", "  ", "\t")),
    "dcase2017_rare": ((f"{SOURCES}/bgs/bg_screening.csv",), ("", " ", ",,,")),
    "dcase2018_domestic": ((WEAK, CLEAN, ORIGINAL), ("", "  ", "\t")),
    "esc50": (("meta/esc50.csv",), ("", "  ", ",,,,,,")),
    "maestro_real": (MAESTRO, ("", "  ", "\t\t\t")),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", TABLES)
def test_blank_lines_and_byte_order_marks_are_fine(session_folder, tmp_path, name, end):
    places, blanks = TABLES[name]
    whole = written(session_folder, name)
    root = shutil.copytree(whole, tmp_path / "root")
    for place in places:
        lines = (root / place).read_text().splitlines()
        (root / place).write_bytes(b"\xef\xbb\xbf" + end.join([*lines[:2], *blanks, *lines[2:], *blanks]).encode())
    cls = registry.get(name)
    for part, frame in cls(whole).parts(1).named.items():
        pd.testing.assert_frame_equal(cls(root).parts(1).named[part], frame)


@pytest.mark.parametrize(
    "place",
    [f"{SOURCES}/cv_setup/events_devtrain.yaml", f"{SOURCES}/cv_setup/bgs_devtrain.yaml"],
)
def test_byte_order_marks_of_yaml_are_fine(miniature_rare, tmp_path, place):
    root = shutil.copytree(miniature_rare, tmp_path / "root")
    (root / place).write_bytes(b"\xef\xbb\xbf" + (root / place).read_bytes())
    cls = registry.get("dcase2017_rare")
    pd.testing.assert_frame_equal(cls(root).truth("devtrain"), cls(miniature_rare).truth("devtrain"))


@pytest.mark.filterwarnings("ignore:.* clips of esc")
def test_an_empty_folder_of_audio_does_not_hide_the_old_release(tmp_path):
    write_v1_under_v2_names(tmp_path)
    (tmp_path / "audio").mkdir()
    assert list(ESC50(tmp_path).paths()) == ITEMS and ESC50(tmp_path).release.kind == "v1 OGG"


@pytest.mark.filterwarnings("ignore:.* clips of esc")
def test_clips_of_both_releases_make_one(tmp_path):
    write_v1_under_v2_names(tmp_path)
    write_v2(tmp_path)
    for item in ITEMS[:3]:
        (tmp_path / "audio" / item).unlink()
    dataset = ESC50(tmp_path)
    assert [path.suffix for path in dataset.paths().values()] == [".ogg"] * 3 + [".wav"] * 5
    assert dataset.release.kind == "v2 WAV and v1 OGG"
