import json
from functools import cache

import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from datasets.batches import resident
from datasets.batches.activity import ActivityDataModule, Recording
from datasets.errors import DataError
from datasets.features import make_extractor
from datasets.features.copies import Copy
from tests.datasets.batches.fake_activity import CLASSES, LENGTHS, PARTS, RATE, FakeStreet

pytestmark = pytest.mark.filterwarnings("ignore:log_mel_maestro. 9 of 64:UserWarning")

STREET = FakeStreet()
SECONDS = {item: int(length) for item, length in LENGTHS.items()}
TRAIN = [(item, second) for item in sorted(PARTS["train"]) for second in range(SECONDS[item])]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(folder):
    def make(dataset=STREET, **options):
        small = {"classes": dataset.scored, "chunk_seconds": 5, "batch_size": 8, "cache": folder, "jobs": 1}
        module = ActivityDataModule(dataset, **{**small, **options})
        module.setup()
        return module

    return make


def epoch(module, number=0):
    loader = module.train_dataloader()
    loader.set_epoch(number)
    return list(loader.batches())


def joined(module, batches):
    """x and targets of all batches."""
    made = [module.on_after_batch_transfer(one, 0) for one in batches]
    x, activity, scene = zip(*((x, y.activity, y.scene) for x, y in made), strict=True)
    return torch.cat(x), torch.cat(activity), torch.cat(scene)


@cache
def features(item, extractor="log_mel_maestro", louder=1.0):
    return make_extractor(extractor)((louder * STREET.load(item)).astype(np.float32), RATE)


def chunk(item, second, reach, values, per_second):
    """By the rule of the paper's code: a neighbour that is not there is the second itself again."""
    near = [at if 0 <= at < SECONDS[item] else second for at in range(second - reach, second + reach + 1)]
    return np.concatenate([values[at * per_second : (at + 1) * per_second] for at in near])


