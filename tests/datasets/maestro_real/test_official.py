"""The official lists, against published facts about them."""

import hashlib
import json
import math
from collections import Counter

import numpy as np
import pytest
import soundfile

from datasets.acquire.checksums import official_tokens, token
from datasets.maestro_real import MaestroReal
from datasets.maestro_real.annotations.labels import read_soft
from datasets.maestro_real.archives import CHECKSUMS, LISTS
from datasets.maestro_real.census import take_census
from datasets.maestro_real.layout import CLASSES, ITEMS, SCENES, SCORED
from datasets.maestro_real.reading import read_recording

pytestmark = pytest.mark.real
#: Seconds above one half and the integer part of the sum of soft values of each scored class, as derived from the
#: official files and published with the challenge's ground truth.
COUNTS = {
    "birds_singing": (1472, 1318),
    "car": (3513, 2885),
    "people talking": (5703, 5008),
    "footsteps": (1444, 2998),
    "children voices": (183, 792),
    "wind_blowing": (141, 625),
    "brakes_squeaking": (110, 477),
    "large_vehicle": (689, 960),
    "cutlery and dishes": (170, 715),
    "metro approaching": (452, 806),
    "metro leaving": (299, 737),
}


@pytest.fixture(scope="module")
def dataset(official):
    return MaestroReal(official)


def test_folds_have_the_published_sizes_and_test_every_recording_once(dataset):
    sizes = [tuple(len(frame.index.unique()) for frame in dataset.parts(fold).named.values()) for fold in dataset.folds]
    assert sizes == [(26, 12, 12, 11), *[(27, 12, 12, 10)] * 3, (28, 13, 13, 8)]
    assert sorted(dataset.lists.tested_in) == sorted(
        item for some in ITEMS["development_audio"].values() for item in some
    )
    assert Counter(dataset.scene(item) for item in dataset.lists.durations) == dict(
        zip(SCENES, (10, 10, 9, 9, 11), strict=True)
    )


def test_seconds_are_the_complete_ones(dataset):
    durations = dataset.lists.durations
    assert sum(durations.values()) == pytest.approx(11391.5, abs=0.1) and dataset.clip_seconds == max(
        durations.values()
    )
    complete = {item: math.floor(seconds) for item, seconds in durations.items()}
    assert sum(complete.values()) == 11369 and sum(map(math.ceil, durations.values())) == 11418
    assert {item: len(read_soft(dataset.layout.labels(item), None)) for item in durations} == complete
    trained = [sum(complete[item] for item in dataset.parts(fold).train.index) for fold in dataset.folds]
    assert trained == [5915, 6090, 6219, 6421, 6662]


def test_hard_labels_are_the_official_ones_in_every_second(dataset):
    hard = np.concatenate([dataset.hard(item) for item in dataset.lists.durations])
    soft = np.concatenate([dataset.soft(item) for item in dataset.lists.durations])
    columns = [CLASSES.index(label) for label in SCORED]
    counts = zip(hard[:, columns].sum(axis=0), soft[:, columns].sum(axis=0, dtype=np.float64), strict=True)
    assert {label: (int(one), int(other)) for label, (one, other) in zip(SCORED, counts, strict=True)} == COUNTS
    assert not (soft == 0.5).any() and hard.sum(axis=1).mean() == pytest.approx(1.25, abs=0.005)
    segments = sum(map(math.ceil, dataset.lists.durations.values()))
    floor = np.mean([2 * count / (segments + count) for count, _ in COUNTS.values()])
    assert floor == pytest.approx(0.176, abs=0.0005)


def test_truth_holds_every_soft_label_above_zero(dataset, official):
    truth = dataset.truth()
    assert truth.index.nunique() == 49 and truth["activity"].max() == 1
    assert truth["activity"].sum() == pytest.approx(
        sum(dataset.soft(item).sum() for item in set(truth.index)), rel=1e-5
    )
    assert Counter(truth.loc[truth["activity"] > 0.5, "label"]) == {label: hard for label, (hard, _) in COUNTS.items()}


def test_md5_of_lists_and_files_are_the_official_ones(official, data_root):
    for one in LISTS:
        content = (official / one.place).read_bytes()
        assert (len(content), hashlib.md5(content).hexdigest()) == (one.size, one.md5)
        assert hashlib.sha1(b"blob %d\0" % one.size + content).hexdigest() == one.blob
    index = json.loads((data_root / "maestro_real" / "official_md5.json").read_text())["clips"]
    known = {token(*pair) for clip in index.values() for pair in clip.values() if pair[0]}
    assert known == official_tokens(CHECKSUMS) and len(known) == 49 + 26 + 49


def test_lists_and_labels_alone_are_told_as_what_they_are(dataset):
    census = take_census(dataset, contents=False)
    assert (census.found, census.expected, census.missing) == (49, 49, {})
    assert census.evaluation == (0, 26) and "evaluation 0 of 26" in census.summary()


def test_the_sample_is_read(data_root):
    folder = data_root / "maestro_real" / "sample"
    info = soundfile.info(folder / "cafe_restaurant_14_excerpt.wav")
    samples, channels = read_recording(folder / "cafe_restaurant_14_excerpt.wav", 5.0)
    assert (channels, len(samples), info.subtype) == (2, info.frames, "PCM_16")
    soft = read_soft(folder / "cafe_restaurant_14_first_lines.txt", 210)
    assert soft[0, CLASSES.index("furniture dragging")] == 0.3863415649633261 and np.count_nonzero(soft) == 3
