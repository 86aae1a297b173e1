import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from datasets.chime_home import CHiMEHome
from datasets.chime_home.census import take_census
from datasets.chime_home.layout import CROSSVALIDATION, DEVELOPMENT_RAW
from datasets.chime_home.lists import ChunkLists, segment_of
from datasets.errors import DataError

PARTS = ("train", "validation", "test")


@pytest.fixture
def dataset(copy):
    return CHiMEHome(copy)


def test_split_has_the_listed_chunks_in_order(miniature_chime):
    dataset = CHiMEHome(miniature_chime)
    for part in PARTS:
        frame = dataset.parts().named[part]
        assert list(frame.columns) == ["label", "unit", "fold"] and frame.index.name == "item"
        assert tuple(frame.index) == dataset.lists.part(part) and len(frame) == dataset.listed(part)
        assert list(frame["unit"]) == [segment_of(item) for item in frame.index]
        assert set(frame["fold"]) == {1} and str(frame["fold"].dtype) == "int64"
        for item, label in frame["label"].items():
            assert label == ",".join(dataset.annotation(item).labels)
    assert dataset.truth("test_plain").equals(dataset.parts().named["test"])
    assert CHiMEHome.truth_of_names(frame.index) is None


def test_classes_are_those_of_the_task_and_silence_is_none(miniature_chime):
    dataset = CHiMEHome(miniature_chime)
    assert dataset.classes == (
        *("child_speech", "adult_male_speech", "adult_female_speech", "video_game_tv"),
        *("percussive_sound", "broadband_noise", "other_sound"),
    )
    labels = dataset.parts().named["test"]["label"]
    (silent,) = labels.index[labels == ""]
    assert dataset.annotation(silent).majority == "S"
    assert {name for label in labels for name in label.split(",") if name} == set(dataset.classes)


def test_only_chunks_whose_audio_and_annotation_are_here(dataset):
    first, second, *others = dataset.parts().named["train"].index
    dataset.layout.mono(first).unlink()
    dataset.layout.annotation(second).unlink()
    assert list(dataset.parts().named["train"].index) == others and dataset.listed("train") == len(others) + 2


def test_load_gives_the_mono_file(miniature_chime):
    dataset = CHiMEHome(miniature_chime)
    item = dataset.parts().named["test"].index[0]
    samples = dataset.load(item)
    assert samples.dtype == np.float32 and samples.shape == (16000,) and dataset.clip_seconds == 1.0
    exact, rate = soundfile.read(miniature_chime / "chunks" / f"{item}.16kHz.wav", dtype="int16")
    assert rate == dataset.sample_rate and np.array_equal(samples * 32768, exact)


def test_load_takes_any_length(dataset):
    item = dataset.parts().named["test"].index[0]
    soundfile.write(dataset.layout.mono(item), np.full(12345, 0.25), 16000)
    assert dataset.load(item).shape == (12345,)


@pytest.mark.parametrize(
    ("samples", "rate", "reason"),
    [
        (np.full((16000, 2), 0.1), 16000, "2 channels instead of 1"),
        (np.full(16000, 0.1), 48000, "48000 Hz instead of 16000 Hz"),
        (np.zeros(16000), 16000, "every sample is zero"),
        (np.full(16000, np.nan), 16000, "NaN"),
        (np.zeros(0), 16000, "a file of 0 frames"),
    ],
)
def test_load_refuses_bad_files(dataset, samples, rate, reason):
    item = dataset.parts().named["test"].index[0]
    soundfile.write(dataset.layout.mono(item), samples, rate, subtype="FLOAT")
    with pytest.raises(DataError, match=reason) as caught:
        dataset.load(item)
    assert f"{item}.16kHz.wav" in str(caught.value) and "\n" not in str(caught.value)


def test_load_refuses_unknown_chunks_and_what_is_no_sound(dataset):
    with pytest.raises(DataError, match=r"no such file; .*data check chime_home"):
        dataset.load("CR_lounge_010120_0900.s0_chunk74")
    item = dataset.parts().named["test"].index[0]
    dataset.layout.mono(item).write_bytes(b"?" * 5000)
    with pytest.raises(DataError, match="not decodable"):
        dataset.load(item)


