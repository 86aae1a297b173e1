import json
import math
from functools import cache

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from datasets.batches import resident
from datasets.batches.frames import FrameDataModule
from datasets.errors import DataError
from datasets.features import make_extractor
from tests.datasets.batches.fake_recordings import RATE, FakeRecordings, FakeWhistles

#: How many recordings each set has, and how many of them with an event.
SIZES = {"train": (24, 18), "near": (7, 3), "far": (7, 3)}
FRAMES, CHUNK, STARTS = 101, 32, [0, 16, 32, 48, 64, 69]  # two seconds, chunks every 16 frames
QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}


class Whistles(FrameDataModule):
    """24 recordings to train on, two test sets."""

    def __init__(self, cache, **options):
        small = {"extractor": "log_mel_baseline", "n_mels": 12, "chunk_frames": CHUNK, "chunk_hop": 16}
        super().__init__(FakeWhistles(), ("near", "far"), cache=cache, **{**small, "batch_size": 16, **options})
        self.made = {}

    def recordings(self, name):
        if name not in self.made:
            self.made[name] = FakeRecordings(name, *SIZES[name])
        return self.made[name]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(folder):
    def make(**options):
        module = Whistles(options.pop("cache", folder), **options)
        module.setup()
        return module

    return make


def epoch(module, number=0):
    loader = module.train_dataloader()
    loader.set_epoch(number)
    return list(loader.batches())


def tensors(module, batches):
    return [
        torch.cat(parts) for parts in zip(*(module.on_after_batch_transfer(one, 0) for one in batches), strict=True)
    ]


def places(batches):
    return [pair for one in batches for pair in zip(one.rows.tolist(), one.starts.tolist(), strict=True)]


@cache
def features(item):
    """As they are stored; FakeRecordings are named by their items."""
    count, events = SIZES[item[:-4]]
    samples = FakeRecordings(item[:-4], count, events).load(item)
    return make_extractor("log_mel_baseline", n_mels=12)(samples, RATE).astype(np.float16)


def roll(recordings, item):
    """By the rule of the official event roll, frame by frame."""
    onset, offset = recordings.times.get(item, (math.inf, math.inf))
    return [int(onset / 0.02 < frame + 1 and frame < offset / 0.02) for frame in range(FRAMES)]


def standardised(module, values):
    return (values - module.mean.numpy()) / module.std.numpy()


def test_an_epoch_is_every_chunk_of_the_training_recordings(make):
    module = make()
    batches = epoch(module)
    x, y = tensors(module, batches)
    assert (module.hop, module.num_classes, module.classes) == (0.02, 1, ("whistle",))
    assert x.shape == (len(module.train_items) * len(STARTS), 1, CHUNK, 12)
    assert y.shape == (len(x), CHUNK)
    assert (x.dtype, y.dtype) == (torch.float32, torch.float32)
    items, found = module.recordings("train").items, places(batches)
    assert sorted(found) == sorted((items.index(item), start) for item in module.train_items for start in STARTS)
    assert found != sorted(found)
    for position in range(0, len(x), 11):
        item, start = items[found[position][0]], found[position][1]
        expected = standardised(module, features(item)[start : start + CHUNK])
        assert x[position, 0].numpy() == pytest.approx(expected, abs=1e-4)
        assert y[position].tolist() == roll(module.recordings("train"), item)[start : start + CHUNK]


def test_bands_are_standardised_over_the_training_recordings_alone(make):
    module = make(chunk_frames=None)
    x, _ = tensors(module, epoch(module))
    assert x.double().mean((0, 1, 2)).numpy() == pytest.approx(np.zeros(12), abs=1e-5)
    assert x.double().std((0, 1, 2), correction=0).numpy() == pytest.approx(np.ones(12), abs=1e-5)
    assert not torch.equal(module.mean, make(chunk_frames=None, validation=0.4).mean)


@pytest.mark.parametrize(("share", "with_event", "without"), [(0.1, 2, 1), (0.25, 5, 2), (0.5, 9, 3)])
def test_validation_is_a_share_of_both_kinds_rounded_up(make, share, with_event, without):
    module = make(validation=share)
    times = module.recordings("train").times
    active = [item in times for item in module.validation_items]
    assert (sum(active), len(active) - sum(active)) == (with_event, without)
    assert sorted(module.train_items + module.validation_items) == sorted(module.recordings("train").items)
    assert make(validation=share, seed=5).validation_items == module.validation_items
    assert make(validation=share, validation_seed=5).validation_items != module.validation_items


