"""Several sets of features lie once on disk, and once in memory however many processes use them."""

import json
import multiprocessing
import shutil

import numpy as np
import pytest
import torch

from benchmarks.launch.memory import free_mib, holding
from datasets.batches import resident
from datasets.batches.resident import joined
from datasets.features.cache import FORMAT, FeatureCache, Wanted

MIB = 1 << 20
FORK = multiprocessing.get_context("fork")


def cached(folder, name, values, dtype="float32"):
    """A set of features in the cache, one row per item."""
    cache, values = FeatureCache(folder), np.asarray(values, dtype=dtype)

    def write(paths):
        for path in paths.values():
            with path.open("wb") as file:
                np.save(file, values)
        return [{"shape": list(values.shape), "counts": [1] * len(values)}]

    items = [f"{name} {row}" for row in range(len(values))]
    return cache._kept(Wanted.by({"format": FORMAT, "name": name, "items": items}, {}), write)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_rows_come_one_set_after_the_other(tmp_path, dtype):
    draw = np.random.default_rng(0)
    parts = [draw.normal(size=(rows, 3, 5)) for rows in (4, 300)]
    sets = [cached(tmp_path, str(number), part, dtype) for number, part in enumerate(parts)]
    found = joined(sets)
    assert isinstance(found, np.memmap) and found.dtype == dtype
    assert np.array_equal(found, np.concatenate(parts).astype(dtype))
    assert np.array_equal(joined(sets[::-1])[:300], found[4:])
    assert len(list((tmp_path / "joined").glob("*.npy"))) == 2


def test_what_is_there_is_used_until_a_set_or_the_file_changes(tmp_path):
    sets = [cached(tmp_path, name, np.full((2, 2), value)) for name, value in (("a", 1), ("b", 2))]
    joined(sets)
    [path] = (tmp_path / "joined").glob("*.npy")
    before = path.stat().st_mtime_ns
    assert joined(sets).mean() == 1.5 and path.stat().st_mtime_ns == before
    path.write_bytes(path.read_bytes()[:-1])
    assert joined(sets).mean() == 1.5
    header = tmp_path / "features" / f"{sets[0].key}.json"
    header.unlink()  # made again by other code
    sets[0] = cached(tmp_path, "a", np.full((2, 2), 4))
    assert joined(sets).mean() == 3.0
    assert json.loads(header.read_text())["crc32"] != 0
    shutil.rmtree(tmp_path / "joined")
    assert joined(sets).mean() == 3.0


@pytest.mark.skipif(free_mib() is None, reason="this system does not tell what a process alone holds")
def test_a_process_holds_nothing_of_it(tmp_path):
    sets = [cached(tmp_path, name, np.ones((32 * MIB // 4096, 1024))) for name in "ab"]
    told, tell = FORK.Pipe(duplex=False)

    def use():
        before = holding("cpu").held
        values = resident.resident(sets, torch.device("cpu"))
        tell.send((float(values[::512].sum()), holding("cpu").held - before))

    process = FORK.Process(target=use)
    process.start()
    total, held = told.recv() if told.poll(60) else (0.0, 0.0)
    process.join()
    assert total == 1024 * 2 * 32 * MIB // 4096 / 512
    assert held < 16  # of 64 MiB
