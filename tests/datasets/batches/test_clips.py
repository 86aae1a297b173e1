import numpy as np
import pytest
import pytorch_lightning as pl
import scipy.signal
import torch
from torch import nn

from datasets.batches import resident, segments
from datasets.batches.clips import ClipDataModule
from datasets.errors import DataError
from datasets.features import make_extractor
from datasets.features.copies import delayed
from tests.datasets.batches.fake_clips import CLASSES, FakeClips, FakeScenes, UnvalidatedScenes

FRAMES, HOP, PER_CLIP = 32, 16, 4  # one second has 87 frames: segments at 0, 16, 32, 48


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def dataset():
    return FakeClips()


@pytest.fixture
def make(cache, dataset):
    def make(**options):
        settings = {"segment_frames": FRAMES, "segment_hop": HOP, "batch_size": 16, **options}
        module = ClipDataModule(settings.pop("dataset", dataset), cache=cache, **settings)
        module.setup()
        return module

    return make


def epoch(module, number=0):
    loader = module.train_dataloader()
    loader.set_epoch(number)
    batches = list(loader.batches())
    return batches, [module.on_after_batch_transfer(batch, 0) for batch in batches]


def test_an_epoch_is_every_segment_of_the_training_clips(make, dataset):
    module = make(standardize=False)
    batches, tensors = epoch(module)
    assert tensors[0][0].shape == (16, 2, 128, FRAMES)
    assert tensors[0][1].shape == (16, len(CLASSES))
    x, y = (torch.cat(parts) for parts in zip(*tensors, strict=True))
    assert len(x) == len(module.train_items) * PER_CLIP == 24 * PER_CLIP
    extractor, items = make_extractor("log_gammatone_delta"), list(dataset.index()["item"])
    rows, starts = (torch.cat([getattr(b, name) for b in batches]).tolist() for name in ("rows", "starts"))
    assert len(set(zip(rows, starts, strict=True))) == len(x)
    for position in range(0, len(x), 7):
        item, first = items[rows[position]], starts[position] * HOP
        assert item in module.train_items
        expected = extractor(dataset.load(item), 44100)[:, :, first : first + FRAMES]
        assert x[position].numpy() == pytest.approx(expected, abs=1e-3)
        assert CLASSES[int(y[position].argmax())] == item.split("-")[2]


def test_training_and_test_clips_are_the_official_split(make, dataset):
    for fold in (1, 4):
        module = make(fold=fold)
        assert {item[0] for item in module.test_sets["test"]} == {str(fold)}
        assert set(module.train_items) | set(module.test_sets["test"]) == set(dataset.index()["item"])
        assert not set(module.train_items) & set(module.test_sets["test"])


def test_segments_are_standardised_by_the_training_clips(make):
    module = make()
    x = torch.cat([x for x, _ in epoch(module)[1]]).double()
    assert x.mean((0, 2, 3)).numpy() == pytest.approx([0, 0], abs=1e-4)
    assert x.std((0, 2, 3)).numpy() == pytest.approx([1, 1], abs=1e-3)


def test_copies_do_not_move_the_statistics(make):
    plain, augmented = make(), make(augment=True)
    assert torch.equal(plain.mean, augmented.mean)
    assert torch.equal(plain.std, augmented.std)


def test_order_depends_on_seed_fold_and_epoch(make):
    def order(module, number=0):
        return torch.cat([batch.rows for batch in epoch(module, number)[0]]).tolist()

    base = order(make())
    assert order(make()) == base
    assert order(make(), 1) != base
    assert order(make(seed=1)) != base
    assert order(make(), 1) == order(make(), 1)


def test_random_mode_takes_one_segment_per_clip(make):
    module = make(segment_mode="random")
    seen = set()
    for number in range(12):
        batches, _ = epoch(module, number)
        rows, starts = (torch.cat([getattr(b, name) for b in batches]) for name in ("rows", "starts"))
        assert sorted(rows.tolist()) == sorted(module._rows["train"].tolist())
        seen |= set(starts.tolist())
    assert seen == set(range(PER_CLIP))


