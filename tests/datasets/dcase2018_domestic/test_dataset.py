import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from datasets.dcase2018_domestic import DCASE2018Domestic
from datasets.dcase2018_domestic.census import take_census
from datasets.dcase2018_domestic.layout import CLEAN, ORIGINAL, REMOVED, TEST_AUDIO, TRAIN_AUDIO, WEAK
from datasets.dcase2018_domestic.lists import CLASSES, read_names, read_strong, read_weak
from datasets.errors import DataError
from tests.datasets.dcase2018_domestic.domestic_corpus import copied, write_clip

PARTS = ("train", "validation", "test")


@pytest.fixture
def root(miniature_domestic, tmp_path):
    return copied(miniature_domestic, tmp_path / "dcase2018_domestic", declared=True)


def test_parts_follow_the_lists(miniature_domestic):
    dataset = DCASE2018Domestic(miniature_domestic)
    frames = {part: dataset.parts().named[part] for part in PARTS}
    for part, frame in frames.items():
        assert frame.index.name == "item" and list(frame.columns)[:3] == ["label", "unit", "fold"]
        assert len(frame) == dataset.listed(part) and set(frame["fold"]) == {1}
        assert list(frame["unit"]) == [item[1:12] for item in frame.index]
    weak = read_weak(miniature_domestic / WEAK)
    assert [item for item in weak if item in frames["train"].index] == list(frames["train"].index)
    assert [item for item in weak if item in frames["validation"].index] == list(frames["validation"].index)
    assert len(frames["train"]) + len(frames["validation"]) == len(weak)
    assert len(frames["validation"]) == round(0.2 * len(weak))
    for item, label in frames["train"]["label"].items():
        assert label.split(",") == [name for name in CLASSES if name in weak[item]]


def test_test_part_has_both_lists(miniature_domestic):
    dataset = DCASE2018Domestic(miniature_domestic)
    frame = dataset.parts().named["test"]
    original, clean = (read_strong(miniature_domestic / name) for name in (ORIGINAL, CLEAN))
    removed = read_names(miniature_domestic / REMOVED)
    assert list(frame.index) == [*clean, *removed]
    assert [item for item in frame.index if frame["original"][item]] == [
        item for item in [*clean, *removed] if item in original
    ]
    assert list(frame.index[frame["clean"]]) == list(clean)
    assert frame["clean"].dtype == frame["original"].dtype == bool
    for item, label in frame["label"].items():
        assert set(label.split(",")) == (clean.get(item) or original[item])
    paths = dataset.paths()
    assert {paths[item].parent for item in removed} == {miniature_domestic / TRAIN_AUDIO}
    assert {paths[item].parent for item in clean} == {miniature_domestic / TEST_AUDIO}
    assert dataset.truth("test_plain").equals(frame)


def test_clips_that_are_absent_are_left_out(root):
    leaking = read_names(root / REMOVED)[0]
    (root / TRAIN_AUDIO / leaking).unlink()
    dataset = DCASE2018Domestic(root)
    assert all(leaking not in dataset.parts().named[part].index for part in PARTS)
    assert len(dataset.parts().named["test"]) == dataset.listed("test") - 1
    with pytest.raises(DataError, match=r"no such clip \(audio\).*data check dcase2018_domestic"):
        dataset.load(leaking)


def test_leaking_clip_that_lies_with_the_test_clips_is_the_training_clip_too(root):
    """The place of the 46 depends on when somebody downloaded them."""
    leaking = read_names(root / REMOVED)[0]
    (root / TRAIN_AUDIO / leaking).rename(root / TEST_AUDIO / leaking)
    dataset = DCASE2018Domestic(root)
    assert dataset.paths()[leaking] == root / TEST_AUDIO / leaking
    assert leaking in dataset.parts().named["test"].index
    assert (leaking in dataset.parts().named["train"].index) != (leaking in dataset.parts().named["validation"].index)


def test_without_the_original_list_a_generated_corpus_has_one_test_list(root):
    (root / ORIGINAL).unlink()
    frame = DCASE2018Domestic(root).parts().named["test"]
    assert frame["original"].all() and frame["clean"].all()
    (root / "miniature.json").unlink()
    with pytest.raises(DataError, match=r"test_2018-03-29_860943d\.csv: no such list; run .*data fetch"):
        DCASE2018Domestic(root).parts().named["test"]


