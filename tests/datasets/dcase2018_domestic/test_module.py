import pytest
import torch

from datasets.batches.streams import StreamDataModule
from datasets.dcase2018_domestic import DCASE2018Domestic, DCASE2018DomesticDataModule
from datasets.errors import DataError
from datasets.features.log_mel_edc import LogMelEdc
from tests.datasets.dcase2018_domestic.domestic_corpus import copied


def test_arguments_arrive(miniature_domestic, tmp_path):
    given = {
        "pad": "min", "mode": "am", "time_masks": 2, "time_mask_share": 0.1, "frequency_masks": 1,
        "frequency_mask_bands": 4, "time_warp_share": 0.05, "mixup_alpha": 0.3, "batch_size": 7, "limit": 9,
        "shuffle_labels": True, "seed": 5, "jobs": 1,
    }  # fmt: skip
    module = DCASE2018DomesticDataModule(miniature_domestic, tmp_path, **given)
    base = StreamDataModule(DCASE2018Domestic(miniature_domestic, tmp_path), cache=tmp_path, **given)
    compared = [name for name in vars(base) if isinstance(vars(base)[name], int | float | str | bool | tuple)]
    assert {"mode", "mixup_alpha", "batch_size", "limit", "shuffle_labels", "seed", "jobs"} <= set(compared)
    assert {name: vars(module)[name] for name in compared} == {name: vars(base)[name] for name in compared}
    assert module.extractor == base.extractor == LogMelEdc(frames=50, pad="min")
    assert vars(module.spec_augment) == vars(base.spec_augment)


def test_batches_have_the_labels_of_the_lists(miniature_domestic, tmp_path):
    module = DCASE2018DomesticDataModule(miniature_domestic, tmp_path, batch_size=100, jobs=1)
    module.setup()
    dataset = DCASE2018Domestic(miniature_domestic)
    for part, loader in (("train", module.train_dataloader()), ("validation", module.val_dataloader())):
        (batch,) = list(loader.batches())
        x, y = module.on_after_batch_transfer(batch, 0)
        labels = dataset.parts().named[part]["label"]
        assert x.shape == (len(labels), 1, 50, 64) and y.shape == (len(labels), 10)
        expected = [sum(name in label.split(",") for label in labels) for name in dataset.classes]
        assert y.sum(dim=0).tolist() == expected
    assert module.reference("test")["original"].sum() == 42
    assert module.item_counts["test"] == {"used": 48, "expected": 48}


def test_released_arrays_are_taken_as_they_are(miniature_domestic, tmp_path):
    import numpy as np

    root = copied(miniature_domestic, tmp_path / "domestic")
    draw = np.random.default_rng(0)
    for part, folder in (("train", "train"), ("validation", "train"), ("test", "test")):
        (root / "features" / folder).mkdir(parents=True, exist_ok=True)
        for item in list(DCASE2018Domestic(root).parts().named[part].index)[:4]:
            np.save(root / "features" / folder / f"{item[:-4]}.npy", draw.normal(size=(500, 64)))
    module = DCASE2018DomesticDataModule(root, tmp_path, source="features", extractor="released_log_mel", jobs=1)
    module.setup()
    (batch,) = list(module.train_dataloader().batches())
    x, _ = module.on_after_batch_transfer(batch, 0)
    item = module.train_items[0]
    raw = torch.from_numpy(module.dataset.load(item))
    values = x[:, 0] * module.std["plain"] + module.mean["plain"]
    assert (values - raw).abs().amax(dim=(1, 2)).min() < 1e-4


@pytest.mark.parametrize("given", [{"source": "features"}, {"extractor": "released_log_mel"}])
def test_source_and_extractor_go_together(miniature_domestic, tmp_path, given):
    with pytest.raises(DataError, match="does not go with extractor"):
        DCASE2018DomesticDataModule(miniature_domestic, tmp_path, **given)
