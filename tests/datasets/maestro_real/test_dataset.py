import re
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from datasets.errors import DataError
from datasets.maestro_real import MaestroReal
from datasets.maestro_real.layout import CLASSES, DEVELOPMENT, EVALUATION, ITEMS, SCORED
from tests.datasets.maestro_real.conftest import ITEM, OTHER, write_sound


def test_classes_and_scenes_are_those_of_the_set(tiny):
    dataset = MaestroReal(tiny)
    assert dataset.classes == CLASSES and len(CLASSES) == 17 and len(dataset.scenes) == 5
    assert dataset.scored == SCORED and set(SCORED) < set(CLASSES) and len(SCORED) == 11
    assert {record: sum(map(len, scenes.values())) for record, scenes in ITEMS.items()} == {
        DEVELOPMENT: 49,
        EVALUATION: 26,
    }
    assert dataset.scene(ITEM) == "city_center"
    with pytest.raises(DataError, match="'harbour_00' is no name like cafe_restaurant_07"):
        dataset.scene("harbour_00")


def test_training_and_validation_have_a_row_per_recording(lists):
    dataset = MaestroReal(lists.root)
    for fold in dataset.folds:
        parts = dataset.parts(fold)
        assert [frame.index.nunique() for frame in parts.named.values()] == [15, 5, 5, 5]
        assert set(parts.test["selection"].index) == set(parts.validation.index)
        for part in (parts.train, parts.validation):
            assert list(part.columns) == ["label", "unit", "fold"] and part.index.is_unique
            assert list(part["unit"]) == list(part.index) and (part["fold"] != fold).all()
            for item, label in part["label"].items():
                active = dataset.soft(item).any(axis=0)
                assert label == ",".join(np.array(CLASSES)[active])
        assert dataset.listed("train", fold) == 15 and dataset.listed("elsewhere", fold) == 0


def test_the_test_set_has_a_row_per_second_and_class(lists):
    dataset = MaestroReal(lists.root)
    truth = dataset.truth()
    assert list(truth.columns) == ["label", "unit", "fold", "onset", "offset", "activity", "seconds", "scored"]
    assert list(truth["scored"]) == [label in ("", *dataset.scored) for label in truth["label"]]
    assert list(truth["seconds"]) == [dataset.seconds(item) for item in truth.index]
    first = ~truth.index.duplicated()
    assert (truth["label"][first] == "").all() and truth["onset"][first].isna().all()
    whole, truth = truth, truth[~first]
    assert (truth["offset"] - truth["onset"] == 1).all() and truth["activity"].between(0.2, 1).all()
    for item in dataset.lists.durations:
        soft = np.zeros((int(dataset.seconds(item)), 17))
        rows = truth.loc[[item]]
        soft[rows["onset"].astype(int), [CLASSES.index(label) for label in rows["label"]]] = rows["activity"]
        assert np.array_equal(soft.astype(np.float32), dataset.soft(item))
        assert rows.sort_values("onset", kind="stable").equals(rows)
        assert set(rows["fold"]) == {dataset.lists.tested_in[item]} and set(rows["unit"]) == {item}
    frames = [dataset.parts(fold).test["test"] for fold in dataset.folds]
    pd.testing.assert_frame_equal(pd.concat(frames), whole)
    with pytest.raises(DataError, match="maestro_real has no test set 'evaluation', only 'selection' and 'test'"):
        dataset.truth("evaluation")


def test_a_recording_in_which_nothing_is_heard_has_one_row(lists):
    lists.layout.labels(ITEM).write_text("0.0\t1.0\tcar\t0.0\n")
    rows = MaestroReal(lists.root).truth().loc[[ITEM]]
    assert list(rows["label"]) == [""] and rows[["onset", "offset", "activity"]].isna().all(axis=None)
    dataset = MaestroReal(lists.root)
    train, validation, _ = dataset.parts(dataset.lists.tested_in[ITEM] % 5 + 1)
    trained = pd.concat([train, validation])
    assert trained.loc[ITEM, "label"] == "" and (trained["label"] == "").sum() == 1