def test_a_generated_corpus_may_declare_classes_validation_and_length(root):
    weak = read_weak(root / WEAK)
    declared = {"clip_seconds": 3.5, "classes": ["Dog", *CLASSES], "validation": list(weak)[:5], "corpus": "standin"}
    (root / "miniature.json").rename(root / "standin.json")
    (root / "standin.json").write_text(json.dumps(declared))
    dataset = DCASE2018Domestic(root)
    assert dataset.classes == ("Dog", *CLASSES) and dataset.clip_seconds == 3.5
    assert list(dataset.parts().named["validation"].index) == list(weak)[:5]
    assert dataset.layout.corpus == "standin"
    assert list(dataset.parts().named["validation"]["unit"]) == [item[1:12] for item in list(weak)[:5]]
    (root / "standin.json").write_text(json.dumps(declared | {"units": dict.fromkeys(list(weak)[:2], "one source")}))
    units = list(DCASE2018Domestic(root).parts().named["validation"]["unit"])
    assert units == ["one source", "one source", *(item[1:12] for item in list(weak)[2:5])]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"clip_seconds": 2, "classes": "Dog"}',
        '{"clip_seconds": 2, "units": ["a"]}',
        '{"clip_seconds": "long"}',
    ],
)
def test_bad_declaration(root, text):
    (root / "miniature.json").write_text(text)
    with pytest.raises(DataError, match=r"miniature\.json: not a declaration.*data miniature dcase2018_domestic"):
        DCASE2018Domestic(root)


def test_official_constants(tmp_path):
    (tmp_path / "real").mkdir()
    dataset = DCASE2018Domestic(tmp_path / "real")
    assert dataset.classes == CLASSES and dataset.clip_seconds == 10.0 and len(CLASSES) == 10
    assert dataset.sample_rate == 44100 and dataset.folds == (1,) and dataset.truth_of_names([]) is None
    with pytest.raises(DataError, match=r"weak\.csv: no such list"):
        dataset.parts().named["train"]


def test_missing_root_and_unknown_choices(tmp_path, miniature_domestic):
    with pytest.raises(DataError, match=r"no such folder; run .*data fetch dcase2018_domestic.*RESOUND_DATA"):
        DCASE2018Domestic(tmp_path / "nowhere")
    with pytest.raises(DataError, match="unknown source 'video'"):
        DCASE2018Domestic(miniature_domestic, source="video")
    with pytest.raises(DataError, match=r"unknown part 'eval'.*train, validation, test"):
        DCASE2018Domestic(miniature_domestic).labels("eval")


def test_samples_are_those_of_the_file(miniature_domestic):
    dataset = DCASE2018Domestic(miniature_domestic)
    for item, path in list(dataset.paths().items())[::20]:
        expected, rate = soundfile.read(path, dtype="float32")
        samples = dataset.load(item)
        assert samples.dtype == np.float32 and rate == dataset.sample_rate
        np.testing.assert_array_equal(samples, expected)


def test_two_channels_are_averaged_and_any_length_is_taken(root):
    dataset = DCASE2018Domestic(root)
    item = next(iter(dataset.paths()))
    stereo = np.random.default_rng(0).uniform(-0.5, 0.5, (12345, 2)).astype(np.float32)
    write_clip(dataset.paths()[item], samples=stereo)
    samples = dataset.load(item)
    assert samples.shape == (12345,)
    np.testing.assert_allclose(samples, stereo.mean(axis=1), atol=1e-7)
    write_clip(dataset.paths()[item], samples=np.array([0.5, 2.0, -3.0]))
    np.testing.assert_array_equal(dataset.load(item), np.float32([0.5, 1.0, -1.0]))


def test_clips_of_a_higher_rate_are_resampled(root):
    """A tone of 1 kHz at 48 kHz is one at 44.1 kHz."""
    dataset = DCASE2018Domestic(root)
    item, path = next(iter(dataset.paths().items()))
    write_clip(path, samples=0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000) / 48000), rate=48000)
    samples = dataset.load(item)
    assert len(samples) == 44100
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(44100) / 44100)
    np.testing.assert_allclose(samples[500:-500], expected[500:-500], atol=1e-3)


