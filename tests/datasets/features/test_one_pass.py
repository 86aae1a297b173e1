"""Several sets of features from one pass over the files: each as if it were made alone, whatever happens meanwhile."""

import threading

import numpy as np
import pytest

from datasets.errors import DataError
from datasets.features import cache as cache_module
from datasets.features import extraction, make_extractor
from datasets.features.cache import FeatureCache
from datasets.features.log_mel_scenes import LogMelScenes
from datasets.features.mfcc_zcr import MfccZcrInterleaved
from tests.datasets.batches.fake_clips import FakeClips

SEVERAL = [LogMelScenes(12), LogMelScenes(20), LogMelScenes(20, 4096), make_extractor("mfcc_scenes")]


@pytest.fixture
def dataset():
    """Its signature is known already, so that `loaded` holds what extraction reads."""
    dataset = FakeClips(per=1, seconds=0.3)
    cache_module.signature.of_clip(dataset.load, (dataset.name, dataset.fingerprint()), items(dataset)[0])
    dataset.loaded.clear()
    return dataset


def items(dataset):
    return list(dataset.index()["item"])


def open_(folder, dataset, extractor, beside=(), **options):
    some = items(dataset)
    return FeatureCache(folder).open(dataset, extractor, some, [""] * len(some), beside=lambda: beside, **options)


def headers(folder):
    return sorted(path.stem for path in (folder / "features").glob("*.json"))


@pytest.mark.parametrize("by_workers", [False, True])
def test_each_is_what_it_is_alone_and_a_file_is_read_once(tmp_path, monkeypatch, dataset, by_workers):
    if by_workers:
        monkeypatch.setattr(extraction, "SECONDS_WORTH_A_WORKER", 0.0)
    told = []
    open_(tmp_path / "one", dataset, SEVERAL[1], SEVERAL, jobs=2, progress=lambda *at: told.append(at))
    assert len(told) == len(items(dataset))
    assert len(dataset.loaded) == (3 if by_workers else len(items(dataset)))  # the rest was loaded elsewhere
    dataset.loaded.clear()
    for extractor in SEVERAL:
        together = open_(tmp_path / "one", dataset, extractor)
        assert dataset.loaded == []
        alone = open_(tmp_path / "alone", dataset, extractor, jobs=1)
        assert np.array_equal(together.array, alone.array) and together.array.dtype == alone.array.dtype
        assert (together.key, together.signature) == (alone.key, alone.signature)
        dataset.loaded.clear()
    for key in headers(tmp_path / "alone"):
        one, other = ((tmp_path / name / "features" / f"{key}.json").read_text() for name in ("one", "alone"))
        assert one == other


def test_only_what_is_lacking_is_made_and_nothing_where_the_asked_one_is_there(tmp_path, dataset):
    first = open_(tmp_path, dataset, SEVERAL[0])
    dataset.loaded.clear()
    assert open_(tmp_path, dataset, SEVERAL[0], SEVERAL).key == first.key
    assert dataset.loaded == [] and headers(tmp_path) == [first.key]
    made = (tmp_path / "features" / f"{first.key}.npy").stat().st_mtime_ns
    open_(tmp_path, dataset, SEVERAL[1], SEVERAL)
    assert len(headers(tmp_path)) == len(SEVERAL)
    assert (tmp_path / "features" / f"{first.key}.npy").stat().st_mtime_ns == made


def test_extractors_that_take_files_are_made_alone(tmp_path, dataset):
    found = open_(tmp_path, dataset, SEVERAL[0], [MfccZcrInterleaved()])
    assert headers(tmp_path) == [found.key]


def test_a_clip_that_one_cannot_use_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match=r"^1-0-hiss: 6 frames are too few"):
        open_(tmp_path, FakeClips(per=1, seconds=0.1), LogMelScenes(12), [make_extractor("mfcc_scenes")])
    assert [path.suffix for path in (tmp_path / "features").iterdir()] == [".lock", ".lock"]


def test_an_end_between_two_of_them_leaves_whole_ones_only(tmp_path, monkeypatch, dataset):
    write = cache_module.write_whole

    def ends_at_the_second(path, content):
        if headers(tmp_path):
            raise KeyboardInterrupt
        return write(path, content)

    monkeypatch.setattr(cache_module, "write_whole", ends_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        open_(tmp_path, dataset, SEVERAL[0], SEVERAL)
    monkeypatch.undo()
    assert len(headers(tmp_path)) == 1
    for extractor in SEVERAL:
        expected = np.stack([extractor(dataset.load(item), 44100) for item in items(dataset)])
        found = open_(tmp_path, dataset, extractor)
        assert np.array_equal(found.array, expected.astype(found.array.dtype))


def test_who_asks_in_another_order_waits_and_gets_its_own(tmp_path, dataset):
    found = {}

    def ask(order):
        found[order[0]] = open_(tmp_path, dataset, order[0], order)

    orders = [SEVERAL, SEVERAL[::-1], [SEVERAL[2], *SEVERAL]]
    threads = [threading.Thread(target=ask, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert sorted(dataset.loaded) == sorted(items(dataset))  # once for all
    assert [len(one.array) for one in found.values()] == [len(items(dataset))] * 3
