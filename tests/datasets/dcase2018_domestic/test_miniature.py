import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.acquire.hashes import md5_of_file
from datasets.dcase2018_domestic import DCASE2018Domestic
from datasets.dcase2018_domestic.layout import CLEAN, EVALUATION, ORIGINAL, REMOVED, TEST_AUDIO, TRAIN_AUDIO, WEAK
from datasets.dcase2018_domestic.lists import CLASSES, is_official, read_names, read_strong, read_weak
from datasets.dcase2018_domestic.miniature import write
from datasets.features.log_mel_edc import LogMelEdc


def positives(labels):
    return Counter(label for some in labels.values() for label in some)


def test_has_the_real_layout_and_its_quirks(miniature_domestic):
    weak, evaluation = read_weak(miniature_domestic / WEAK), read_strong(miniature_domestic / EVALUATION)
    original, clean = (read_strong(miniature_domestic / name) for name in (ORIGINAL, CLEAN))
    removed = read_names(miniature_domestic / REMOVED)
    assert len(weak) == 72 and len(clean) == len(original) == 42
    assert set(removed) == set(original) - set(clean) == set(original) & set(weak)
    assert len(removed) == 6 and not set(clean) & set(weak)
    assert all(original[item] == weak[item] for item in removed)
    assert sum(not labels for labels in evaluation.values()) == 2
    rows = (miniature_domestic / WEAK).read_text().split("\n")
    assert any("," in row for row in rows)
    assert any(len(set(names)) < len(names) for names in (row.split("\t")[-1].split(",") for row in rows))
    names = [path.stem for path in miniature_domestic.rglob("*.wav")]
    assert all(is_official(f"{name}.wav") for name in names) and len(names) == 114
    assert any("_" in name[1:12] for name in names) and any("-" in name[1:12] for name in names)
    assert {path.parent for path in miniature_domestic.rglob("*.wav")} == {
        miniature_domestic / TRAIN_AUDIO, miniature_domestic / TEST_AUDIO,
    }  # fmt: skip


def test_clips_are_named_after_their_length_and_some_are_shorter(miniature_domestic):
    lengths = []
    for path in miniature_domestic.rglob("*.wav"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (44100, 1, "PCM_16")
        start, end = path.stem[13:].split("_")
        assert info.frames == round((float(end) - float(start)) * 44100)
        lengths.append(info.frames / 44100)
    assert max(lengths) == 1.0 and 4 <= sum(length < 1 for length in lengths) <= 12
    assert DCASE2018Domestic(miniature_domestic).clip_seconds == 1.0


def test_events_lie_within_their_clips(miniature_domestic):
    for name in (CLEAN, ORIGINAL):
        for row in (miniature_domestic / name).read_text().splitlines()[1:]:
            item, onset, offset, _ = row.split("\t")
            start, end = item[13:-4].split("_")
            assert 0 <= float(onset) < float(offset) <= float(end) - float(start) + 1e-6


def test_every_class_has_positives_everywhere(miniature_domestic):
    for name in (CLEAN, ORIGINAL):
        found = positives(read_strong(miniature_domestic / name))
        assert set(found) == set(CLASSES) and min(found.values()) >= 5
    for part, least in (("train", 6), ("validation", 1)):
        labels = DCASE2018Domestic(miniature_domestic).labels(part)
        assert set(positives(labels)) == set(CLASSES) and min(positives(labels).values()) >= least


@pytest.fixture(scope="module")
def as_written(tmp_path_factory):
    """The miniature as `data miniature` writes it, and the seconds of one core that this took."""
    root, begin = tmp_path_factory.mktemp("miniature") / "domestic", time.process_time()
    write(root)
    return root, time.process_time() - begin


def test_is_small_quick_and_written_once(as_written):
    root, seconds = as_written
    assert seconds < 5
    assert sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) < 20e6
    assert json.loads((root / "miniature.json").read_text())["clip_seconds"] == 2.0
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*.wav")}
    write(root)
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*.wav")} == stamps
    next(iter(stamps)).unlink()
    write(root)
    assert len(list(root.rglob("*.wav"))) == len(stamps)


def small(root: Path, **changes):
    write(root, **{"clip_seconds": 0.3, **changes})
    return {path.relative_to(root): md5_of_file(path) for path in root.rglob("*.wav")}


def test_is_the_same_everywhere_and_follows_the_seed(tmp_path):
    first = small(tmp_path / "a")
    assert small(tmp_path / "b") == first
    assert len(set(first.values())) == len(first)
    assert not set(small(tmp_path / "c", seed=1)) & set(first)


def test_is_learnable_but_not_trivial(as_written):
    """A linear classifier of simple statistics is better than chance and not perfect."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.preprocessing import StandardScaler

    dataset = DCASE2018Domestic(as_written[0])
    extractor = LogMelEdc(frames=60)

    def features(item):
        bands = extractor(dataset.load(item), 44100)
        change = np.abs(np.diff(bands, axis=0)).mean(axis=0)
        return np.concatenate([bands.max(axis=0) - np.median(bands, axis=0), bands.mean(axis=0) - bands.mean(), change])

    sets = {}
    for part in ("train", "test"):
        labels = dataset.parts().named[part]["label"]
        y = np.array([[name in label.split(",") for name in dataset.classes] for label in labels])
        sets[part] = np.stack([features(item) for item in labels.index]), y
    scaler = StandardScaler().fit(sets["train"][0])
    x, test_x = scaler.transform(sets["train"][0]), scaler.transform(sets["test"][0])
    scores = [
        roc_auc_score(
            sets["test"][1][:, k], LogisticRegression(C=0.01).fit(x, sets["train"][1][:, k]).predict_proba(test_x)[:, 1]
        )
        for k in range(10)
    ]
    assert 0.65 < np.mean(scores) < 0.95