def test_clips_that_cannot_be_used(root):
    dataset = DCASE2018Domestic(root)
    item, path = next(iter(dataset.paths().items()))
    whole = path.read_bytes()
    for change, message in {
        "rate": lambda: write_clip(path, 1.0, rate=32000),
        "channels": lambda: write_clip(path, 1.0, channels=3),
        "silent": lambda: write_clip(path, 1.0, scale=0.0),
        "NaN": lambda: write_clip(path, samples=np.array([0.1, np.nan])),
        "truncated": lambda: path.write_bytes(whole[:-100]),
        "empty": lambda: path.write_bytes(b""),
        "unreadable": lambda: path.write_bytes(b"no sound at all"),
    }.items():
        message()
        with pytest.raises(DataError, match=f"^{item}: {change}: .*put the official file into") as caught:
            dataset.load(item)
        assert "\n" not in str(caught.value)


def test_fingerprint_follows_lists_and_clips(root, tmp_path):
    def fingerprint():
        return DCASE2018Domestic(root, tmp_path / "cache").fingerprint()

    first = fingerprint()
    assert len(first) == 16 and DCASE2018Domestic(root).fingerprint() == first
    seen = {first}
    weak = root / WEAK
    weak.write_text(weak.read_text().replace("\tSpeech\n", "\tDog\n", 1))
    seen.add(fingerprint())
    path = next(iter(DCASE2018Domestic(root).paths().values()))
    path.write_bytes(path.read_bytes()[:-2] + b"ab")
    seen.add(fingerprint())
    path.unlink()
    seen.add(fingerprint())
    (root / ORIGINAL).write_text("\n".join((root / ORIGINAL).read_text().split("\n")[:-2]) + "\n")
    seen.add(fingerprint())
    assert len(seen) == 5


def test_files_are_enough_to_move_the_corpus(root, tmp_path):
    dataset = DCASE2018Domestic(root)
    for path in dataset.files():
        place = tmp_path / "moved" / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.read_bytes())
    moved = DCASE2018Domestic(tmp_path / "moved")
    assert moved.fingerprint() == dataset.fingerprint() and take_census(moved).complete
    assert (tmp_path / "moved" / "LICENSE").is_file()


def features(root, **arrays):
    for name, array in arrays.items():
        for place, content in array.items():
            path = root / "features" / name / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(content, 2))


def test_released_features(root):
    (root / "miniature.json").unlink()
    weak, clean = list(read_weak(root / WEAK)), list(read_strong(root / CLEAN))
    leaking = read_names(root / REMOVED)[0]
    array = np.linspace(-36, 2, 32000).reshape(500, 64)
    names = {"train": [weak[-1]], "test": [clean[0], leaking]}
    features(root, **{part: {f"{one[:-4]}.cpickle": array for one in some} for part, some in names.items()})
    np.save(root / "features" / "test" / f"{clean[1][:-4]}.npy", array.astype(np.float32))
    dataset = DCASE2018Domestic(root, source="features")
    assert list(dataset.paths()) == [leaking, weak[-1], clean[0], clean[1]]
    assert list(dataset.parts().named["test"].index) == [clean[0], clean[1], leaking]
    for item in dataset.paths():
        found = dataset.load(item)
        assert found.dtype == np.float32 and found.shape == (500, 64)
        np.testing.assert_array_equal(found, array.astype(np.float32))
    assert dataset.fingerprint() != DCASE2018Domestic(root).fingerprint()
    for content, kind in (
        (array[:499], "length: shape"), (np.where(array > 0, np.nan, array), "NaN"), ({}, "asks for|another thing"),
    ):  # fmt: skip
        features(root, test={f"{clean[0][:-4]}.cpickle": content})
        with pytest.raises(DataError, match=kind):
            dataset.load(clean[0])


def test_is_imported_without_heavy_modules():
    code = (
        "import sys; import datasets.dcase2018_domestic; sys.exit(any(m in sys.modules for m in ('torch', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_dataset_can_be_sent_to_a_worker(miniature_domestic):
    dataset = DCASE2018Domestic(miniature_domestic)
    dataset.parts().named["test"]
    item = next(iter(dataset.paths()))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(dataset)).load(item), dataset.load(item))


@pytest.mark.real
def test_real_lists_without_audio(data_root):
    root = data_root / "dcase2018_domestic"
    if not (root / WEAK).is_file():
        pytest.skip(f"no lists in {root}")
    dataset = DCASE2018Domestic(root)
    assert [dataset.listed(part) for part in PARTS] == [1262, 316, 334]
    labels = dataset.labels("test")
    assert len(labels) == 334 and all(labels.values())