@pytest.mark.parametrize("seconds", [1, 5, 41])
def test_an_epoch_is_every_second_with_its_neighbours_and_their_labels(make, seconds):
    module = make(chunk_seconds=seconds)
    x, activity, scene = joined(module, epoch(module))
    assert x.shape == (len(TRAIN), 1, 5 * seconds, 64) and activity.shape == (len(TRAIN), 5 * seconds, 2)
    assert (module.hop, module.n_frames, module.classes) == (0.2, 5 * seconds, CLASSES[:2])
    wanted = {}
    for item, second in TRAIN:
        soft = STREET.soft(item)[:, :2].repeat(5, axis=0)
        key = tuple(STREET.soft(item)[second, :2].tolist())
        wanted[key] = (*(chunk(item, second, seconds // 2, of, 5) for of in (features(item), soft)), item)
    assert len(wanted) == len(TRAIN)
    middle = 5 * (seconds // 2)
    found = [tuple(one.tolist()) for one in activity[:, middle]]
    assert sorted(found) == sorted(wanted) and found != sorted(found)
    for number, key in enumerate(found):
        heard, soft, item = wanted[key]
        assert np.array_equal(x[number, 0].numpy(), heard) and np.array_equal(activity[number].numpy(), soft)
        assert FakeStreet.scenes[scene[number]] == STREET.scene(item)


def test_labels_per_second_are_those_of_the_chunks_seconds(make):
    frames, seconds = make(), make(labels="second")
    (_, of_frames, _), (x, of_seconds, _) = (joined(one, epoch(one)) for one in (frames, seconds))
    assert x.shape[2] == 25 and of_seconds.shape == (len(TRAIN), 5, 2) and seconds.hop == 1.0
    assert torch.equal(of_seconds.repeat_interleave(5, 1), of_frames)


def test_the_label_of_the_central_second_alone(make):
    seconds, central = make(labels="second"), make(labels="central")
    (_, of_seconds, _), (_, of_central, _) = (joined(one, epoch(one)) for one in (seconds, central))
    assert of_central.shape == (len(TRAIN), 1, 2) and central.hop == 1.0
    assert torch.equal(of_central, of_seconds[:, [2]])


def test_twenty_frames_a_second_with_the_short_hop(make):
    module = make(hop=800, chunk_seconds=1)
    x, activity, _ = joined(module, epoch(module))
    assert x.shape == (len(TRAIN), 1, 20, 64) and activity.shape == (len(TRAIN), 20, 2) and module.hop == 0.05


def test_sequences_straddle_recordings_and_the_rest_is_dropped(make):
    module = make(
        extractor="magnitude_maestro", chunk_seconds=None, sequence_frames=20, standardize=True, classes=CLASSES
    )
    x, activity, _ = joined(module, epoch(module))
    items = PARTS["train"]  # in the order of the list, as in the official baseline
    values = np.concatenate([features(item, "magnitude_maestro") for item in items])
    frames = [len(features(item, "magnitude_maestro")) for item in items]
    soft = np.concatenate([
        np.pad(STREET.soft(item).repeat(5, axis=0), ((0, count - 5 * SECONDS[item]), (0, 0)))
        for item, count in zip(items, frames, strict=True)
    ])  # fmt: skip
    assert sum(frames) > 5 * len(TRAIN) and sum(frames) % 20
    count = sum(frames) // 20
    assert x.shape == (count, 1, 20, 64) and activity.shape == (count, 20, 3) and module.n_frames == 20
    mean, std = values.mean(0, dtype=np.float64), values.std(0, dtype=np.float64)
    scaled = ((values - mean) / std)[: count * 20].reshape(count, 20, 64)
    order = [int(row) for one in epoch(module) for row in one.rows]
    assert sorted(order) == list(range(count)) and order != sorted(order)
    assert x[:, 0].numpy() == pytest.approx(scaled[order], abs=1e-3)
    assert np.array_equal(activity.numpy(), soft[: count * 20].reshape(count, 20, 3)[order])
    (validation,) = module.val_dataloader().batches()
    assert len(validation.rows) == sum(len(features(item, "magnitude_maestro")) for item in PARTS["validation"]) // 20


def test_only_training_recordings_standardise(make):
    module = make(standardize=True)
    values = np.concatenate([features(item) for item in PARTS["train"]])
    assert module.mean.numpy() == pytest.approx(values.mean(0), abs=1e-4)
    assert module.std.numpy()[55:].tolist() == [1.0] * 9  # the empty bands


def test_validation_is_every_second_of_its_recordings_in_order(make):
    module = make(spec_augment="code", copies=[LOUDER])
    x, activity, _ = joined(module, module.val_dataloader())
    soft = [STREET.soft(item)[:, :2] for item in sorted(PARTS["validation"])]
    assert np.array_equal(activity[:, 10].numpy(), np.concatenate(soft))
    assert np.array_equal(x[0, 0, 10:15].numpy(), features("cafe_1")[:5])


def test_prediction_is_whole_recordings_with_the_chunk_of_each_second(make):
    module = make()
    (loader,) = module.predict_dataloader()
    found = [module.on_after_batch_transfer(batch, 0) for batch in loader]
    assert module.test_sets["test"] == ["metro_2", "cafe_2"] and len(found) == 2
    for item, one in zip(module.test_sets["test"], found, strict=True):
        assert isinstance(one, Recording) and one.query is None
        assert np.array_equal(one.frames[0].numpy(), features(item)[: 5 * SECONDS[item]])
        for second in range(SECONDS[item]):
            heard = one.frames[0][one.places[second]].numpy()
            assert np.array_equal(heard, chunk(item, second, 2, features(item), 5))


def test_sequences_predict_whole_recordings_in_one_pass(make):
    module = make(extractor="magnitude_maestro", chunk_seconds=None, sequence_frames=20)
    one = module.on_after_batch_transfer(next(iter(module.predict_dataloader()[0])), 0)
    assert one.places is None and one.frames.shape == (1, 1 + int(8.45 / 0.2), 64)


def test_the_sampler_draws_by_class_and_nothing_else_does(make):
    plain, balanced = make(), make(sampler_alpha=1.0)
    first = torch.tensor([int(STREET.soft(item)[second, :2].argmax()) for item, second in TRAIN])
    share = float((first == 1).float().mean())
    assert 0 < share < 0.4
    drawn = [row for number in range(40) for one in epoch(balanced, number) for row in one.rows.tolist()]
    assert len(drawn) == 40 * (len(TRAIN) // 8 * 8)
    known = balanced._activity[torch.tensor(drawn)].argmax(1)
    assert float((known == 1).float().mean()) == pytest.approx(0.5, abs=0.06)
    assert sorted(row for one in epoch(plain) for row in one.rows.tolist()) == plain._seconds["train"].tolist()


def louder(samples, rate, label, draw):
    return samples * np.float32(draw.uniform(2, 4))


LOUDER, OTHER = Copy("louder", louder), Copy("other", louder)


def test_with_copies_each_item_is_cut_from_one_of_them_drawn_anew(make):
    module = make(copies=[LOUDER, OTHER], chunk_seconds=1, apart=True, seed=3)
    batches = epoch(module)
    x, activity, _ = joined(module, batches)
    starts = torch.cat([one.starts for one in batches])
    assert set(starts.tolist()) == {1, 2}
    assert starts.tolist() != torch.cat([one.starts for one in epoch(module, 1)]).tolist()
    rows = {tuple(STREET.soft(item)[second, :2].tolist()): (item, second) for item, second in TRAIN}
    for number in range(0, len(x), 4):
        item, second = rows[tuple(activity[number, 0].tolist())]
        copy = (LOUDER, OTHER)[starts[number] - 1].seeded(3)
        heard = make_extractor("log_mel_maestro", apart=True)(copy(STREET.load(item), RATE, item, ""), RATE)
        assert x[number, 0].numpy() == pytest.approx(heard[5 * second : 5 * second + 5], abs=1e-5)


def test_copies_of_another_length_are_refused(make):
    with pytest.raises(DataError, match="copies of recordings must be as long"):
        make(copies=[Copy("shorter", lambda samples, rate, label, draw: samples[: 3 * rate])])


@pytest.mark.parametrize("rule", ["code", "paper"])
def test_masks_are_drawn_for_training_alone_and_by_epoch_and_step(make, rule):
    plain, module = make(), make(spec_augment=rule)
    batches = epoch(module)
    (x, _, _), (masked, _, _) = (joined(one, epoch(one)) for one in (plain, module))
    assert x.shape == masked.shape and not torch.equal(x, masked)
    assert torch.equal(masked, joined(module, batches)[0])
    first = batches[0]
    again = [module.on_after_batch_transfer(first._replace(**of), 0)[0] for of in ({"epoch": 1}, {"step": 1})]
    assert not any(torch.equal(one, masked[: len(one)]) for one in again)


class Loudness(type(make_extractor("log_mel_maestro"))):
    """One row per complete second: what is known of it beside its frames."""

    name = "loudness_of_tests"

    def __call__(self, samples, rate):
        seconds = samples[: len(samples) // rate * rate].reshape(-1, rate)
        return np.stack([np.abs(seconds).max(1), np.arange(len(seconds))], axis=1).astype(np.float32)


def test_a_query_comes_with_each_second(make):
    module = make(query=Loudness(), spec_augment="code")
    for batch in epoch(module):
        (x, query), _ = module.on_after_batch_transfer(batch, 0)
        assert x.shape[1:] == (1, 25, 64)
        known = module._table.lows[batch.rows]
        assert torch.equal(query[:, 1], (batch.rows - known).float())
    one = module.on_after_batch_transfer(next(iter(module.predict_dataloader()[0])), 0)
    assert one.query[:, 1].tolist() == list(range(SECONDS["metro_2"]))
    with pytest.raises(DataError, match="no networks that are given a query"):
        module.probe_batch()


def test_shuffled_labels_are_each_others_in_training_alone(make):
    plain, control = make(), make(shuffle_labels=True)
    train, validation = plain._seconds["train"], plain._seconds["validation"]
    assert not torch.equal(plain._activity[train], control._activity[train])
    assert sorted(plain._activity[train].tolist()) == sorted(control._activity[train].tolist())
    assert torch.equal(plain._activity[validation], control._activity[validation])


def test_limit_takes_the_scenes_in_turn(make):
    module = make(limit=2)
    assert module.train_items == ["metro_0", "cafe_0"] and module.item_counts["train"]["expected"] is None
    assert set(module.reference("test").index) == set(module.test_sets["test"])


def test_features_are_resident_once(make):
    resident._resident.clear()
    for module in (make(), make(seed=1, chunk_seconds=1)):
        module.on_after_batch_transfer(next(iter(module.train_dataloader())), 0)
        module.on_after_batch_transfer(next(iter(module.predict_dataloader()[0])), 0)
    (values,) = resident._resident.values()
    assert values.shape == (5 * sum(SECONDS.values()), 64)


def test_figures_show_seconds_of_every_class_by_name(make):
    module = make()
    names, x = module.probe_batch()
    assert len(names) == len(x) == SECONDS["metro_2"] + SECONDS["cafe_2"] and x.shape[1:] == (1, 25, 64)
    item, second, label = names[9].split(":")
    assert label == STREET.scored[STREET.soft(item)[int(second), :2].argmax()]
    assert np.array_equal(x[9, 0].numpy(), chunk(item, int(second), 2, features(item), 5))


def test_provenance_is_plain_and_complete(make):
    facts = json.loads(json.dumps(make(standardize=True, copies=[LOUDER]).provenance()))
    assert facts["items"]["train"] == {"used": 3, "expected": None}
    assert facts["seconds"] == {"train": 23, "validation": 12, "test": 12}
    assert set(facts["features"]) == {"none", "louder"} and len(facts["mean"]) == 64


class Mute(FakeStreet):
    """Its labels are longer than its sound."""

    def soft(self, item):
        return np.pad(super().soft(item), ((0, 1), (0, 0)))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"chunk_seconds": 4}, "chunk_seconds 4 is no odd number"),
        ({"sequence_frames": 20}, "give chunk_seconds or sequence_frames"),
        ({"chunk_seconds": None}, "give chunk_seconds or sequence_frames"),
        ({"chunk_seconds": None, "sequence_frames": 20, "sampler_alpha": 0.5}, "no sampler; leave those out"),
        ({"chunk_seconds": None, "sequence_frames": 500}, "60 frames of validation|frames of train are fewer"),
        ({"sampler_alpha": 1.5}, "sampler_alpha 1.5 is not within 0 and 1"),
        ({"labels": "hour"}, "unknown labels 'hour'"),
        ({"extractor": "log_mel_mtfa"}, "log_mel_mtfa gives no frames of recordings"),
        ({"extractor": "magnitude_maestro", "apart": True}, "magnitude_maestro does not take"),
        ({"hop": 3000}, "hop 3000 is no part of a second"),
        ({"dataset": Mute()}, "cafe_0: labels of 9 s, but 8 complete seconds of sound"),
        ({"fold": 2}, "fold 2 of fake_street does not exist"),
    ],
)
def test_bad_input_is_one_line(make, options, problem):
    with pytest.raises(DataError, match=problem) as caught:
        make(**options)
    assert "\n" not in str(caught.value)


class Tiny(pl.LightningModule):
    """A logistic regression per frame, which notes what it saw."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net, self.seen = torch.nn.Linear(64, 2), []

    def training_step(self, batch, batch_idx):
        x, y = batch
        self.seen.append((self.current_epoch, float(x.sum()), float(y.activity.sum())))
        return torch.nn.functional.mse_loss(self.net(x[:, 0]), y.activity)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 1e-4)


def fit(module, epochs, folder=None, resume=None):
    model = Tiny()
    trainer = pl.Trainer(
        max_epochs=epochs, enable_checkpointing=folder is not None, default_root_dir=folder, logger=False,
        enable_progress_bar=False, enable_model_summary=False, accelerator="cpu", limit_val_batches=0,
    )  # fmt: skip
    trainer.fit(model, module, ckpt_path=resume, weights_only=True if resume else None)
    return model, trainer


@pytest.mark.filterwarnings("ignore:.*many workers.*", "ignore:.*LeafSpec.*")
def test_a_resumed_training_sees_the_batches_of_an_uninterrupted_one(make, tmp_path):
    options = {"sampler_alpha": 0.5, "spec_augment": "code", "copies": [LOUDER, OTHER]}
    whole, _ = fit(make(**options), 3)
    first, trainer = fit(make(**options), 1, tmp_path)
    trainer.save_checkpoint(tmp_path / "stopped.ckpt")
    second, _ = fit(make(**options), 3, tmp_path, tmp_path / "stopped.ckpt")
    assert first.seen + second.seen == whole.seen
