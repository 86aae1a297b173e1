from functools import partial

import numpy as np
import pytest
import torch

from datasets.batches.resident import Batch
from datasets.errors import DataError
from tests.datasets.batches.fake_tagged import FakeTagged
from tests.datasets.batches.tagged_epochs import (  # fmt: skip
    BANDS,
    FRAMES,
    MASKS,
    SCALED,
    SHORT,
    epoch,
    gathered,
    hot,
    made,
    plain,
    predicted,
    scaled,
    standardised,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(folder):
    return partial(made, folder)


def test_an_epoch_is_every_training_clip_standardised_with_its_labels(make):
    module = make()
    batches, items, _, x, y = epoch(module)
    assert sorted(items) == sorted(module.train_items) == [f"train-{n:03d}" for n in range(24)]
    assert items != sorted(items)
    assert [len(one.rows) for one in batches] == [16, 8]
    assert (x.shape, x.dtype) == ((24, 1, FRAMES, BANDS), torch.float32)
    assert (y.shape, y.dtype) == ((24, 3), torch.float32)
    for item, one, label in zip(items, x, y, strict=True):
        assert one[0].numpy() == pytest.approx(standardised(plain, item), abs=1e-3)
        assert label.tolist() == hot(item)
    assert y.sum(1).unique().tolist() == [0, 1, 2]


def test_validation_and_prediction_come_in_the_order_of_the_lists(make):
    module = make(time_masks=2, time_warp_share=0.08, mixup_alpha=1.0)  # which these must not feel
    x, y = gathered(module, module.val_dataloader())
    assert module.validation_items == [f"validation-{n:03d}" for n in reversed(range(9))]
    assert module.test_sets == {"test": [f"test-{n:03d}" for n in range(7, 0, -1)] + ["train-000"]}
    for item, one, label in zip(module.validation_items, x, y, strict=True):
        assert one[0].numpy() == pytest.approx(standardised(plain, item), abs=1e-3)
        assert label.tolist() == hot(item)
    found = predicted(module)["test"]
    assert found.shape == (8, 1, FRAMES, BANDS)
    for item, one in zip(module.test_sets["test"], found, strict=True):
        assert one[0].numpy() == pytest.approx(standardised(plain, item), abs=1e-3)


def test_a_clip_of_two_parts_has_its_training_labels_in_training(make):
    class Strong(FakeTagged):
        def part(self, part):
            found = super().part(part)
            return found.replace({"label": {"hum": "tick"}}) if part == "test" else found

    module = make(Strong())
    found = epoch(module)
    assert "train-000" in module.test_sets["test"]
    assert module.reference("test")["label"]["train-000"] == "tick"
    assert found.y[found.items.index("train-000")].tolist() == hot("train-000") == [1, 0, 0]


@pytest.mark.parametrize("pad", ["zeros", "min"])
def test_short_clips_are_padded_as_asked(make, pad):
    module = make(pad=pad)
    found = epoch(module)
    x = found.x[found.items.index(SHORT[0]), 0]
    values = (x * module.std["plain"] + module.mean["plain"]).numpy()
    assert values == pytest.approx(plain(SHORT[0], pad), abs=1e-3)
    assert values[40:] == pytest.approx(np.full((10, BANDS), 0.0 if pad == "zeros" else values[:36].min()), abs=1e-3)


def test_a_conditioner_treats_training_validation_and_test(make):
    module = make(conditioner=SCALED)
    trained = epoch(module)
    assert trained.streams.tolist() == [1] * 24
    assert list(module.test_sets) == ["test"]
    validation, _ = gathered(module, module.val_dataloader())
    for names, found in (
        (trained.items, trained.x),
        (module.validation_items, validation),
        (module.test_sets["test"], predicted(module)["test"]),
    ):
        for item, one in zip(names, found, strict=True):
            assert one[0].numpy() == pytest.approx(standardised(scaled, item), abs=1e-3)


def test_the_augmented_mode_has_both_streams_each_with_its_own_scale(make):
    module = make(mode="am", conditioner=SCALED)
    batches, items, streams, x, y = epoch(module)
    assert sorted(items) == sorted(module.train_items * 2)
    assert len(batches) == 3 and all(0 < one.starts.sum() < 16 for one in batches)  # shuffled together
    assert {(item, stream) for item, stream in zip(items, streams.tolist(), strict=True)} == {
        (item, stream) for item in module.train_items for stream in (0, 1)
    }
    for item, stream, one, label in zip(items, streams, x, y, strict=True):
        of = scaled if stream else plain
        assert one[0].numpy() == pytest.approx(standardised(of, item), abs=1e-3)
        assert label.tolist() == hot(item)


def test_the_augmented_mode_is_also_tested_without_conditioning(make):
    module = make(mode="am", conditioner=SCALED)
    assert list(module.test_sets) == ["test", "test_plain"]
    assert module.test_sets["test"] == module.test_sets["test_plain"]
    found = predicted(module)
    assert torch.equal(found["test"], predicted(make(conditioner=SCALED))["test"])
    assert torch.equal(found["test_plain"], predicted(make())["test"])
    assert not torch.equal(found["test"], found["test_plain"])
    assert module.reference("test").equals(module.reference("test_plain"))
    assert list(make(mode="am", mixup_alpha=1.0).test_sets) == ["test"]


def test_the_augmented_mode_without_treatment_is_the_same_twice(make):
    _, items, _, x, _ = epoch(make(mode="am"))
    assert sorted(items) == sorted(2 * [f"train-{n:03d}" for n in range(24)])
    for item in set(items):
        first, second = (x[at] for at, one in enumerate(items) if one == item)
        assert torch.equal(first, second)


@pytest.mark.parametrize("options", [MASKS, {"time_warp_share": 0.2}, {"mixup_alpha": 1.0}])
def test_treatments_spare_the_plain_stream(make, options):
    found, untreated = epoch(make(mode="am", **options)), epoch(make())
    changed = []
    for item, stream, x, y in zip(found.items, found.streams.tolist(), found.x, found.y, strict=True):
        place = untreated.items.index(item)
        same = torch.equal(x, untreated.x[place]) and torch.equal(y, untreated.y[place])
        assert stream or same
        changed += [not same] if stream else []
    assert len(changed) == 24 and np.mean(changed) > 0.8


def test_masks_are_zeros_and_leave_the_rest(make):
    treated, untreated = epoch(make(**MASKS)), epoch(make())
    assert treated.items == untreated.items
    kept = treated.x != 0
    assert torch.equal(treated.x[kept], untreated.x[kept])
    assert 0.4 < kept.float().mean() < 0.7  # a quarter of the frames and about a third of the bands are masked


def test_every_batch_of_every_epoch_has_draws_of_its_own(make):
    rows, streams = torch.arange(16), torch.ones(16, dtype=torch.long)
    masking, mixing = make(**MASKS), make(mixup_alpha=1.0)
    seen = []
    for place in ((0, 0), (0, 1), (1, 0)):
        batch = Batch(rows, streams, *place)
        masks, (own, partners) = masking.on_after_batch_transfer(batch, 0)[0] == 0, mixing._draw_mixup(batch)
        for other in seen:
            assert not any(torch.equal(one, another) for one, another in zip(masks, other[0], strict=True))
            assert not (own == other[1]).any()
            assert (partners == other[2]).float().mean() < 0.5
        seen.append((masks, own, partners))


def test_mixup_takes_partners_from_the_whole_training_set_and_labels_alike(make):
    module = make(mixup_alpha=1.0, batch_size=4)
    found, names = epoch(module), module.train_items
    basis = torch.stack([torch.from_numpy(standardised(plain, item)).flatten() for item in names]).T
    partners, in_batch = set(), []
    for at, (item, x, y) in enumerate(zip(found.items, found.x, found.y, strict=True)):
        # How much of each training clip is in what came out, by least squares.
        shares = torch.linalg.lstsq(basis, x.flatten().double()[:, None]).solution[:, 0]
        used = [name for name, share in zip(names, shares, strict=True) if abs(share) > 2e-3]
        assert len(set(used) | {item}) <= 2
        assert float(shares.sum()) == pytest.approx(1, abs=5e-3)
        assert y.numpy() == pytest.approx(shares.numpy() @ np.array([hot(name) for name in names]), abs=2e-2)
        partners |= set(used) - {item}
        in_batch.append(set(used) <= set(found.items[at // 4 * 4 : at // 4 * 4 + 4]))
    assert len(partners) > 10
    assert np.mean(in_batch) < 0.5


def test_shares_follow_the_beta_distribution_and_partners_are_uniform(make):
    module = make(mixup_alpha=0.2)
    rows = torch.zeros(20000, dtype=torch.long)
    own, partners = module._draw_mixup(Batch(rows, rows, 0, 0))
    # Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    assert own.mean() == pytest.approx(0.5, abs=0.02)
    assert own.var() == pytest.approx(1 / (4 * 1.4), abs=0.01)
    counts = torch.bincount(partners)[module._rows["train"]]
    assert counts.sum() == 20000
    assert ((counts - 20000 / 24).abs() < 5 * np.sqrt(20000 / 24)).all()


def test_conditioned_clips_are_mixed_with_conditioned_ones(make):
    module = make(mode="am", conditioner=SCALED, mixup_alpha=1.0)
    found = epoch(module)
    basis = torch.stack([torch.from_numpy(standardised(scaled, i)).flatten() for i in module.train_items]).T
    for x in found.x[found.streams == 1][:6]:
        solved = torch.linalg.lstsq(basis, x.flatten().double()[:, None]).solution
        assert (basis @ solved)[:, 0].numpy() == pytest.approx(x.flatten().numpy(), abs=1e-2)


def test_order_and_draws_depend_on_seed_and_epoch_and_nothing_else(make):
    everything = {"mode": "am", "mixup_alpha": 0.2, "time_warp_share": 0.08, "conditioner": SCALED, **MASKS}
    torch.manual_seed(1)
    first = epoch(make(**everything))
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002
    state = torch.random.get_rng_state()
    again = epoch(make(**everything))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.items == again.items
    assert all(torch.equal(a, b) for a, b in zip(first[2:], again[2:], strict=True))
    assert epoch(make(**everything), 1).items != first.items
    assert epoch(make(**everything, seed=1)).items != first.items


def test_batches_are_made_on_the_device_of_their_rows(make):
    # The meta device has no numbers, but like a GPU it refuses to be mixed with the CPU.
    module = make(mode="am", mixup_alpha=0.2, time_warp_share=0.08, conditioner=SCALED, **MASKS)
    for loader in (module.train_dataloader(), module.val_dataloader()):
        batch = next(loader.batches())
        elsewhere = batch._replace(rows=batch.rows.to("meta"), starts=batch.starts.to("meta"))
        x, y = module.on_after_batch_transfer(elsewhere, 0)
        assert (x.device.type, y.device.type) == ("meta", "meta")
        assert x.shape == (len(batch.rows), 1, FRAMES, BANDS)


def test_shuffled_labels_are_each_others_and_spare_the_validation(make):
    control = make(shuffle_labels=True)
    before, after = epoch(make()), epoch(control)
    assert before.items == after.items and torch.equal(before.x, after.x)
    assert sorted(before.y.tolist()) == sorted(after.y.tolist()) and not torch.equal(before.y, after.y)
    assert torch.equal(after.y, epoch(make(shuffle_labels=True)).y)
    _, labels = gathered(control, control.val_dataloader())
    assert labels.tolist() == [hot(item) for item in control.validation_items]


def test_a_limit_keeps_some_of_every_class_and_extracts_no_more(make, tmp_path):
    labels = {f"train-{n:03d}": "hum" for n in range(24)} | {"train-022": "tick", "train-023": "hiss"}
    dataset = FakeTagged(labels=labels)
    module = make(dataset, limit=4, cache=tmp_path)
    assert module.train_items == ["train-023", "train-022", "train-001", "train-000"]
    used = {*module.train_items, *module.validation_items, *module.test_sets["test"]}
    assert set(dataset.loaded) == used
    assert module.item_counts == {name: {"used": 4, "expected": None} for name in ("train", "validation", "test")}
    assert list(module.reference("test").index) == module.test_sets["test"]
    assert len(make(dataset, limit=100).train_items) == 24


def test_what_cannot_be_trained_on_is_one_line(make):
    with pytest.raises(DataError, match="fake_tagged: not a single train clip is here"):
        make(FakeTagged((0, 9, 8)))
    with pytest.raises(DataError, match="fake_tagged: not a single test clip is here"):
        make(FakeTagged((24, 9, 0)))
    with pytest.raises(DataError, match=r"^train-005: label 'whistle' is none of the classes hum, hiss, tick"):
        make(FakeTagged(labels={"train-005": "hum,whistle"}))
    with pytest.raises(DataError, match=r"^test-003: label 'whistle'"):
        make(FakeTagged(labels={"test-003": "whistle"}))
    with pytest.raises(DataError, match="fold 2 of fake_tagged does not exist"):
        make(fold=2)
    with pytest.raises(DataError, match="mode 'pm' does not exist"):
        make(mode="pm")
    with pytest.raises(DataError, match="extractor mfcc_zcr does not make clips one length"):
        make(extractor="mfcc_zcr")
    with pytest.raises(DataError, match="unknown feature extractor 'log_mel'"):
        make(extractor="log_mel")
    with pytest.raises(DataError, match="50 frames are too few"):
        make(time_warp_share=0.49)


def test_features_without_numbers_name_their_clip(make, tmp_path):
    class Overflowing(FakeTagged):
        def load(self, item):
            return super().load(item) * (np.float32(np.nan) if item == "validation-004" else 1)

    with pytest.raises(DataError, match=r"^validation-004: its features have values that are no numbers"):
        make(Overflowing(), cache=tmp_path)


def test_clips_that_cannot_be_conditioned_are_named(make):
    broken = {"class_path": "tests.datasets.features.fake_transforms.Broken", "init_args": {"kind": "nan"}}
    module = make()
    items = sorted({*module.train_items, *module.validation_items, *module.test_sets["test"]})
    loud = next(item for item in items if plain(item).max() > 1.7)
    assert loud != items[0]
    with pytest.raises(
        DataError, match=f"^{loud}: cannot be conditioned by tests.datasets.features.fake_transforms.Broken"
    ):
        make(conditioner=broken)


def test_without_validation_there_is_no_loader(make):
    module = make(FakeTagged((24, 0, 8)))
    assert module.val_dataloader() == []
    assert module.item_counts["validation"] == {"used": 0, "expected": 1}
