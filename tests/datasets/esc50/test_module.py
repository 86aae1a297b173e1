import pytest
import pytorch_lightning as pl
import torch

from datasets.errors import DataError
from datasets.esc50 import ESC50, ESC50DataModule
from datasets.features.copies import delayed
from models.acrnn import ACRNNModule


@pytest.fixture
def make(miniature_esc50, tmp_path):
    def make(**options):
        return ESC50DataModule(miniature_esc50, cache=tmp_path, jobs=1, **options)

    return make


@pytest.mark.parametrize(("fold", "left_out"), [(1, 5), (2, 1), (5, 4)])
def test_three_training_folds_leave_out_the_one_before(make, fold, left_out):
    parts = make(fold=fold, train_folds="three").parts()
    assert set(parts.train["fold"]) == {1, 2, 3, 4, 5} - {fold, left_out}
    assert set(parts.test["test"]["fold"]) == {fold} and parts.validation.empty


def test_counts_are_those_of_the_complete_subset(make):
    for options, train in (({}, 40), ({"train_folds": "three"}, 30)):
        module = make(subset="esc10", **options)
        assert {part: module.expected(part) for part in ("train", "validation", "test")} == {
            "train": train, "validation": 0, "test": 10
        }  # fmt: skip
    module = make(subset="esc10", limit=4)
    module.setup()
    assert module.item_counts == {"train": {"used": 4, "expected": None}, "test": {"used": 4, "expected": None}}


def test_copies_are_numbered(make):
    names = [one.name for one in make(delayed_copies=2, class_copies=1, speeds=[0.6], augment=True).variants]
    assert names == ["none", "stretch", "shift", "delay-1", "delay-2", "class-1", "speed-0.6"]
    assert make(delayed_copies=1).variants[-1] == delayed(1)


def test_a_run_needs_no_copy_of_what_names_tell(make, miniature_esc50):
    module = make(subset="esc10", fold=3, limit=8)
    module.setup()
    items = module.test_sets["test"]
    assert module.reference("test") is None and module.hop is None
    assert set(ESC50.truth_of_names(items)["fold"]) == {3} and len(items) == 8


def test_a_fold_may_validate(make):
    module = make(subset="esc10", fold=2, validation=4)
    parts = module.parts()
    assert set(parts.validation["fold"]) == {4} and set(parts.train["fold"]) == {1, 3, 5}
    assert set(parts.test["test"]["fold"]) == {2}
    assert [module.expected(part) for part in ("train", "validation", "test")] == [30, 10, 10]
    module.setup()
    ((x, y),) = list(module.val_dataloader())
    assert len(x) == len(y) == 10 and x.ndim == 5
    assert module.item_counts["validation"] == {"used": 10, "expected": 10}


@pytest.mark.parametrize("seed", [123, 7])
def test_a_share_has_no_recording_on_both_sides(seed, make, monkeypatch):
    # Recordings of two clips, of two classes: as in ESC-50, where four recordings have two classes.
    truth = ESC50.truth

    def of_few_sources(self, test_set="test"):
        frame = truth(self, test_set)
        return frame.assign(unit=[str(place // 2) for place in range(len(frame))])

    monkeypatch.setattr(ESC50, "truth", of_few_sources)
    module = make(subset="esc50", fold=1, validation=0.25, validation_seed=seed)
    parts = module.parts()
    assert not set(parts.validation["unit"]) & set(parts.train["unit"])
    whole = make(subset="esc50", fold=1).parts()
    assert sorted([*parts.train.index, *parts.validation.index]) == sorted(whole.train.index)
    assert list(parts.test["test"].index) == list(whole.test["test"].index)
    shares = parts.validation["label"].value_counts() / whole.train["label"].value_counts()
    assert set(shares.dropna().index) == set(module.classes) and shares.min() >= 0.25
    assert module.expected("train") is None is module.expected("validation")
    again, other = (make(validation=0.25, validation_seed=one).parts().validation.index for one in (seed, seed + 1))
    assert list(again) == list(parts.validation.index) != list(other)


@pytest.mark.parametrize("given", [1, 6, 0, 1.0, 0.0, -0.5, True, "2", float("nan")])
def test_what_is_no_validation_is_refused(given, make):
    with pytest.raises(DataError, match="validation"):
        make(fold=1, validation=given)


def test_a_share_leaves_something_of_each_class(make):
    with pytest.raises(DataError, match="leaves no recording of"):
        make(subset="esc10", validation=0.99).parts()
    with pytest.raises(DataError, match="train_folds 'three'"):
        make(train_folds="three", validation=2)


@pytest.mark.real
def test_a_share_of_the_real_clips_has_no_recording_on_both_sides(data_root, tmp_path):
    for subset, clips in (("esc10", 320), ("esc50", 1600)):
        parts = ESC50DataModule(data_root / "esc50", subset, tmp_path, validation=0.1).parts()
        assert not set(parts.validation["unit"]) & set(parts.train["unit"])
        assert len(parts.train) + len(parts.validation) == clips
        assert 0.1 <= len(parts.validation) / clips < 0.2


def test_a_plain_loop_gets_tensors_and_a_new_order_each_epoch(make):
    module = make(subset="esc10", segment_mode="random", batch_size=16)
    loader = module.train_dataloader()
    first, second = ([(x, y) for x, y in loader] for _ in range(2))
    assert [len(x) for x, _ in first] == [16, 16, 8] and first[0][0].shape == (16, 2, 128, 128)
    assert all(y.sum() == len(x) and y.shape == (len(x), 10) for x, y in first)
    assert not torch.equal(first[0][1], second[0][1])
    assert [len(x) for one in module.predict_dataloader() for x in one] and module.val_dataloader() == []


def test_a_plain_loop_after_a_trainer_gets_what_it_got(make):
    module, alone = (make(subset="esc10", segment_mode="random") for _ in range(2))
    network = ACRNNModule(width_divisor=8)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    pl.Trainer(max_epochs=2, accelerator="cpu", enable_model_summary=False, **quiet).fit(network, module)
    for one, other in zip(module.train_dataloader(), alone.train_dataloader(), strict=True):
        assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def test_pictures_are_batches_less_their_mean(make):
    module = make(
        subset="esc10", extractor="datasets.esc50.images.SpectrogramImage", segment_frames=None, speeds=[0.75],
        standardize="mean", batch_size=4, limit=8,
    )  # fmt: skip
    module.setup()
    batches = [module.on_after_batch_transfer(batch, 0) for batch in module.train_dataloader()]
    assert [x.shape for x, _ in batches] == [(4, 1, 256, 256)] * 4
    plain = module._features["none"].array
    assert plain.dtype == "uint8" and module.std.tolist() == [1.0]
    train = [module._features["none"].items.index(item) for item in module.train_items]
    assert module.mean.item() == pytest.approx(plain[train].mean(), rel=1e-5)
