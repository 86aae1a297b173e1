import json
from collections import Counter

import numpy as np
import pytest
import soundfile

from datasets.dcase2016_asc import DCASE2016ASC, standin
from datasets.dcase2016_asc.census import take_census
from datasets.dcase2016_asc.layout import CLASSES, DEVELOPMENT, EVALUATION, PER_CLASS
from datasets.dcase2016_asc.scenes.mixtures import KINDS, MIXTURES, plan, stock_of
from datasets.dcase2016_asc.writing import Sizes, make_items
from datasets.errors import DataError
from datasets.esc50.miniature import write as write_esc50
from datasets.sounds.collections import Collections

#: As little as has every fold and an evaluation set; 16 kB an item.
FEW = Sizes(per_fold=1, items=1, evaluation=1, evaluation_items=2)
SECONDS = 1.0


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of collections with a miniature ESC-50 that has a dozen recordings of every class."""
    root = tmp_path_factory.mktemp("data")
    write_esc50(root / "esc50", clips_per_class_and_fold=3, clip_seconds=0.5)
    return root


@pytest.fixture(scope="module")
def root(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("standin") / "scenes"
    standin.write(root, data, sizes=FEW, seconds=SECONDS)
    return root


def declared(root):
    return json.loads((root / "standin.json").read_text())


def test_a_stand_in_is_a_whole_dataset(root):
    dataset = DCASE2016ASC(root)
    census = take_census(dataset)
    assert census.complete, census.to_markdown()
    assert census.parts == {"development": (60, 60), "evaluation": (30, 30)}
    for fold in dataset.folds:
        parts = dataset.parts(fold)
        assert [len(frame) for frame in parts.named.values()] == [30, 15, 15, 30]
        for name, frame in parts.test.items():
            assert set(Counter(frame["label"]).values()) == {2 if name == "evaluation" else 1}
    assert dataset.truth("evaluation")["unit"].nunique() == 15


def test_an_item_is_24_bit_stereo_whose_ears_differ(root):
    for path in sorted(root.glob("*/audio/*.wav"))[::10]:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype, info.duration) == (44100, 2, "PCM_24", SECONDS)
        left, right = soundfile.read(path)[0].T
        assert not np.allclose(left, right) and max(abs(left).max(), abs(right).max()) <= 0.91


def test_locations_share_no_source_recording(root):
    locations = declared(root)["locations"]
    assert len(locations) == 15 * 5
    sources = Counter(source for one in locations.values() for source in one["sources"])
    assert set(sources.values()) == {1}


def test_a_location_has_its_scenes_sounds_and_recordings_of_these_classes(root, data):
    names = {sound: {one.name for one in some} for sound, some in stock_of(Collections(data)).items()}
    scenes = DCASE2016ASC(root).development.scenes
    for name, one in declared(root)["locations"].items():
        assert tuple(one["beds"]) == MIXTURES[one["scene"]].beds
        assert len(one["events"]) == KINDS and set(one["events"]) <= set(MIXTURES[one["scene"]].events)
        for sound, recordings in {**one["beds"], **one["events"]}.items():
            assert recordings and set(recordings) <= names[sound]
        assert {scene for item, scene in scenes.items() if item.startswith(name)} <= {one["scene"]}


def test_scenes_share_sounds_and_none_is_another():
    assert tuple(MIXTURES) == CLASSES
    uses = Counter(sound for mixture in MIXTURES.values() for sound in (*mixture.beds, *mixture.events))
    assert sum(count > 1 for count in uses.values()) > len(uses) / 2
    assert len({frozenset(mixture.beds) for mixture in MIXTURES.values()}) == len(MIXTURES)


def test_the_usual_size_has_the_items_that_were_agreed():
    per_class = standin.SIZES.per_class
    assert (15 * per_class[DEVELOPMENT], 15 * per_class[EVALUATION]) == (240, 225)
    assert all(per_class[record] <= PER_CLASS[record] for record in PER_CLASS)


def test_every_recording_is_credited_with_its_licence(root):
    lines = (root / "CREDITS.txt").read_text().splitlines()[3:]
    used = {
        name
        for one in declared(root)["locations"].values()
        for some in ({**one["beds"], **one["events"]}).values()
        for name in some
    }
    assert {line.split("\t")[0] for line in lines} == used and all("CC BY-NC" in line for line in lines)


def test_the_same_comes_out_again_and_nothing_is_written_twice(root, data, tmp_path):
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    standin.write(root, data, sizes=FEW, seconds=SECONDS)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == stamps
    told = []
    standin.write(tmp_path / "again", data, lambda *at: told.append(at), FEW, SECONDS)
    assert DCASE2016ASC(tmp_path / "again").fingerprint() == DCASE2016ASC(root).fingerprint()
    assert told[-1] == (90, 90) and told == sorted(told)


def test_a_small_collection_is_refused_by_the_class_that_lacks_recordings(data):
    items = make_items(standin.SIZES, np.random.default_rng(0))
    with pytest.raises(DataError, match=r"^\w+: \d+ recordings are too few for \d+ locations; .*ESC-50") as caught:
        plan(stock_of(Collections(data)), items)
    assert "\n" not in str(caught.value)


def test_esc50_has_to_be_there(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        standin.write(tmp_path / "root", tmp_path)
    assert not (tmp_path / "root").exists()


@pytest.mark.real
def test_esc50_has_recordings_for_every_location(data_root):
    items = make_items(standin.SIZES, np.random.default_rng(0))
    locations = plan(stock_of(Collections(data_root)), items)
    assert len(locations) == 15 * 13
    owners = Counter(source for one in locations.values() for source in {one.source for one in one.recordings})
    assert set(owners.values()) == {1}