def test_no_chunk_of_a_validation_recording_is_trained_on(make):
    module = make(validation=0.3)
    held_out = {module.recordings("train").items.index(item) for item in module.validation_items}
    validation = places(module.val_dataloader().batches())
    assert validation == [(row, start) for row in sorted(held_out) for start in STARTS]
    assert not held_out & {row for number in range(3) for row, _ in places(epoch(module, number))}
    x, y = tensors(module, module.val_dataloader())
    assert x.shape == (len(validation), 1, CHUNK, 12)
    assert y.sum() > 0


@pytest.mark.parametrize("chunk", [None, 1])
def test_whole_recordings_validate_where_there_are_no_chunks(make, chunk):
    module = make(chunk_frames=chunk, context=2, validation=0.25)
    x, y = tensors(module, module.val_dataloader())
    assert x.shape == (7, 1, FRAMES + 4, 12)
    assert y.tolist() == [roll(module.recordings("train"), item) for item in module.validation_items]


def test_single_frames_come_with_their_neighbours(make):
    module = make(chunk_frames=1, chunk_hop=1, context=2, batch_size=256, validation=0.0)
    batches = epoch(module)
    x, y = tensors(module, batches)
    assert x.shape == (24 * FRAMES, 1, 5, 12)
    assert y.shape == (24 * FRAMES, 1)
    items = module.recordings("train").items
    exact = [standardised(module, features(item)) for item in items]
    for position, (row, frame) in enumerate(places(batches)):
        if frame in (0, 1, 50, FRAMES - 1) and row in (0, 9):
            around = np.clip(np.arange(frame - 2, frame + 3), 0, FRAMES - 1)
            assert x[position, 0].numpy() == pytest.approx(exact[row][around], abs=1e-4)
            assert y[position].item() == roll(module.recordings("train"), items[row])[frame]


def test_an_epoch_may_have_some_chunks_of_each_recording(make):
    module = make(chunks_per_clip=2, validation=0.0)
    first, second = (places(epoch(module, number)) for number in (0, 1))
    for drawn in (first, second):
        assert len(set(drawn)) == len(drawn) == 48
        assert np.bincount([row for row, _ in drawn]).tolist() == [2] * 24
    assert sorted(first) != sorted(second)


def test_order_depends_on_seed_and_epoch(make):
    base = places(epoch(make()))
    assert places(epoch(make())) == base
    assert places(epoch(make(), 1)) != base
    assert places(epoch(make(seed=1))) != base
    assert places(epoch(make(), 1)) == places(epoch(make(), 1))


def test_prediction_has_whole_recordings_in_the_order_of_each_test_set(make):
    module = make(context=1)
    loaders = module.predict_dataloader()
    assert list(module.test_sets) == ["near", "far"]
    for (name, items), loader in zip(module.test_sets.items(), loaders, strict=True):
        assert items == list(module.recordings(name).items)
        x = torch.cat([module.on_after_batch_transfer(batch, 0) for batch in loader])
        assert x.shape == (7, 1, FRAMES + 2, 12)
        for one, item in zip(x, items, strict=True):
            assert one[0, 1:-1].numpy() == pytest.approx(standardised(module, features(item)), abs=1e-4)
        assert torch.equal(x[:, :, 0], x[:, :, 1])
        assert torch.equal(x[:, :, -1], x[:, :, -2])


