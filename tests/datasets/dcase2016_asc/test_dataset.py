import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from datasets.dcase2016_asc import DCASE2016ASC
from datasets.dcase2016_asc.layout import CLASSES, DEVELOPMENT, EVALUATE, EVALUATION, FOLDS, TEST
from datasets.dcase2016_asc.listing import location_of
from datasets.dcase2016_asc.splits import choose_leaky_tests, choose_validation
from datasets.errors import DataError
from tests.datasets.dcase2016_asc.conftest import write_sound


def with_sound(root):
    """Empty files in the place of all listed items: parts ask whether they are there, not what is in them."""
    dataset = DCASE2016ASC(root)
    for record in (DEVELOPMENT, EVALUATION):
        for item in dataset.items_of(record):
            dataset.layout.audio(item).write_bytes(b"")
    return root


def test_parts_have_the_lists_of_a_fold_and_hold_whole_locations_out(lists):
    dataset = DCASE2016ASC(with_sound(lists.root))
    for fold in FOLDS:
        parts = dataset.parts(fold)
        listed = dataset.development.folds[fold]
        assert [len(frame) for frame in parts.named.values()] == [150, 30, 60, 30]
        both = pd.concat([parts.train, parts.validation])
        assert set(both.index) == set(listed.train.by_item)
        assert [item for item in listed.train.by_item if item in parts.train.index] == list(parts.train.index)
        assert not set(parts.train["unit"]) & set(parts.validation["unit"])
        assert not {*both["unit"]} & {*parts.test["test"]["unit"]}
        assert set(parts.validation["label"]) == set(CLASSES)
        assert list(parts.test["test"].index) == list(listed.test.by_item)
        assert set(parts.test["test"]["fold"]) == {fold} and set(parts.test["evaluation"]["fold"]) == {0}
        assert (both["fold"] != fold).all()


def test_units_are_locations(lists):
    dataset = DCASE2016ASC(with_sound(lists.root))
    truth = dataset.truth("test")
    assert list(truth["unit"]) == [location_of(item) for item in truth.index] and len(truth) == 240
    rows = (line.split("\t") for line in dataset.layout.evaluation_list(EVALUATE).read_text().splitlines())
    told = {item.removeprefix("audio/"): original[6:10] for item, _, original in rows}
    evaluation = dataset.truth("evaluation")
    assert dict(evaluation["unit"]) == told
    assert dict(evaluation["label"]) == dict(dataset.evaluation.scenes)


def test_without_original_names_each_evaluation_item_is_a_unit(lists):
    lists.layout.evaluation_list(EVALUATE).unlink()
    evaluation = DCASE2016ASC(with_sound(lists.root)).truth("evaluation")
    assert list(evaluation["unit"]) == list(evaluation.index) and len(evaluation) == 30


def test_all_trains_on_everything_and_tests_the_evaluation_set(lists):
    dataset = DCASE2016ASC(with_sound(lists.root), training="all")
    assert dataset.folds == (1,)
    parts = dataset.parts(1)
    assert list(parts.test) == ["evaluation"] and len(parts.train) + len(parts.validation) == 240
    assert not set(parts.train["unit"]) & set(parts.validation["unit"])
    assert {*parts.train["fold"], *parts.validation["fold"]} == {1}
    with pytest.raises(DataError, match="no test set 'test' where training is 'all'"):
        dataset.truth("test")


def test_leaky_splits_have_locations_on_both_sides(lists):
    dataset = DCASE2016ASC(with_sound(lists.root), training="leaky")
    tested = []
    for fold in dataset.folds:
        parts = dataset.parts(fold)
        trained = {*parts.train["unit"], *parts.validation["unit"]}
        assert set(parts.test["test"]["unit"]) & trained
        assert len(parts.train) + len(parts.validation) + len(parts.test["test"]) == 240
        assert not set(parts.train["unit"]) & set(parts.validation["unit"])
        tested += list(parts.test["test"].index)
    assert len(tested) == len(set(tested)) == len(dataset.truth("test"))


def test_leaky_splits_have_the_share_of_the_official_folds():
    items = [f"a{number:03d}_0_30.wav" for number in range(1170)]
    tests = choose_leaky_tests(items, 4)
    assert [len(one) for one in tests] == [290] * 4 and len(set().union(*tests)) == 1160
    assert choose_leaky_tests(reversed(items), 4) == tests
    assert [len(one) for one in choose_leaky_tests(items[:60], 4)] == [15] * 4


def test_validation_depends_on_the_list_alone_and_holds_at_least_one_location_of_each_scene():
    scenes = {f"a{place:03d}_{30 * part}_{30 * part + 30}.wav": "beach" for place in range(12) for part in range(6)}
    scenes |= {f"b{place:03d}_0_30.wav": "tram" for place in range(3)}
    chosen = choose_validation(scenes, "1")
    assert choose_validation(dict(sorted(scenes.items(), reverse=True)), "1") == chosen
    assert choose_validation(scenes, "2") != chosen
    assert len([place for place in chosen if place[0] == "b"]) == 1
    held_out = sum(location_of(item) in chosen for item in scenes)
    assert abs(held_out - 0.15 * 75) <= 3  # half a location
    assert choose_validation({"a001_0_30.wav": "beach"}, "1") == frozenset()


