import pytest
import torch

from datasets.batches.resident import ResidentLoader


def shuffled(n):
    def order(epoch):
        rows = torch.randperm(n, generator=torch.Generator().manual_seed(epoch))
        return rows, rows % 3

    return order


@pytest.mark.parametrize(("n", "size", "batches"), [(10, 4, 3), (12, 4, 3), (3, 64, 1)])
def test_every_segment_comes_once_and_the_last_batch_is_kept(n, size, batches):
    loader = ResidentLoader(shuffled(n), size)
    found = list(loader)
    assert len(loader) == len(found) == batches
    rows = torch.cat([batch.rows for batch in found])
    assert sorted(rows.tolist()) == list(range(n))
    assert all(torch.equal(batch.starts, batch.rows % 3) for batch in found)
    assert [batch.step for batch in found] == list(range(batches))


def epochs_of(loader, n):
    return [[batch.rows.tolist() for batch in loader] for _ in range(n)]


def test_epochs_are_counted_and_can_be_set():
    loader = ResidentLoader(shuffled(20), 8)
    first, second = epochs_of(loader, 2)
    assert first != second
    loader.set_epoch(0)
    assert epochs_of(loader, 2) == [first, second]


def test_a_trainer_tells_the_epoch():
    now = {"epoch": 7}
    loader = ResidentLoader(shuffled(20), 8, lambda: now["epoch"])
    assert {batch.epoch for batch in loader} == {7}
    assert epochs_of(loader, 2)[0] == epochs_of(loader, 1)[0]
    now["epoch"] = 8
    assert {batch.epoch for batch in loader} == {8}