def test_copies_triple_the_epoch_or_are_drawn(make, dataset):
    clips = len(dataset.index())
    concat = torch.cat([batch.rows for batch in epoch(make(augment=True))[0]])
    assert len(concat) == 3 * 24 * PER_CLIP
    assert torch.bincount(concat // clips).tolist() == [24 * PER_CLIP] * 3
    module = make(augment=True, epoch_mode="resample", segment_mode="random")
    drawn = [torch.cat([batch.rows for batch in epoch(module, number)[0]]) for number in range(6)]
    assert all(sorted((rows % clips).tolist()) == sorted(module._rows["train"].tolist()) for rows in drawn)
    share = torch.bincount(torch.cat(drawn) // clips) / (6 * 24)
    assert share.numpy() == pytest.approx([1 / 3] * 3, abs=0.12)


def test_test_clips_are_never_altered(make):
    plain, augmented = make(), make(augment=True, mixup_alpha=0.2)
    for one, other in zip(plain.predict_dataloader()[0], augmented.predict_dataloader()[0], strict=True):
        assert torch.equal(plain.on_after_batch_transfer(one, 0), augmented.on_after_batch_transfer(other, 0))


def test_prediction_has_all_segments_in_the_order_of_the_items(make, dataset):
    module = make(standardize=False)
    x = torch.cat([module.on_after_batch_transfer(batch, 0) for batch in module.predict_dataloader()[0]])
    assert x.shape == (len(module.test_sets["test"]), PER_CLIP, 2, 128, FRAMES)
    extractor = make_extractor("log_gammatone_delta")
    for clip, item in zip(x, module.test_sets["test"], strict=True):
        whole = extractor(dataset.load(item), 44100)
        for number, segment in enumerate(clip):
            expected = whole[:, :, number * HOP : number * HOP + FRAMES]
            assert segment.numpy() == pytest.approx(expected, abs=1e-3)


def test_one_mean_and_deviation_of_all_values_or_one_of_each_channel(make):
    """Unaltered training segments are mean 0 and deviation 1, together or each channel by itself."""
    _, tensors = epoch(make(standardize="all"))
    x = torch.cat([x for x, _ in tensors]).double()
    assert (x.mean(), x.std()) == (pytest.approx(0, abs=1e-3), pytest.approx(1, abs=1e-3))
    spread = x.std(dim=(0, 2, 3))
    assert spread[0] > 5 * spread[1], "the delta is small beside the spectrum"
    _, tensors = epoch(make())
    x = torch.cat([x for x, _ in tensors]).double()
    assert x.std(dim=(0, 2, 3)).numpy() == pytest.approx([1, 1], abs=1e-3)


def test_the_mean_picture_is_that_of_training_clips_and_their_copies(make, dataset):
    module = make(standardize="picture", segment_frames=None, augment=True)
    _, tensors = epoch(module)
    x = torch.cat([x for x, _ in tensors]).double()
    assert len(x) == 3 * len(module.train_items) and abs(x.mean(0)).max() < 1e-3  # in every place
    assert x.std() > 1 and module.mean.shape == x.shape[1:]
    (clips, _) = module.probe_batch()
    whole = make_extractor("log_gammatone_delta")(dataset.load(clips[0]), 44100)
    assert module.probe_batch()[1][0].numpy() == pytest.approx(whole - module.mean.numpy(), abs=1e-3)
    assert np.shape(module.provenance()["mean"]) == (2,)  # not a number for each place


def test_the_statistics_may_be_those_of_the_copies_too(make):
    _, tensors = epoch(make(standardize="copies", augment=True))
    x = torch.cat([x for x, _ in tensors]).double()
    assert x.mean((0, 2, 3)).numpy() == pytest.approx([0, 0], abs=1e-3)
    assert x.std(dim=(0, 2, 3)).numpy() == pytest.approx([1, 1], abs=1e-3)


def test_a_clip_may_hold_one_segment_only(make):
    module = make(segment_frames=87, segment_hop=64)
    x = module.on_after_batch_transfer(next(iter(module.predict_dataloader()[0])), 0)
    assert x.shape[1] == 1
    assert len(module.train_dataloader()) == 2  # 24 clips in batches of 16


def test_clips_shorter_than_a_segment_are_refused(make):
    with pytest.raises(DataError, match="87 frames are fewer than"):
        make(segment_frames=128)


def test_mixup_is_soft_repeatable_and_off_by_default(make):
    plain = torch.cat([y for _, y in epoch(make())[1]])
    assert ((plain == 0) | (plain == 1)).all()
    module = make(mixup_alpha=0.2)
    _, first = epoch(module)
    _, again = epoch(make(mixup_alpha=0.2))
    soft = torch.cat([y for _, y in first])
    assert ((soft > 0.01) & (soft < 0.99)).any()
    assert soft.sum(1).numpy() == pytest.approx(np.ones(len(soft)), abs=1e-5)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert not torch.equal(epoch(make(mixup_alpha=0.2, seed=1))[1][0][1], first[0][1])


def test_limit_spreads_over_the_classes(make):
    module = make(limit=6)
    for items in (module.train_items, module.test_sets["test"]):
        assert sorted(item.split("-")[2] for item in items) == sorted(CLASSES * 2)
    assert make(limit=6).train_items == module.train_items
    assert module.num_classes == 3
    assert module.item_counts["train"] == {"used": 6, "expected": None}
    assert len(make(limit=1000).train_items) == 24


def test_shuffled_labels_keep_their_frequencies_and_spare_the_test(make):
    plain, control = make(), make(shuffle_labels=True)
    before, after = (module._targets[module._rows["train"]] for module in (plain, control))
    assert torch.equal(before.bincount(), after.bincount())
    assert not torch.equal(before, after)
    assert torch.equal(plain._targets[plain._rows["test"]], control._targets[control._rows["test"]])
    assert torch.equal(after, make(shuffle_labels=True)._targets[control._rows["train"]])


def test_validation_clips_and_every_test_set_come_whole_in_the_order_of_the_lists(make):
    module = make(dataset=FakeScenes(), fold=2, standardize=False, mixup_alpha=0.2, augment=True)
    assert {name: len(items) for name, items in module.items.items()} == {
        "train": 12, "validation": 12, "test": 6, "evaluation": 6
    }  # fmt: skip
    assert not set(module.train_items) & set(module.validation_items)
    validation = [module.on_after_batch_transfer(batch, 0) for batch in module.val_dataloader()]
    assert [CLASSES[k] for _, y in validation for k in y.argmax(1)] == [
        i.split("-")[2] for i in module.validation_items
    ]
    assert all(y.sum(1).eq(1).all() and y.max() == 1 for _, y in validation)  # nothing is mixed
    found = {"validation": torch.cat([x for x, _ in validation])}
    for name, loader in zip(module.test_sets, module.predict_dataloader(), strict=True):
        found[name] = torch.cat([module.on_after_batch_transfer(batch, 0) for batch in loader])
    extractor = make_extractor("log_gammatone_delta")
    for name, x in found.items():
        assert x.shape == (len(module.items[name]), PER_CLIP, 2, 128, FRAMES)
        for clip, item in zip(x, module.items[name], strict=True):
            expected = extractor(module.dataset.load(item), 44100)[:, :, HOP : HOP + FRAMES]
            assert clip[1].numpy() == pytest.approx(expected, abs=1e-3)
    assert module.item_counts["validation"] == {"used": 12, "expected": 12}
    assert module.reference("evaluation").equals(module.dataset.truth("evaluation"))
    assert make().item_counts == {"train": {"used": 24, "expected": 24}, "test": {"used": 6, "expected": 6}}


def test_validation_moves_neither_statistics_nor_order_of_training(make):
    module, alone = (make(dataset=dataset, fold=2, mixup_alpha=0.2) for dataset in (FakeScenes(), UnvalidatedScenes()))
    assert module.train_items == alone.train_items and len(module.validation_items) == 12
    assert torch.equal(module.mean, alone.mean) and torch.equal(module.std, alone.std)
    for number in (0, 1):
        for given, same in zip(epoch(module, number)[1], epoch(alone, number)[1], strict=True):
            assert all(torch.equal(one, other) for one, other in zip(given, same, strict=True))
    x = torch.cat([x for x, _ in epoch(make(dataset=FakeScenes(), fold=2))[1]]).double()
    assert x.mean((0, 2, 3)).numpy() == pytest.approx([0, 0], abs=1e-4)
    assert alone.val_dataloader() == []


def test_vectors_of_validation_and_other_test_sets_are_arrays_too(make):
    module = make(dataset=FakeScenes(), extractor="mfcc_zcr")
    for name, items in module.items.items():
        x, y = module.arrays(name)
        assert x.shape == (len(items), 26)
        assert [CLASSES[k] for k in y] == [item.split("-")[2] for item in items]


def test_vectors_come_as_arrays(make, dataset):
    module = make(extractor="mfcc_zcr")
    x, y = module.arrays("train")
    assert x.shape == (24, 26) and x.dtype == np.float32
    assert [CLASSES[k] for k in y] == [item.split("-")[2] for item in module.train_items]
    first = make_extractor("mfcc_zcr")(dataset.load(module.test_sets["test"][0]), 44100)
    assert module.arrays("test")[0][0] == pytest.approx(first)
    with pytest.raises(DataError, match="gives no vectors"):
        make().arrays("train")


def test_piczak_segments_share_the_scale_of_the_first_channel(make):
    module = make(extractor="log_mel_delta_piczak", segment_frames=41, segment_hop=20, copies=[delayed(1)])
    x = torch.cat([x for x, _ in epoch(module)[1]])
    assert x.shape[1:] == (2, 60, 41)
    assert module.mean[1] == 0
    assert module.std[0] == module.std[1]


def test_piczak_segments_as_coded_are_standardised_before_the_delta(make, dataset):
    """The delta of what has been standardised, from the segment's first frame on."""
    module = make(extractor="log_mel_delta_piczak_coded", segment_frames=41, segment_hop=20)
    item, x = (one[0] for one in module.probe_batch())
    level = make_extractor("log_mel_delta_piczak_coded", frames=41, step=20)(dataset.load(item), 44100)[0, 0]
    mean, std = (float(one[0, 0, 0]) for one in (module.mean, module.std))
    wanted = (level - mean) / std
    padded = np.pad(wanted, [(0, 0), (5, 5)], mode="edge")
    delta = scipy.signal.lfilter(np.arange(4.0, -5.0, -1.0), 1, padded, axis=-1)[:, 5:-5]
    assert x[0].numpy() == pytest.approx(wanted, abs=1e-4) and x[1].numpy() == pytest.approx(delta, abs=1e-3)
    assert np.shape(module.provenance()["mean"]) == (2,)


def test_an_incomplete_batch_may_be_left_out(make):
    whole, cut = (make(standardize=False, batch_size=20, drop_last=one) for one in (False, True))
    assert [len(one.train_dataloader()) for one in (whole, cut)] == [5, 4]
    assert [len(x) for x, _ in epoch(cut)[1]] == [20] * 4
    alone = make(standardize=False, batch_size=100, drop_last=True)
    assert [len(x) for x, _ in epoch(alone)[1]] == [96]


def test_copies_with_other_numbers_of_segments_cannot_be_drawn(make):
    settings = {
        "extractor": "log_mel_delta_piczak",
        "segment_frames": 41,
        "segment_hop": 20,
        "copies": [delayed(1), delayed(2), delayed(3), delayed(4)],
    }
    with pytest.raises(DataError, match="choose 'concat'"):
        make(**settings, epoch_mode="resample")


def test_probes_are_one_segment_per_class(make):
    module = make(fold=2)
    items, x = module.probe_batch()
    assert items == ["2-0-hiss", "2-0-hum", "2-0-tick"]
    assert x.shape == (3, 2, 128, FRAMES)
    first = module.on_after_batch_transfer(next(iter(module.predict_dataloader()[0])), 0)[0, 0]
    assert torch.equal(x[0], first)


def test_clips_with_dropped_segments_repeat_the_others(make):
    counts = torch.tensor([[3, 1]])
    table = segments.SegmentTable(torch.arange(4), torch.zeros(4, dtype=torch.long), torch.tensor([[0, 3]]), counts)
    rows, _ = table.grid(torch.tensor([0, 1]))
    assert rows.tolist() == [[0, 1, 2], [3, 3, 3]]
    module = make()
    module._table, module._rows = table, {"test": torch.tensor([1, 0])}
    predicted = np.arange(12, dtype=np.float32).reshape(2, 3, 2)  # as on a device that rounds otherwise at each place
    assert module.repeated("test", predicted)[:, :, 0].tolist() == [[0, 0, 0], [6, 8, 10]]
    for other in (predicted.reshape(2, 2, 3), predicted.reshape(2, 6)):  # of pieces that a network has cut by itself
        assert module.repeated("test", other) is other


def test_runs_of_one_process_share_the_features(make):
    resident._resident.clear()
    first, second = make(augment=True), make(augment=True, fold=3)
    for module in (first, second, make()):
        module.on_after_batch_transfer(next(iter(module.train_dataloader())), 0)
    assert len(resident._resident) == 2
    make(extractor="log_mel_delta_piczak", segment_frames=41, segment_hop=20)
    assert len(resident._resident) == resident.SETS_KEPT


def test_provenance_is_plain_and_complete(make):
    facts = make(augment=True).provenance()
    assert facts["items"] == {"train": {"used": 24, "expected": 24}, "test": {"used": 6, "expected": 6}}
    assert set(facts["features"]) == {"none", "stretch", "shift"}
    assert facts["extractor"]["version"] == 1
    assert len(facts["mean"]) == len(facts["std"]) == 2


class Tiny(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.AdaptiveAvgPool2d((16, 1)), nn.Flatten(), nn.Linear(32, 3))
        self.seen, self.losses = [], []

    def training_step(self, batch, batch_idx):
        x, y = batch
        self.seen.append((self.current_epoch, float(x.sum())))
        return nn.functional.cross_entropy(self.net(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.losses.append(float(nn.functional.cross_entropy(self.net(x.flatten(0, 1)), y.repeat_interleave(4, 0))))

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return self.net(batch.flatten(0, 1)).unflatten(0, batch.shape[:2])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.05)


def test_lightning_trains_and_predicts_with_it(make):
    torch.manual_seed(0)
    model, data = Tiny(), make(mixup_alpha=0.1)
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = pl.Trainer(max_epochs=6, accelerator="cpu", limit_val_batches=0, **quiet)
    trainer.fit(model, datamodule=data)
    assert [at for at, _ in model.seen] == [at for at in range(6) for _ in range(len(data.train_dataloader()))]
    assert model.seen[0][1] != model.seen[6][1]  # each epoch in its own order
    logits = torch.cat(trainer.predict(model, datamodule=data))
    assert logits.shape == (6, PER_CLIP, 3)
    decided = [CLASSES[k] for k in logits.softmax(-1).mean(1).argmax(1)]
    assert sum(label == item.split("-")[2] for label, item in zip(decided, data.test_sets["test"], strict=True)) >= 5


def test_lightning_validates_and_predicts_two_test_sets(make):
    torch.manual_seed(0)
    model, data = Tiny(), make(dataset=FakeScenes())
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "accelerator": "cpu"}
    trainer = pl.Trainer(max_epochs=8, enable_model_summary=False, num_sanity_val_steps=0, **quiet)
    trainer.fit(model, datamodule=data)
    assert len(model.losses) == 8 * len(data.val_dataloader()) and model.losses[-1] < model.losses[0]
    logits = trainer.predict(model, datamodule=data)
    assert [torch.cat(of_set).shape for of_set in logits] == [(6, PER_CLIP, 3)] * 2
