import pytest
import pytorch_lightning as pl
import torch

from benchmarks.runs.build import instantiate
from datasets.errors import DataError
from datasets.maestro_real import MaestroReal, MaestroRealDataModule
from models.baselines.maestro import BaselineCRNNModule
from models.baselines.wav2vec2 import Wav2Vec2ClassifierModule
from models.maestro import ContextCRNNModule, GlobalAttentionModule

pytestmark = pytest.mark.filterwarnings(
    "ignore:log_mel_maestro. 9 of 64:UserWarning", "ignore:.*many workers.*", "ignore:.*LeafSpec.*"
)

BASELINE = {
    "classes": "all", "extractor": "magnitude_maestro", "chunk_seconds": None, "sequence_frames": 20,
    "standardize": True, "batch_size": 4,
}  # fmt: skip


@pytest.fixture(scope="module")
def make(miniature_maestro, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")

    def make(**options):
        return MaestroRealDataModule(miniature_maestro, cache, jobs=1, **options)

    return make


def trained_and_asked(network, data):
    """What a network predicts after an epoch with its validation."""
    trainer = pl.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, limit_train_batches=2, num_sanity_val_steps=0,
    )  # fmt: skip
    trainer.fit(network, data)
    logged = dict(trainer.callback_metrics)
    return trainer.predict(network, datamodule=data)[list(data.test_sets).index("test")], logged


@pytest.mark.parametrize(
    ("network", "options", "per_second"),
    [
        (lambda **of: BaselineCRNNModule(**of), BASELINE, None),
        (lambda **of: ContextCRNNModule(n_frames=25, **of), {"chunk_seconds": 5, "sampler_alpha": 0.5}, 5),
        (
            lambda **of: ContextCRNNModule(True, n_frames=20, per_second=20, **of),
            {"hop": 800, "chunk_seconds": 1, "labels": "second", "apart": True, "spec_augment": "code"},
            1,
        ),
        (lambda **of: GlobalAttentionModule("crnn", loss="focal_scene", **of), {"chunk_seconds": 41}, 5),
        (
            lambda **of: GlobalAttentionModule("crnn", "additive", "second", loss="focal_scene", **of),
            {"chunk_seconds": 41, "labels": "central", "spec_augment": "paper"},
            1,
        ),
        (
            lambda **of: GlobalAttentionModule("given", **of),
            {"chunk_seconds": 41, "query": "drawn", "sampler_alpha": 0.0},
            5,
        ),
        (
            lambda **of: Wav2Vec2ClassifierModule(**of),
            {"chunk_seconds": 1, "labels": "second", "apart": True, "query": "drawn", "sampler_alpha": 0.0},
            1,
        ),
    ],
    ids=["baseline", "context", "mean", "attention", "printed", "given", "classifier"],
)
def test_a_trainer_takes_network_and_data_as_they_are(make, network, options, per_second):
    data = make(limit=3, **{"batch_size": 8, **options})
    found, logged = trained_and_asked(network(width_divisor=16), data)
    dataset, items = data.dataset, data.test_sets["test"]
    assert len(found) == len(items) == 3 and set(data.reference("test").index) <= set(items)
    for item, one in zip(items, found, strict=True):
        frames = 1 + int(dataset.seconds(item) / 0.2) if per_second is None else per_second * len(dataset.soft(item))
        assert one.shape == (1, frames, data.num_classes)
    assert data.hop == pytest.approx(0.2 if per_second is None else 1 / per_second)
    assert torch.isfinite(logged["val_loss"]) and "val_mse" in logged


def test_parts_are_those_of_the_fold_and_classes_those_that_are_asked_for(make):
    data, dataset = make(fold=2), MaestroReal(make().dataset.root)
    data.setup()
    parts = dataset.parts(2)
    assert data.train_items == list(parts.train.index) and data.validation_items == list(parts.validation.index)
    assert data.test_sets["test"] == list(dict.fromkeys(parts.test["test"].index))
    assert data.classes == dataset.scored and make(classes="all").classes == dataset.classes
    assert data.item_counts["train"] == {"used": len(parts.train), "expected": len(parts.train)}


def test_copies_are_pitch_clipping_and_reverberation_of_every_recording(make):
    data = make(limit=1, augment=2, chunk_seconds=1)
    data.setup()
    assert [one.name for one in data.variants] == ["maestro-0", "maestro-1"]
    batch = next(data.train_dataloader().batches())
    assert set(batch.starts.tolist()) <= {1, 2}
    x, _ = data.on_after_batch_transfer(batch, 0)
    plain, _ = data.on_after_batch_transfer(batch._replace(starts=torch.zeros_like(batch.starts)), 0)
    assert x.shape == plain.shape and not torch.allclose(x, plain, atol=0.1)


def test_it_is_built_from_a_settings_arguments(miniature_maestro, tmp_path):
    data = instantiate(
        "datasets.maestro_real.MaestroRealDataModule",
        {"root": str(miniature_maestro), "cache": str(tmp_path), "fold": 3, "seed": 1, "chunk_seconds": 5,
         "sampler_alpha": 0.5, "spec_augment": "paper", "augment": 1, "hop": 800},
    )  # fmt: skip
    assert (data.fold, data.seed, data.n_frames, data.num_classes) == (3, 1, 100, 11)


def test_unknown_choices_and_missing_weights_are_one_line(make, monkeypatch):
    with pytest.raises(DataError, match="unknown classes 'most' or query 'none'"):
        make(classes="most")
    monkeypatch.delenv("RESOUND_WAV2VEC2", raising=False)
    with pytest.raises(DataError, match="weights of wav2vec2: no such file; put torchaudio's"):
        make(query="wav2vec2")
    monkeypatch.setenv("RESOUND_WAV2VEC2", "/nowhere/base.pth")
    with pytest.raises(DataError, match=r"^/nowhere/base.pth: no such file"):
        make(query="wav2vec2")
