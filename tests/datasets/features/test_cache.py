import json
import resource
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

from datasets.errors import DataError
from datasets.features import Extractor, cache, extraction, make_extractor
from datasets.features.cache import FeatureCache, locked
from datasets.features.copies import NONE, STRETCHED, delayed
from datasets.features.log_mel import LogMelDelta
from datasets.features.signatures import signature
from tests.datasets.batches.fake_clips import FakeClips


@dataclass(frozen=True)
class Blocks(Extractor):
    """Mean of blocks; its version and parameters can be changed. Too quick to need a worker."""

    name: ClassVar[str] = "blocks"
    version: int = 1
    size: int = 100
    rate: int = 44100
    hop: int = 0

    def params(self):
        return {"size": self.size}

    def __call__(self, samples, rate):
        n = len(samples) // self.size
        return samples[: n * self.size].reshape(n, self.size).mean(axis=1)


def clips(dataset):
    index = dataset.index()
    return list(index["item"]), list(index["label"])


def open_(folder, dataset, extractor=None, **options):
    return FeatureCache(folder).open(dataset, extractor or Blocks(), *clips(dataset), **options)


@contextmanager
def file_size_limit(size):
    """A disk on which no file can be longer than `size`; also for processes started meanwhile."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def with_workers(monkeypatch):
    """However little work it is, processes do it, which are started for it."""
    monkeypatch.setattr(extraction, "SECONDS_WORTH_A_WORKER", 0.0)
    get_reusable_executor().shutdown(kill_workers=True)
    yield
    get_reusable_executor().shutdown(kill_workers=True)


def files(folder):
    return sorted(path.name for path in (folder / "features").iterdir() if path.suffix != ".lock")


def test_features_are_those_of_the_extractor(tmp_path):
    dataset = FakeClips()
    found = open_(tmp_path, dataset)
    assert found.items == tuple(clips(dataset)[0])
    assert isinstance(found.array, np.memmap)
    for row, item in zip(found.array, found.items, strict=True):
        assert row == pytest.approx(Blocks()(dataset.load(item), 44100))
    assert found.counts.tolist() == [1] * len(found.items)
    assert len(files(tmp_path)) == 2


def test_damage_that_keeps_the_size_is_noticed_and_made_again(tmp_path, caplog):
    first = open_(tmp_path, FakeClips())
    kept, path = np.array(first.array), tmp_path / "features" / f"{first.key}.npy"
    content = bytearray(path.read_bytes())
    content[-40:] = bytes(40)
    path.write_bytes(content)
    dataset = FakeClips()
    assert np.array_equal(open_(tmp_path, dataset).array, kept)
    assert dataset.loaded and "cut short or damaged" in caplog.text


@pytest.mark.parametrize(
    "change", [lambda header: header.pop("header_crc32"), lambda header: header["items"].reverse()]
)
def test_a_header_that_does_not_vouch_for_itself_is_made_again(tmp_path, caplog, change):
    """One without a checksum may say anything, such as the items in another order."""
    made = open_(tmp_path, FakeClips()).array.copy()
    [path] = (tmp_path / "features").glob("*.json")
    before = json.loads(path.read_text())
    change(changed := json.loads(path.read_text()))
    path.write_text(json.dumps(changed))
    assert np.array_equal(open_(tmp_path, FakeClips()).array, made)
    assert "damaged; extracting these features again" in caplog.text and json.loads(path.read_text()) == before


def test_second_time_reads_no_clip(tmp_path):
    dataset = FakeClips()
    first = open_(tmp_path, dataset)
    dataset.loaded.clear()
    second = open_(tmp_path, dataset)
    assert dataset.loaded == []
    assert np.array_equal(first.array, second.array)


@pytest.mark.parametrize(
    ("dataset", "extractor", "variant"),
    [
        (FakeClips(salt="other content"), Blocks(), NONE),
        (FakeClips(), Blocks(version=2), NONE),
        (FakeClips(), Blocks(size=50), NONE),
        (FakeClips(), Blocks(), STRETCHED),
    ],
)
def test_whatever_moves_numbers_makes_another_key(tmp_path, dataset, extractor, variant):
    plain = open_(tmp_path, FakeClips())
    assert open_(tmp_path, dataset, extractor, variant=variant).key != plain.key


def test_other_items_make_another_key(tmp_path):
    dataset = FakeClips()
    items, labels = clips(dataset)
    few = FeatureCache(tmp_path).open(dataset, Blocks(), items[:4], labels[:4])
    assert few.key != open_(tmp_path, dataset).key
    assert len(few.array) == 4


@pytest.mark.parametrize(
    "damage", ["cut", "header cut", "header of other features", "array gone", "header no JSON object", "other counts"]
)
def test_damaged_cache_is_made_again_with_a_warning(tmp_path, caplog, damage):
    dataset = FakeClips()
    whole = np.array(open_(tmp_path, dataset).array)
    array, header = (next((tmp_path / "features").glob(pattern)) for pattern in ("*.npy", "*.json"))
    if damage == "cut":
        array.write_bytes(array.read_bytes()[:-100])
    elif damage == "header cut":
        header.write_text(header.read_text()[:50])
    elif damage == "header of other features":
        header.write_text(json.dumps({**json.loads(header.read_text()), "params": {"size": 7}}))
    elif damage == "other counts":
        header.write_text(header.read_text().replace('"counts": [1, 1', '"counts": [0, 2'))
        assert '"counts": [0, 2' in header.read_text()
    elif damage == "header no JSON object":
        header.write_text("[]")
    else:
        array.unlink()
    again = open_(tmp_path, dataset)
    assert np.array_equal(again.array, whole)
    assert len(caplog.messages) == 1
    assert str(array) in caplog.text and "again" in caplog.text


def test_workers_give_what_this_process_gives(tmp_path, with_workers):
    dataset, extractor = FakeClips(), make_extractor("log_gammatone_delta")
    calls = []
    parallel = open_(tmp_path, dataset, extractor, jobs=2, progress=lambda *at: calls.append(at))
    assert len(dataset.loaded) < len(parallel.items)  # the rest was loaded elsewhere
    assert calls == [(done, len(parallel.items)) for done in range(1, len(parallel.items) + 1)]
    for row, item in zip(parallel.array, parallel.items, strict=True):
        assert row == pytest.approx(extractor(dataset.load(item), 44100), abs=1e-3)


def test_segments_are_counted_per_clip(tmp_path):
    dataset = FakeClips(per=1, seconds=1.5)
    found = open_(tmp_path, dataset, LogMelDelta(41))
    assert found.counts.sum() == len(found.array)
    assert found.array.shape[1:] == (2, 60, 41)
    late = open_(tmp_path, dataset, LogMelDelta(41), variant=delayed(1))
    assert (late.counts >= found.counts).all() and (late.counts > found.counts).any()


@pytest.mark.parametrize("bad", ["1-0-hiss", "5-1-tick"])
def test_bad_clip_is_one_line_and_leaves_nothing(tmp_path, with_workers, bad):
    with pytest.raises(DataError, match=f"^{bad}: unreadable$"):
        open_(tmp_path, FakeClips(bad=bad), jobs=2)
    assert files(tmp_path) == []


def test_clips_of_different_length_are_refused(tmp_path):
    class Uneven(FakeClips):
        def load(self, item):
            return super().load(item)[: 20000 if item == "3-1-hum" else None]

    with pytest.raises(DataError, match=r"^3-1-hum: features of shape \(200,\), elsewhere \(441,\)"):
        open_(tmp_path, Uneven())


def test_extractor_that_cannot_use_a_clip_names_it(tmp_path):
    with pytest.raises(DataError, match=r"^1-0-hiss: .*too few"):
        open_(tmp_path, FakeClips(seconds=0.01), make_extractor("log_gammatone_delta"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path, with_workers, jobs):
    with pytest.raises(DataError) as caught, file_size_limit(20_000):
        open_(tmp_path, FakeClips(), jobs=jobs)
    message = str(caught.value)
    assert "\n" not in message and str(tmp_path) in message and "free some space" in message
    assert files(tmp_path) == []
    assert len(open_(tmp_path, FakeClips()).array) == 30


def test_where_the_trial_sound_finds_no_room_it_is_one_line_with_file_and_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(signature, "_KNOWN", {})
    with pytest.raises(DataError) as caught, file_size_limit(2000):
        open_(tmp_path, FakeClips())
    message = str(caught.value)
    assert "trial.wav: a trial sound cannot be written (File too large)" in message and "\n" not in message
    assert "TMPDIR" in message and not list(tmp_path.iterdir())


def test_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "features").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="choose another --cache"):
        open_(tmp_path, FakeClips())


def test_two_at_once_extract_once(tmp_path, monkeypatch):
    monkeypatch.setattr(signature, "_KNOWN", {})
    dataset = FakeClips()
    threads = [threading.Thread(target=open_, args=(tmp_path, dataset)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(dataset.loaded) == sorted([clips(dataset)[0][0], *clips(dataset)[0]])  # the first is tried before


def test_who_waits_for_another_process_shows_it_and_may_leave(tmp_path, monkeypatch, caplog):
    dataset, told = FakeClips(), []
    monkeypatch.setattr(cache, "TELL_SECONDS", -1.0)
    key = open_(tmp_path, dataset).key
    for path in (tmp_path / "features").glob(f"{key}.[nj]*"):
        path.unlink()

    def leaves(done, of):
        told.append((done, of))
        if len(told) == 3:
            raise KeyboardInterrupt

    with locked(tmp_path / "features" / f"{key}.lock"), pytest.raises(KeyboardInterrupt):
        open_(tmp_path, dataset, progress=leaves)
    assert told == [(0, len(dataset.index()))] * 3
    assert caplog.text.count("another process makes these features; waiting for it") == 1
    assert open_(tmp_path, dataset).key == key


def test_features_that_other_code_makes_anew_meanwhile_are_not_taken_for_ours(tmp_path, monkeypatch):
    """Between a look at a set and its opening, other code may take its header away, or have put its own there."""
    dataset = FakeClips()
    known = open_(tmp_path, dataset)
    real = FeatureCache._open

    def changed(other):
        def opened(self, key):
            monkeypatch.setattr(FeatureCache, "_open", real)
            return other(real(self, key))

        monkeypatch.setattr(FeatureCache, "_open", opened)

    def gone(features):
        raise FileNotFoundError

    for other in (gone, lambda features: replace(features, signature={"extractor": {"text": "another"}})):
        changed(other)
        again = open_(tmp_path, dataset)
        assert again.signature == known.signature
        np.testing.assert_array_equal(again.array, known.array)