def test_bad_annotations_and_parts_are_told(dataset):
    item = dataset.parts().named["train"].index[3]
    path = dataset.layout.annotation(item)
    path.write_text(path.read_text().replace("majorityvote,", "majorityvote,z"))
    with pytest.raises(DataError, match=rf"{item}.csv:10: unknown letter 'z'"):
        dataset.parts().named["train"]
    with pytest.raises(DataError, match="unknown part 'devtest'"):
        dataset.chunks("devtest")


def test_copy_from_before_the_evaluation_release(dataset):
    for chunk in dataset.lists.part("test"):
        dataset.layout.annotation(chunk).unlink()
    assert len(dataset.chunks("train")) == dataset.listed("train")
    with pytest.raises(DataError, match=r"no annotation of any evaluation chunk; copies from before .* import a newer"):
        dataset.truth()


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="data fetch chime_home"):
        CHiMEHome(tmp_path / "nowhere")


def test_bad_declaration(copy):
    (copy / "miniature.json").write_text('{"corpus": "miniature"}')
    with pytest.raises(DataError, match="not a declaration of a miniature; delete the folder"):
        take_census(CHiMEHome(copy))


def test_fingerprint_follows_what_decides(copy, tmp_path):
    def fingerprint():
        return CHiMEHome(copy, cache=tmp_path / "cache").fingerprint()

    first, item = fingerprint(), CHiMEHome(copy).parts().named["train"].index[0]
    (copy / "chunks" / f"{item}.48kHz.wav").unlink()
    (copy / DEVELOPMENT_RAW).unlink()
    assert fingerprint() == first and len(first) == 16
    dataset = CHiMEHome(copy)
    for path in (dataset.layout.mono(item), dataset.layout.annotation(item)):
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        assert fingerprint() != first
        path.write_bytes(content)
    assert fingerprint() == first
    crossvalidation = copy / CROSSVALIDATION
    crossvalidation.write_text(crossvalidation.read_text().replace(",2\n", ",3\n", 1))
    assert fingerprint() != first


def test_files_are_enough_to_move_it(miniature_chime, tmp_path):
    dataset = CHiMEHome(miniature_chime)
    for path in dataset.files():
        place = tmp_path / "there" / path.relative_to(miniature_chime)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    moved = CHiMEHome(tmp_path / "there")
    assert moved.fingerprint() == dataset.fingerprint() and moved.clip_seconds == 1.0
    assert all(moved.parts().named[part].equals(dataset.parts().named[part]) for part in PARTS)
    assert not list((tmp_path / "there").rglob("*.48kHz.wav")) and take_census(moved).complete


def test_the_class_is_imported_without_torch_and_pandas():
    code = (
        "import sys; from datasets.chime_home import CHiMEHome; "
        "print([name for name in ('torch', 'pandas', 'scipy', 'librosa') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.real
def test_official_parts_and_labels(real_root, tmp_path):
    shutil.copytree(real_root, tmp_path / "chime_home")
    for chunk in ChunkLists.read(real_root).known():
        (tmp_path / "chime_home" / "chunks" / f"{chunk}.16kHz.wav").touch()
    dataset = CHiMEHome(tmp_path / "chime_home")
    frames = {part: dataset.parts().named[part] for part in PARTS}
    assert [len(frames[part]) for part in PARTS] == [1563, 383, 816] == [dataset.listed(part) for part in PARTS]
    counts = {
        part: [int(frame["label"].str.split(",").map(set(name.split()).issubset).sum()) for name in dataset.classes]
        for part, frame in frames.items()
    }
    assert counts["test"] == [328, 79, 140, 590, 269, 31, 125]
    both = [train + validation for train, validation in zip(counts["train"], counts["validation"], strict=True)]
    assert both == [1214, 174, 409, 1181, 765, 19, 361]
    assert sum((frame["label"] == "").sum() for frame in frames.values()) == 27 + 15  # silence alone
    assert frames["test"]["unit"].nunique() == 25 and dataset.clip_seconds == 4.0
