import json
import shutil

import numpy as np
import pytest
import soundfile

from datasets.dcase2017_rare import DCASE2017Rare
from datasets.dcase2017_rare import standin as standin
from datasets.dcase2017_rare.census import take_census
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS
from datasets.errors import DataError
from datasets.sounds.collections import Collections, Recording

#: Enough for tests: 8 MB each.
FEW = {"devtrain": 2, "devtest": 1, "evaltest": 1}


@pytest.fixture(scope="module")
def data(miniature_esc50, tmp_path_factory):
    """A folder of collections: a miniature ESC-50, eight made-up shots and short soundscapes."""
    root = tmp_path_factory.mktemp("data")
    (root / "esc50").symlink_to(miniature_esc50)
    draw = np.random.default_rng(0)
    for number in range(8):
        path = root / "sounds" / "gunshots" / "train" / f"gunshot_{number:03d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        shot = draw.normal(0, 0.2, 16000) * np.exp(-np.arange(16000) / 2000)
        soundfile.write(path, shot + 0.05, 16000, subtype="PCM_U8")
    for name in (one for some in standin.SOUNDSCAPES.values() for one in some):
        path = root / "sounds" / "soundscapes" / f"{name}.mp3"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, draw.normal(0, 0.1, (24000, 2)), 24000)
    return root


@pytest.fixture(scope="module")
def root(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("standin") / "rare"
    standin.write(root, data, backgrounds=FEW)
    return root


def test_is_a_complete_corpus_with_mixtures_of_every_subset(root):
    census = take_census(DCASE2017Rare(root))
    assert census.complete and census.release == "standin" and not census.extra
    for label in CLASSES:
        dataset = DCASE2017Rare(root, label)
        for subset in ("devtest", "evaltest"):
            mixtures = dataset.mixtures(subset)
            assert len(mixtures.items) == 200 and (mixtures.reference()["label"] == label).sum() == 100
            assert not any(mixtures.ready_path(item) for item in mixtures.items)
    assert mixtures.load(mixtures.items[0]).shape == (30 * 44100,)
    assert (dataset.params("devtest").seed, dataset.params("evaltest").seed) == (42, 13)


def test_published_recipes_are_those_that_would_be_drawn(root):
    dataset = DCASE2017Rare(root, "gunshot")
    published = dataset.published("evaltest")
    meta = dataset.layout.mixtures("evaltest")
    meta.rename(meta.with_name("away"))
    try:
        assert dataset.mixtures("evaltest").recipes == published
    finally:
        meta.with_name("away").rename(meta)


def test_formats_are_those_of_the_official_set(root):
    sources = DCASE2017Rare(root).sources("devtrain")
    info = soundfile.info(sources.background_path(sources.backgrounds[0].filepath))
    assert (info.samplerate, info.channels, info.subtype, info.duration) == (44100, 2, "PCM_24", 30.0)
    for label in CLASSES:
        for event in sources.events[label]:
            assert soundfile.info(sources.event_path(event.path)).samplerate == 44100
            assert 0.2 - 1e-9 <= event.seconds <= 5.0 + 1e-9


def test_subsets_share_no_source_recording(root):
    origins = json.loads((root / "standin.json").read_text())["origins"]
    sources = {
        subset: {name.split("-")[1] if name.startswith("esc50/") else name for some in files.values() for name in some}
        for subset, files in origins.items()
    }
    for one, other in (("devtrain", "devtest"), ("devtrain", "evaltest"), ("devtest", "evaltest")):
        assert not sources[one] & sources[other]


def test_takes_of_one_source_stay_together_and_shares_are_met():
    writer = object.__new__(standin._Writer)
    recordings = [Recording(f"x/{number}.wav", f"source {number // 3}", None, "CC0") for number in range(120)]
    shared = writer._shared_out(recordings, "rain")
    assert {subset: len(some) for subset, some in shared.items()} == {"devtrain": 60, "devtest": 30, "evaltest": 30}
    sources = [{one.source for one in some} for some in shared.values()]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 40


def test_credits_name_every_clip(root):
    origins = json.loads((root / "standin.json").read_text())["origins"]
    used = {name for files in origins.values() for some in files.values() for name in some}
    lines = [line.split("\t") for line in (root / "CREDITS.txt").read_text().splitlines()[3:]]
    assert {line[0] for line in lines} == used and all(len(line) == 4 and line[1] for line in lines)


def test_is_written_once_and_always_the_same(root, data, tmp_path):
    path = next(root.rglob("*.wav"))
    stamp = path.stat().st_mtime_ns
    told = []
    standin.write(root, data, lambda *pair: told.append(pair), backgrounds=FEW)
    assert path.stat().st_mtime_ns == stamp and not told
    standin.write(tmp_path / "again", data, lambda *pair: told.append(pair), backgrounds=FEW)
    assert DCASE2017Rare(tmp_path / "again").fingerprint() == DCASE2017Rare(root).fingerprint()
    assert (tmp_path / "again" / "standin.json").read_text() == (root / "standin.json").read_text()
    assert told[-1] == (4, 4)


@pytest.mark.parametrize(("absent", "message"), [("gunshots", "holds no shots"), ("soundscapes", "forest.mp3")])
def test_absent_collections_are_one_line(data, tmp_path, absent, message):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "esc50").symlink_to(data / "esc50")
    shutil.copytree(data / "sounds", tmp_path / "data" / "sounds", ignore=shutil.ignore_patterns(absent))
    with pytest.raises(DataError, match=message) as caught:
        standin.write(tmp_path / "rare", tmp_path / "data")
    assert "\n" not in str(caught.value) and not (tmp_path / "rare").exists()


@pytest.mark.real
def test_real_collections_hold_what_is_asked_of_them(data_root):
    collections = Collections(data_root)
    events = {label: collections.events(label) for label in CLASSES}
    assert {label: len(some) for label, some in events.items()} == {"babycry": 40, "glassbreak": 40, "gunshot": 101}
    assert len({one.stem for one in events["gunshot"]}) == 101
    assert all(len(collections.ambience(scene)) == 40 for scene in standin.AMBIENCE)
    everything = [one for some in events.values() for one in some]
    everything += [one for scene in standin.AMBIENCE for one in collections.ambience(scene)]
    assert all(one.licence.startswith("CC") for one in everything)
    writer = object.__new__(standin._Writer)
    shared = [writer._shared_out(events[label], label) for label in CLASSES]
    shared += [writer._shared_out(collections.ambience(scene), scene) for scene in standin.AMBIENCE]
    sources = [{one.source for some in shared for one in some[subset]} for subset in SUBSETS]
    assert sum(map(len, sources)) == len(set.union(*sources))
    assert [len(shared[0][subset]) for subset in SUBSETS] == [20, 9, 11]
