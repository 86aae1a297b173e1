import json
from collections import Counter

import numpy as np
import pytest
import soundfile
import soxr

from datasets.chime_home import CHiMEHome
from datasets.chime_home.annotations import is_refined, refine
from datasets.chime_home.census import take_census
from datasets.chime_home.layout import DEVELOPMENT, DEVELOPMENT_RAW, EVALUATION, EVALUATION_RAW, LISTS
from datasets.chime_home.lists import segment_of
from datasets.chime_home.miniature import write
from datasets.errors import DataError
from datasets.features import make_extractor


@pytest.fixture(scope="module")
def miniature(session_folder):
    """The miniature with the defaults of `write`."""
    root = session_folder / "default_chime_home"
    write(root)
    return root


def small(root, **changes):
    write(root, **{"clip_seconds": 0.2, "development": 20, "evaluation": 20, **changes})
    return root


def test_has_the_real_layout(miniature_chime):
    dataset = CHiMEHome(miniature_chime)
    known = dataset.lists.known()
    endings = (".16kHz.wav", ".48kHz.wav", ".csv")
    files = {path.relative_to(miniature_chime).as_posix() for path in miniature_chime.rglob("*") if path.is_file()}
    assert files == {
        *LISTS,
        *("LICENCE.txt", "miniature.json"),
        *(f"chunks/{chunk}{ending}" for chunk in known for ending in endings),
    }
    stereo, mono = (soundfile.info(miniature_chime / "chunks" / f"{min(known)}{one}") for one in endings[:2][::-1])
    assert (stereo.samplerate, stereo.channels, stereo.duration) == (48000, 2, 1.0)
    assert (mono.samplerate, mono.channels, mono.duration) == (16000, 1, 1.0)


def test_mono_is_the_right_channel_at_16_khz(miniature_chime):
    dataset = CHiMEHome(miniature_chime)
    for item in dataset.parts().named["test"].index[:5]:
        stereo, _ = soundfile.read(miniature_chime / "chunks" / f"{item}.48kHz.wav")
        left, right = (soxr.resample(stereo[:, one], 48000, 16000) for one in (0, 1))
        assert np.corrcoef(dataset.load(item), right)[0, 1] > 0.99 > np.corrcoef(dataset.load(item), left)[0, 1]


def test_lists_and_votes_have_the_quirks_of_the_real_set(miniature):
    dataset = CHiMEHome(miniature)
    lists = dataset.lists
    annotations = {chunk: dataset.annotation(chunk) for chunk in lists.known()}
    for raw, refined in ((DEVELOPMENT_RAW, DEVELOPMENT), (EVALUATION_RAW, EVALUATION)):
        assert tuple(refine(lists.chunks[raw], annotations)) == lists.chunks[refined] != lists.chunks[raw]
        votes = [annotations[chunk] for chunk in lists.chunks[refined]]
        assert sum(one.majority == "S" for one in votes) == 1
        assert sum(any("U" in letters for letters in one.annotators) for one in votes) == 1
        assert any(len(set(letters)) < len(letters) for one in votes for letters in one.annotators)
    assert any(list(one.majority) != sorted(one.majority) for one in annotations.values())
    homes = {}
    for chunk, one in lists.sets.items():
        homes.setdefault(segment_of(chunk), set()).add(one)
    assert Counter(map(len, homes.values())) == {1: 8, 2: 1, 4: 1} and set(lists.sets.values()) == {0, 1, 2, 3, 4}
    assert sorted(lists.straddling().values()) == [(3, 5), (7, 1)]
    parts = dataset.parts().named
    sessions = {part: {unit.split(".")[0] for unit in parts[part]["unit"]} for part in ("train", "test")}
    assert sessions["train"] == sessions["test"]  # the same home


def test_sizes_and_classes(miniature):
    dataset = CHiMEHome(miniature)
    frames = {part: dataset.parts().named[part] for part in ("train", "validation", "test")}
    assert {part: len(frame) for part, frame in frames.items()} == {"train": 66, "validation": 14, "test": 50}
    for part, least in (("train", 10), ("validation", 1), ("test", 5)):
        labels = frames[part]["label"].str.split(",")
        positives = {name: int(labels.map({name}.issubset).sum()) for name in dataset.classes}
        assert min(positives.values()) >= least and max(positives.values()) < len(labels), positives
    counts = frames["train"]["label"].str.count(",") + 1
    assert set(counts) == {1, 2, 3} and dataset.clip_seconds == 1.5
    assert sum(path.stat().st_size for path in miniature.rglob("*")) < 30e6


def test_is_learnable_but_not_trivial(miniature):
    """Band means and deviations in a linear model: far above chance, and far from perfect."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    dataset = CHiMEHome(miniature)
    extractor = make_extractor("log_mel_edc", rate=16000, frames=75)

    def vectors(part):
        frame = dataset.parts().named[part]
        features = [np.squeeze(extractor(dataset.load(item), 16000)) for item in frame.index]
        x = [np.concatenate([one.mean(0), one.std(0), np.abs(np.diff(one, axis=0)).mean(0)]) for one in features]
        return np.array(x), np.array(
            [[name in label.split(",") for name in dataset.classes] for label in frame["label"]]
        )

    (x, y), (test, truth) = vectors("train"), vectors("test")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
    areas = [
        roc_auc_score(truth[:, one], model.fit(x, y[:, one]).decision_function(test)) for one in range(truth.shape[1])
    ]
    assert 0.8 < np.mean(areas) < 0.98 and min(areas) > 0.65, areas


def test_is_written_once_and_seed_alone_decides(tmp_path):
    root = small(tmp_path / "a")
    fingerprint = CHiMEHome(root).fingerprint()
    clip = next(root.rglob("*.wav"))
    stamp = clip.stat().st_mtime_ns
    small(root)
    assert clip.stat().st_mtime_ns == stamp
    clip.unlink()
    small(root)
    assert CHiMEHome(root).fingerprint() == fingerprint
    small(root, seed=1)
    assert json.loads((root / "miniature.json").read_text())["seed"] == 1
    assert CHiMEHome(root).fingerprint() != fingerprint and take_census(CHiMEHome(root)).complete
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_too_few_chunks_for_the_classes_are_refused(tmp_path):
    with pytest.raises(DataError, match="needs 20 chunks"):
        small(tmp_path / "b", evaluation=19)


def test_disputed_chunks_are_on_raw_lists_alone(miniature_chime):
    dataset = CHiMEHome(miniature_chime)
    raw = set(dataset.lists.chunks[DEVELOPMENT_RAW]) - set(dataset.lists.chunks[DEVELOPMENT])
    assert len(raw) == 4 and not any(is_refined(dataset.annotation(chunk).annotators) for chunk in raw)
