import json
from collections import Counter

import numpy as np
import pytest
import soundfile

from datasets.errors import DataError
from datasets.esc50.miniature import write as write_esc50
from datasets.maestro_real import MaestroReal, standin
from datasets.maestro_real.census import take_census
from datasets.maestro_real.layout import CLASSES, SCENES
from datasets.maestro_real.scenes.events import SCENES as RECIPES
from datasets.sounds.collections import Collections, shared_out

SECONDS = 6.0


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of collections with a miniature ESC-50 that has five recordings of every class."""
    root = tmp_path_factory.mktemp("data")
    write_esc50(root / "esc50", clips_per_class_and_fold=1, clip_seconds=0.8)
    return root


@pytest.fixture(scope="module")
def root(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("standin") / "maestro"
    standin.write(root, data, seconds=SECONDS, spread=0.2)
    return root


def test_a_stand_in_is_a_whole_dataset(root):
    dataset = MaestroReal(root)
    census = take_census(dataset)
    assert census.complete and (census.found, census.release) == (25, "standin"), census.to_markdown()
    for fold in dataset.folds:
        assert [frame.index.nunique() for frame in dataset.parts(fold).named.values()] == [15, 5, 5, 5]
    for item, seconds in dataset.lists.durations.items():
        info = soundfile.info(dataset.layout.audio(item))
        assert (info.samplerate, info.channels, info.subtype) == (44100, 2, "PCM_16")
        assert abs(seconds - SECONDS) <= 0.2
        left, right = soundfile.read(dataset.layout.audio(item))[0].T
        assert not np.allclose(left, right)
        heard = set(np.array(CLASSES)[dataset.soft(item).any(axis=0)])
        assert heard and heard <= set(RECIPES[dataset.scene(item)])


def test_folds_share_no_source_recording_and_all_are_credited(root):
    declared = json.loads((root / "standin.json").read_text())
    sources = Counter(source for some in declared["sources"].values() for source in some)
    assert list(declared["sources"]) == ["1", "2", "3", "4", "5"] and set(sources.values()) == {1}
    credits = (root / "CREDITS.txt").read_text().splitlines()[3:]
    assert {f"freesound {line.split('/')[1].split('-')[1]}" for line in credits} == set(sources)
    assert all("CC BY-NC" in line for line in credits)


def test_the_usual_size_is_three_minutes_of_25_recordings():
    assert standin.SECONDS - standin.SPREAD > 180
    assert tuple(standin.SOUNDS) == CLASSES and tuple(standin.BEDS) == SCENES
    assert not set(standin.SOUNDS.values()) & set(standin.BEDS.values())


def test_the_same_comes_out_again_and_nothing_is_written_twice(root, data, tmp_path):
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    standin.write(root, data, seconds=SECONDS, spread=0.2)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == stamps
    told = []
    standin.write(tmp_path / "again", data, lambda *at: told.append(at), SECONDS, 0.2)
    assert MaestroReal(tmp_path / "again").fingerprint() == MaestroReal(root).fingerprint()
    assert told == [(5, 25), (10, 25), (15, 25), (20, 25), (25, 25)]


def test_esc50_has_to_be_there_and_have_recordings_for_every_fold(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        standin.write(tmp_path / "root", tmp_path)
    write_esc50(tmp_path / "esc50", clips_per_class_and_fold=1, clip_seconds=0.2)
    for path in (tmp_path / "esc50" / "audio").glob("[1-3]-*.wav"):
        path.unlink()
    with pytest.raises(DataError, match="chirping_birds: too few recordings to share out"):
        standin.write(tmp_path / "root", tmp_path)
    assert not (tmp_path / "root").exists()


@pytest.mark.real
def test_esc50_has_sources_of_every_sound_for_every_fold(data_root):
    collections = Collections(data_root)
    kinds = {kind: collections.ambience(kind) for kind in {*standin.SOUNDS.values(), *standin.BEDS.values()}}
    shares = shared_out(dict(sorted(kinds.items())), {str(fold): 0.2 for fold in range(1, 6)}, standin.SEED)
    for share in shares.values():
        assert all(len(some) >= 3 for some in share.values())
