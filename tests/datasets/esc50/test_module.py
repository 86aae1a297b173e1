import pytest

from datasets.esc50 import ESC50, ESC50DataModule
from datasets.features.copies import delayed


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
