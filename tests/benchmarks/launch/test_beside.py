"""While the files are read for one run of a sweep, the features of the others are made."""

from dataclasses import replace

import pytest

from benchmarks.launch.beside import extractors_beside
from benchmarks.launch.launcher import Slots
from benchmarks.launch.perform import perform
from benchmarks.runs.execute import build_data
from benchmarks.runs.ledger import Run
from benchmarks.runs.workspace import Workspace
from datasets.features.log_mel_scenes import LogMelScenes
from datasets.features.mfcc_scenes import MfccScenes

SEGMENTS = {"segment_frames": 20, "segment_hop": 10}


@pytest.fixture
def workspace(tmp_path):
    return Workspace(*(tmp_path / name for name in ("data", "runs", "cache", "reports")))


def run_of(fold=1, **data):
    resolved = {
        "dataset": {"class_path": "tests.datasets.batches.fake_clips.FakeClips", "init_args": {}},
        "data": {"class_path": "tests.benchmarks.launch.fake_scenes.FakeScenesDataModule", "init_args": data},
        "model": {"class_path": "models.pbcnn.PBCNNModule", "init_args": {}},
        "trainer": {},
    }
    return Run("fake", "setting", "fake", fold, 0, "full", "real", "float32", resolved, [], {}, {}, "0" * 16)


def scenes(n_mels, fold=1, **more):
    return run_of(fold, extractor="log_mel_scenes", n_mels=n_mels, **SEGMENTS, **more)


def test_they_are_those_of_the_runs_with_the_same_items_each_once(workspace):
    sweep = [
        scenes(12),
        scenes(20),
        scenes(20, standardize="band"),
        run_of(extractor="mfcc_scenes"),
        scenes(28, fold=2),
        scenes(36, limit=2),
        replace(scenes(44), fingerprint="1" * 16),
        run_of(extractor="log_gammatone_delta", n_mels=4),  # takes no bands of mel
    ]
    assert extractors_beside(sweep[0], sweep, workspace) == [LogMelScenes(12), LogMelScenes(20), MfccScenes()]
    assert extractors_beside(sweep[4], sweep, workspace) == [LogMelScenes(28)]
    assert extractors_beside(sweep[0], [], workspace) == []


def test_a_run_of_a_sweep_leaves_the_features_of_the_next_ones(workspace, monkeypatch):
    sweep = (scenes(12), scenes(20))

    def makes_its_data(run, around):
        data = build_data(run, around.workspace)
        data.beside = around.beside
        data.setup()

    monkeypatch.setattr("benchmarks.runs.execute.execute", makes_its_data)
    assert perform(0, sweep[0], workspace, Slots(1, "cpu", sweep=sweep), print).how == "elsewhere"
    data = build_data(sweep[1], workspace)
    monkeypatch.setattr("datasets.features.cache.extract", None)  # nothing is left to extract
    data.setup()
    assert data.mean.shape == (1,)


def test_a_run_that_is_asked_to_stop_does_not_make_all_features_first(workspace, monkeypatch):
    made = []

    def makes_its_data(run, around):
        data = build_data(run, around.workspace)
        data.progress = lambda done, of: (made.append(done), around.on_item(done, of))
        data.setup()

    monkeypatch.setattr("benchmarks.runs.execute.execute", makes_its_data)
    end = perform(0, scenes(12), workspace, Slots(1, "cpu"), lambda event: None, lambda: len(made) > 1)
    assert end.how == "stopped" and len(made) == 2
    assert not list(workspace.cache.rglob("*.npy"))