def test_without_audio_or_truth_of_the_evaluation_set_development_goes_on(lists):
    root = with_sound(lists.root)
    for path in (lists.layout.meta(EVALUATION), lists.layout.evaluation_list(EVALUATE)):
        path.unlink()
    dataset = DCASE2016ASC(root)
    assert len(dataset.evaluation.items) == 30 and not dataset.evaluation.scenes
    assert list(dataset.parts(1).test) == ["test"] and len(dataset.truth("test")) == 240
    with pytest.raises(DataError, match=r"evaluate.txt: no such list; the challenge's release lacks the truth.* fetch"):
        dataset.truth("evaluation")
    shutil.rmtree(root / EVALUATION)
    dataset = DCASE2016ASC(root)
    assert list(dataset.parts(1).test) == ["test"] and dataset.listed("evaluation") == 0
    assert len(dataset.fingerprint()) == 16 and dataset.files()


def test_truth_without_audio_makes_no_test_set(lists):
    root = with_sound(lists.root)
    for path in (root / EVALUATION / "audio").iterdir():
        path.unlink()
    dataset = DCASE2016ASC(root)
    assert list(dataset.parts(1).test) == ["test"] and len(dataset.truth("evaluation")) == 0


def test_lists_tell_the_truth_of_items_that_are_not_here(lists):
    """Scores made elsewhere are judged on the official items, whatever sound is here."""
    root = with_sound(lists.root)
    whole = {name: DCASE2016ASC(root).truth(name) for name in ("test", "evaluation")}
    for folder in (DEVELOPMENT, EVALUATION):
        shutil.rmtree(root / folder / "audio")
    dataset = DCASE2016ASC(root)
    for name, truth in whole.items():
        assert dataset.truth_of_lists(name).equals(truth) and dataset.truth(name).equals(truth[:0])


def test_items_that_are_not_here_are_left_out_and_counted(lists):
    dataset = DCASE2016ASC(with_sound(lists.root))
    item = dataset.development.folds[1].test.rows[0].item
    dataset.layout.audio(item).unlink()
    assert item not in dataset.parts(1).test["test"].index and dataset.listed("test", 1) == 60
    validation = dataset.validation_list(2)
    dataset.layout.audio(validation[0]).unlink()
    assert dataset.validation_list(2) == validation  # what is here does not decide


def test_an_unknown_training_is_refused(tiny):
    with pytest.raises(DataError, match="unknown training 'half' of dcase2016_asc; known: folds, all, leaky"):
        DCASE2016ASC(tiny, training="half")


def test_channels_become_one_by_their_mean(copy):
    dataset = DCASE2016ASC(copy)
    item = dataset.parts(1).train.index[0]
    raw, rate = soundfile.read(dataset.layout.audio(item), dtype="int32", always_2d=True)
    exact = raw.astype(np.float64).mean(axis=1) / 2**31
    assert rate == 44100 and (raw % 256 == 0).all()  # 24 bit
    samples = dataset.load(item)
    assert samples.dtype == np.float32 and np.abs(samples - exact).max() < 2**-25
    assert not np.array_equal(raw[:, 0], raw[:, 1])


def test_a_file_with_one_channel_is_taken_as_it_is(copy):
    dataset = DCASE2016ASC(copy)
    path = dataset.layout.audio("a001_0_30.wav")
    write_sound(path, channels=1)
    assert np.array_equal(dataset.load(path.name), soundfile.read(path, dtype="float32")[0])


@pytest.mark.parametrize(("seconds", "left"), [(0.05, 2205), (0.15, 4410)])
def test_what_is_a_little_longer_or_shorter_is_fitted(copy, seconds, left):
    dataset = DCASE2016ASC(copy)
    path = dataset.layout.audio("a001_0_30.wav")
    write_sound(path, seconds=seconds)
    samples = dataset.load(path.name)
    assert len(samples) == 4410 and samples[:left].all() and not samples[left:].any()


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        ({"rate": 48000}, "rate: 48000 Hz instead of 44100 Hz"),
        ({"channels": 3}, "channels: 3 channels instead of 2 or 1"),
        ({"seconds": 0.25}, "length: 0.25 s instead of 0.1 s"),
        ({"scale": 0.0}, "silent: every sample is zero"),
        ({"scale": np.nan, "subtype": "FLOAT"}, "NaN: samples that are NaN"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_its_name(copy, sound, reason):
    dataset = DCASE2016ASC(copy)
    path = dataset.layout.audio("a001_0_30.wav")
    write_sound(path, **sound)
    with pytest.raises(DataError, match=rf"^a001_0_30.wav: {reason}") as caught:
        dataset.load(path.name)
    assert "\n" not in str(caught.value)


def test_flaws_are_told_and_left_in(copy):
    dataset = DCASE2016ASC(copy)
    errors = dataset.errors()
    assert list(errors.columns) == ["item", "onset", "offset", "label"]
    assert list(errors["item"]) == ["a001_0_30.wav", "a002_0_30.wav"] and set(errors["label"]) == {
        "microphone",
        "mobile",
    }
    assert set(errors["item"]) <= set(dataset.truth("test").index)
    before = dataset.fingerprint()
    dataset.layout.errors.write_text("audio/b999_0_30.wav\t0\t1\tmobile\n")
    with pytest.raises(DataError, match=r"error.txt: b999_0_30.wav is not in meta.txt"):
        dataset.errors()
    dataset.layout.errors.unlink()
    assert dataset.errors().empty and DCASE2016ASC(copy).fingerprint() == before


def test_evaluation_lists_that_are_not_there_are_no_fault(lists):
    lists.layout.evaluation_list(TEST).unlink()
    assert len(DCASE2016ASC(lists.root).evaluation.items) == 30
