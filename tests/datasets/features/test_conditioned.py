import json
import resource
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from datasets.errors import DataError
from datasets.features.cache import Features
from datasets.features.conditioned import TOGETHER, ConditionedCache, Conditioner
from datasets.features.signatures import signature
from tests.datasets.features import fake_transforms

FAKES = fake_transforms.__name__

CLIPS, FRAMES, BANDS = 40, 12, 5


def features(key="one", change=None, dtype=np.float32):
    values = np.random.default_rng(0).uniform(-1, 1, (CLIPS, FRAMES, BANDS)).astype(dtype)
    if change:
        values[change[0]] = change[1]
    return Features(key, tuple(f"clip-{n:02d}" for n in range(CLIPS)), np.ones(CLIPS, dtype=np.int64), values)


def made(name="Scaled", **init_args):
    return Conditioner.made_from({"class_path": f"{FAKES}.{name}", "init_args": init_args})


def expected(values, factor=2.0):
    return factor * values / np.abs(values).max(axis=(1, 2), keepdims=True)


def files(folder):
    return sorted(path.name for path in (folder / "conditioned").iterdir() if path.suffix != ".lock")


@pytest.fixture(autouse=True)
def calls(monkeypatch):
    monkeypatch.setattr(signature, "_KNOWN", {})
    fake_transforms.Scaled.calls.clear()
    return fake_transforms.Scaled.calls


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_every_clip_is_conditioned_and_kept_as_float32(tmp_path, dtype):
    given, told = features(dtype=dtype), []
    found = ConditionedCache(tmp_path).condition(given, made(), lambda *at: told.append(at))
    assert isinstance(found.array, np.memmap)
    assert (found.array.dtype, found.items, found.counts.tolist()) == (np.float32, given.items, [1] * CLIPS)
    assert np.asarray(found.array) == pytest.approx(expected(given.array.astype(np.float32)), rel=1e-6)
    assert told == [(TOGETHER, CLIPS), (2 * TOGETHER, CLIPS), (CLIPS, CLIPS)]
    assert len(files(tmp_path)) == 2


def test_the_second_time_nothing_is_computed(tmp_path, calls):
    cache = ConditionedCache(tmp_path)
    first = cache.condition(features(), made())
    assert calls == [1, 16, 16, 8]  # the trial, then batches
    second = cache.condition(features(), made())
    assert len(calls) == 4
    assert first.key == second.key
    assert np.array_equal(first.array, second.array)


def test_whatever_moves_numbers_makes_another_key(tmp_path, monkeypatch):
    def key(given, conditioner):
        return ConditionedCache(tmp_path).condition(given, conditioner).key

    keys = {key(features(), made()), key(features("two"), made()), key(features(), made(factor=3.0))}
    monkeypatch.setattr(fake_transforms, "Other", fake_transforms.Scaled, raising=False)
    keys.add(key(features(), made("Other")))
    monkeypatch.setattr(fake_transforms.Scaled, "version", 2)
    keys.add(key(features(), made()))
    assert len(keys) == 5


@pytest.mark.parametrize("damage", ["cut", "header cut", "header of other features", "array gone"])
def test_damaged_files_are_made_again_with_a_warning(tmp_path, caplog, damage):
    cache = ConditionedCache(tmp_path)
    whole = np.array(cache.condition(features(), made()).array)
    array, header = (next((tmp_path / "conditioned").glob(pattern)) for pattern in ("*.npy", "*.json"))
    if damage == "cut":
        array.write_bytes(array.read_bytes()[:-100])
    elif damage == "header cut":
        header.write_text(header.read_text()[:50])
    elif damage == "header of other features":
        header.write_text(json.dumps({**json.loads(header.read_text()), "features": "two"}))
    else:
        array.unlink()
    assert np.array_equal(cache.condition(features(), made()).array, whole)
    assert len(caplog.messages) == 1 and str(array) in caplog.text


def test_a_clip_that_cannot_be_conditioned_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match=r"^clip-23: cannot be conditioned by .*Scaled .*nothing but zeros"):
        ConditionedCache(tmp_path).condition(features(change=(23, 0.0)), made())
    assert files(tmp_path) == []


def test_a_clip_that_comes_out_without_numbers_is_named_and_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match=r"^clip-31: cannot be conditioned by \S+\.fake_transforms.Broken .*not finite"):
        ConditionedCache(tmp_path).condition(features(change=((31, 3, 2), 4.0)), made("Broken", kind="nan"))
    assert files(tmp_path) == []


def test_other_shapes_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"fake_transforms.Broken: turns \(1, 12, 5\) into \(1, 11, 5\)"):
        ConditionedCache(tmp_path).condition(features(), made("Broken", kind="short"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"class_path": f"{FAKES}.Nothing"}, f"conditioner {FAKES}.Nothing: cannot be imported"),
        ({"class_path": "no_such_module.Scaled"}, "conditioner no_such_module.Scaled: cannot be imported"),
        ({"class_path": "Scaled"}, "conditioner Scaled: cannot be imported"),
        ({"class_path": f"{FAKES}.NOT_A_CLASS"}, "fake_transforms.NOT_A_CLASS: .*not callable"),
        ({"class_path": f"{FAKES}.Scaled", "init_args": {"beta": 1}}, "fake_transforms.Scaled: .*'beta'"),
        ({"class_path": f"{FAKES}.Broken", "init_args": {"kind": "refused"}}, "kind 'refused' does not exist"),
        ({"init_args": {}}, "give a class_path"),
        ({"class_path": f"{FAKES}.Scaled", "factor": 1.0}, "give a class_path"),
    ],
)
def test_what_cannot_be_built_is_one_line(given, message):
    with pytest.raises(DataError, match=message) as caught:
        Conditioner.made_from(given)
    assert "\n" not in str(caught.value)


@contextmanager
def file_size_limit(size):
    """A disk on which no file can be longer than `size`."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path):
    with pytest.raises(DataError) as caught, file_size_limit(5_000):
        ConditionedCache(tmp_path).condition(features(), made())
    message = str(caught.value)
    assert "\n" not in message and str(tmp_path) in message and "free some space" in message
    assert files(tmp_path) == []


def test_two_at_once_condition_once(tmp_path, calls):
    threads = [
        threading.Thread(target=ConditionedCache(tmp_path).condition, args=(features(), made())) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [1, 16, 16, 8]


def test_parameters_that_json_changes_do_not_make_it_compute_again(tmp_path, calls, caplog):
    for _ in range(2):
        ConditionedCache(tmp_path).condition(features(), made(powers=(1, 2)))
    assert len(calls) == 4 and not caplog.messages


def test_ranges_are_those_the_transform_tells():
    import torch

    values = torch.from_numpy(features().array)
    assert made().ranges(values) == {"past_mean": pytest.approx(float(values.mean())), "clips": CLIPS}
    assert Conditioner("x", object()).ranges(values) is None