def test_batches_of_whole_recordings_hold_about_the_frames_of_a_training_batch(make):
    assert [loader.batch_size for loader in make(batch_size=64).predict_dataloader()] == [64 * CHUNK // FRAMES] * 2
    assert make(batch_size=64, chunk_frames=None).predict_dataloader()[0].batch_size == 64
    assert make(batch_size=64, chunk_frames=1).predict_dataloader()[0].batch_size == 4


def test_limit_takes_both_kinds_in_turn_and_extracts_no_more(make, tmp_path):
    module = make(limit=6, cache=tmp_path)
    train = module.recordings("train")
    kept = sorted(module.train_items + module.validation_items)
    assert [item in train.times for item in kept].count(True) == 3
    assert sorted(set(train.loaded)) == kept
    assert kept[0] == train.items[0] and max(map(train.items.index, kept)) < 12  # the first ones drawn
    for name, items in module.test_sets.items():
        recordings = module.recordings(name)
        assert len(items) == 6 and items == sorted(items)
        assert sum(item in recordings.times for item in items) == 3
        assert list(module.reference(name).index) == items
    assert module.item_counts["train"] == {"used": 4, "expected": None}


def test_a_limit_that_leaves_nothing_to_train_on_is_refused(make):
    with pytest.raises(DataError, match="2 training recordings leave none to train on"):
        make(limit=2)


def test_shuffled_labels_are_each_others_event_times(make):
    plain, control = make(), make(shuffle_labels=True)
    before, after = (module._targets[module._rows["train"]] for module in (plain, control))
    assert sorted(before.tolist()) == sorted(after.tolist())
    assert not torch.equal(before, after)
    assert torch.equal(plain._targets[plain._rows["validation"]], control._targets[control._rows["validation"]])
    assert torch.equal(control._targets, make(shuffle_labels=True)._targets)


def test_estimators_get_plain_frames_and_what_is_active(make):
    module = make()
    module.setup()
    values, active = module.arrays("train")
    assert values.dtype == np.float32 and values.shape[:2] == active.shape == (len(module.train_items), 101)
    recordings = module.recordings("train")
    for number, item in enumerate(module.train_items[:3]):
        np.testing.assert_array_equal(active[number], roll(recordings, item))
        np.testing.assert_array_equal(values[number], features(item))
    name = module.names[0]
    values, active = module.arrays(name)
    assert len(values) == len(module.test_sets[name]) and not active.any()


def test_features_without_frames_are_refused(make):
    with pytest.raises(DataError, match="mfcc_zcr gives no frames"):
        make(extractor="mfcc_zcr", n_mels=None)


def test_recordings_shorter_than_a_chunk_are_refused(make):
    with pytest.raises(DataError, match="cannot be cut from recordings of 101"):
        make(chunk_frames=102)


def test_features_are_resident_once_and_in_two_bytes(make):
    resident._resident.clear()
    for module in (make(), make(seed=1), make(chunk_frames=None)):
        module.on_after_batch_transfer(next(iter(module.train_dataloader())), 0)
        module.on_after_batch_transfer(next(iter(module.predict_dataloader()[0])), 0)
    (values,) = resident._resident.values()
    assert (values.dtype, values.shape) == (torch.float16, (24, FRAMES, 12))
    assert module._features["train"].array.base is not None  # a map of the file


def test_the_probe_is_a_whole_recording_with_an_event(make):
    module = make(context=2)
    (item,), x = module.probe_batch()
    assert item == min(module.recordings("far").times)
    assert x.shape == (1, 1, FRAMES + 4, 12)
    assert x[0, 0, 2:-2].numpy() == pytest.approx(standardised(module, features(item)), abs=1e-4)


def test_provenance_is_plain_and_complete(make):
    facts = json.loads(json.dumps(make().provenance()))
    assert facts["items"] == {
        "train": {"used": 21, "expected": 21}, "validation": {"used": 3, "expected": 3},
        "near": {"used": 7, "expected": 7}, "far": {"used": 7, "expected": 7},
    }  # fmt: skip
    assert set(facts["features"]) == {"train", "near", "far"}
    assert facts["extractor"]["name"] == "log_mel_baseline"
    assert facts["extractor"]["n_mels"] == len(facts["mean"]) == len(facts["std"]) == 12


class Tiny(pl.LightningModule):
    """A logistic regression per frame."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Linear(12, 1)
        self.seen, self.losses = [], []

    def forward(self, x):
        return self.net(x[:, 0]).squeeze(-1)

    def training_step(self, batch, batch_idx):
        x, y = batch
        self.seen.append((self.current_epoch, float(x.sum()), float(y.sum())))
        return nn.functional.binary_cross_entropy_with_logits(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.losses.append(float(nn.functional.binary_cross_entropy_with_logits(self(x), y)))

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return self(batch)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.05)


def fit(module, epochs, folder=None, resume=None):
    model = Tiny()
    trainer = pl.Trainer(
        max_epochs=epochs,
        enable_checkpointing=folder is not None,
        default_root_dir=folder,
        num_sanity_val_steps=0,
        **QUIET,
    )
    trainer.fit(model, module, ckpt_path=resume, weights_only=True if resume else None)
    return model, trainer


def test_a_trainer_learns_whistles_and_predicts_both_test_sets(make):
    module = make()
    model, trainer = fit(module, 12)
    assert len(model.seen) == 12 * len(module.train_dataloader())
    assert model.losses[-1] < 0.3 * model.losses[0]
    logits = trainer.predict(model, datamodule=module)
    assert len(logits) == 2
    for name, batches in zip(module.test_sets, logits, strict=True):
        truth = np.array([roll(module.recordings(name), item) for item in module.test_sets[name]])
        assert ((torch.cat(batches) > 0).numpy() == truth).mean() > 0.97


def test_a_resumed_training_sees_the_batches_of_an_uninterrupted_one(make, tmp_path):
    whole, _ = fit(make(chunks_per_clip=3), 3)
    first, trainer = fit(make(chunks_per_clip=3), 1, tmp_path)
    trainer.save_checkpoint(tmp_path / "stopped.ckpt")
    second, _ = fit(make(chunks_per_clip=3), 3, tmp_path, tmp_path / "stopped.ckpt")
    assert first.seen + second.seen == whole.seen


def test_without_validation_a_trainer_fits_all_the_same(make):
    model, _ = fit(make(validation=0.0), 1)
    assert model.losses == []