@pytest.mark.parametrize("place", ["audio", "labels"])
def test_a_recording_that_is_not_here_whole_is_left_out_and_counted(lists, place):
    dataset = MaestroReal(lists.root)
    fold = dataset.lists.tested_in[ITEM]
    getattr(lists.layout, place)(ITEM).unlink()
    parts = dataset.parts(fold)
    assert ITEM not in parts.test["test"].index and dataset.listed("test", fold) == 5
    assert parts.test["test"].index.nunique() == 4 and ITEM not in dataset.truth().index


def test_hard_labels_are_soft_ones_above_one_half_and_what_the_official_list_says(lists):
    dataset = MaestroReal(lists.root)
    assert np.array_equal(dataset.hard(ITEM), dataset.soft(ITEM) > 0.5)
    assert dataset.hard(ITEM).shape == dataset.soft(ITEM).shape == (int(dataset.seconds(ITEM)), 17)
    table = lists.layout.hard
    gone = next(line for line in table.read_text().splitlines() if line.startswith(ITEM))
    lists.change(table, lambda lines: [line for line in lines if line != gone])
    _, onset, _, label = gone.split("\t")
    with pytest.raises(DataError, match=rf"gt_dev.csv: lacks {label} in second {float(onset):g} of {ITEM}, .*1 such"):
        MaestroReal(lists.root).hard(ITEM)
    table.unlink()
    assert MaestroReal(lists.root).hard(ITEM).any()


def test_soft_labels_that_are_bad_are_told_by_file_and_line(lists):
    lists.change(lists.layout.labels(ITEM), lambda lines: [*lines, "1.0\t2.0\tdog\t0.5"])
    with pytest.raises(DataError, match=rf"{ITEM}.txt:\d+: unknown class 'dog'"):
        MaestroReal(lists.root).truth()


def test_durations_are_those_of_the_list_and_may_be_absent(lists):
    dataset = MaestroReal(lists.root)
    assert dataset.clip_seconds == max(dataset.lists.durations.values()) < 4
    with pytest.raises(DataError, match=f"{OTHER} is not in .*development_metadata.csv"):
        dataset.seconds(OTHER)
    lists.layout.durations.unlink()
    with pytest.raises(DataError, match=r"no such list; .* fetch maestro_real`"):
        MaestroReal(lists.root).parts(1)


def test_channels_become_one_by_their_mean(copy):
    dataset = MaestroReal(copy)
    raw, rate = soundfile.read(dataset.layout.audio(ITEM))
    assert rate == 44100 and raw.shape[1] == 2 and not np.array_equal(raw[:, 0], raw[:, 1])
    samples = dataset.load(ITEM)
    assert samples.dtype == np.float32 and np.abs(samples - raw.mean(axis=1)).max() < 1e-7
    assert len(samples) == round(dataset.seconds(ITEM) * 44100)
    write_sound(dataset.layout.audio(ITEM), dataset.seconds(ITEM), channels=1)
    assert np.array_equal(dataset.load(ITEM), soundfile.read(dataset.layout.audio(ITEM), dtype="float32")[0])


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        ({"rate": 48000}, "rate: 48000 Hz instead of 44100 Hz"),
        ({"channels": 3}, "channels: 3 channels instead of 2 or 1"),
        ({"seconds": 9.0}, r"length: 9.00 s instead of \d.\d\d s"),
        ({"scale": 0.0}, "silent: every sample is zero"),
        ({"scale": np.nan, "subtype": "FLOAT"}, "NaN: samples that are NaN"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_its_name(copy, sound, reason):
    dataset = MaestroReal(copy)
    write_sound(dataset.layout.audio(ITEM), **{"seconds": dataset.seconds(ITEM), **sound})
    with pytest.raises(DataError, match=rf"^{ITEM}.wav: {reason}") as caught:
        dataset.load(ITEM)
    assert "\n" not in str(caught.value)


def test_labels_and_lists_decide_and_evaluation_and_hard_labels_do_not(copy):
    before = MaestroReal(copy).fingerprint()
    shutil.rmtree(copy / EVALUATION)
    MaestroReal(copy).layout.hard.unlink()
    assert MaestroReal(copy).fingerprint() == before
    path = MaestroReal(copy).layout.labels(ITEM)
    path.write_text(re.sub(r"\t0\.2\n", "\t0.4\n", path.read_text(), count=1))
    assert MaestroReal(copy).fingerprint() != before
