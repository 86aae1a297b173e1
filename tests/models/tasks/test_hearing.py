"""Every module is made again of its checkpoint, with what it hears; it logs its loss where there is a logger."""

import inspect
import warnings
from typing import NamedTuple

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger

from benchmarks.runs.build import class_to_read
from benchmarks.spec import load_paper, paper_ids
from models.acrnn import ACRNNModule
from models.edc import EDCModule
from models.mtfa import MTFAModule
from models.tasks.hearing import Hearing, predict


def modules():
    """The class of every network of every paper."""
    paths = {
        setting.model.class_path for paper in paper_ids() for setting in load_paper(paper).settings.values()
        if setting.trainer
    }  # fmt: skip
    return {path: class_to_read(path) for path in sorted(paths)}


class Piece(NamedTuple):
    x: torch.Tensor
    spans: np.ndarray | None


class Heard(NamedTuple):
    pieces: list
    seconds: float
    notes: tuple = ()


class FixedEar:
    """Hears the same whatever the file is."""

    def __init__(self, task, x, spans, classes=("dog", "cat")):
        self.task, self.classes, self.piece = task, classes, Piece(x, spans)

    def __call__(self, path):
        return Heard([self.piece], 2.0)

    def facts(self):
        return {"class_path": "datasets.batches.hearing.nothing.Ear"}


@pytest.mark.parametrize("path", modules())
def test_a_module_is_made_again_of_its_checkpoint_without_arguments(path, tmp_path):
    cls = modules()[path]
    assert issubclass(cls, Hearing)
    given = {name: value for name, value in {"width_divisor": 8, "seed": 5}.items()
             if name in inspect.signature(cls).parameters}  # fmt: skip
    module = cls(**given)
    hparams = dict(module.hparams)
    assert set(hparams) == set(inspect.signature(cls).parameters) and hparams.items() >= given.items()
    trainer = pl.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_model_summary=False)
    trainer.strategy.connect(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.save_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    loaded = cls.load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    assert dict(loaded.hparams) == hparams
    pairs = zip(module.state_dict().items(), loaded.state_dict().items(), strict=True)
    assert all(one[0] == other[0] and torch.equal(one[1], other[1]) for one, other in pairs)


def test_segments_are_averaged_as_probabilities():
    network = ACRNNModule(num_classes=2, width_divisor=8)
    x = torch.randn(1, 2, 2, 128, 128)
    network.ear = FixedEar("clips", x, np.array([[0.0, 1.0], [1.0, 2.0]]))
    network.train()
    found = network.predict("any.wav")
    assert network.training  # as it was
    network.eval()
    with torch.no_grad():
        expected = network(x[0]).double().softmax(-1).numpy()
    assert found.seconds == pytest.approx(expected, abs=1e-6) and found.whole == pytest.approx(expected.mean(0))


def test_events_are_the_likeliest_frames():
    network = MTFAModule(n_mels=16, width_divisor=16)
    spans = np.stack([np.arange(100) * 0.02, np.arange(1, 101) * 0.02], axis=1)
    network.ear = FixedEar("frames", torch.randn(1, 1, 100, 16), spans, ("gunshot",))
    found = network.predict("any.wav")
    frames = network.frame_probability(network.ear.piece.x)[0].double().numpy()
    assert found.seconds[:, 0] == pytest.approx([frames[:50].max(), frames[50:].max()], abs=1e-6)
    assert found.whole == pytest.approx([frames.max()], abs=1e-6)


def test_tags_are_told_by_second_where_the_network_has_frames():
    network = EDCModule(num_classes=3, width_divisor=8)
    spans = np.stack([np.arange(100) * 0.02, np.arange(1, 101) * 0.02], axis=1)
    network.ear = FixedEar("tags", torch.randn(1, 1, 100, 64), spans, ("a", "b", "c"))
    found = network.predict("any.wav")
    assert found.seconds.shape == (2, 3) and found.whole == pytest.approx(found.seconds.max(0), abs=1e-6)


def test_a_module_that_was_told_nothing_says_so():
    with pytest.raises(ValueError, match=r"ACRNNModule does not know how to hear files.*data.ear\(\)"):
        predict(ACRNNModule(width_divisor=8), "any.wav")


def batches(count=3):
    return [(torch.randn(4, 2, 128, 128), torch.eye(10)[:4]) for _ in range(count)]


class Watched(ACRNNModule):
    """Keeps the loss of every step."""

    def __init__(self, width_divisor):
        super().__init__(width_divisor=width_divisor)
        self.seen = []

    def training_step(self, batch, batch_idx):
        self.seen.append(super().training_step(batch, batch_idx))
        return self.seen[-1]


@pytest.mark.parametrize("has_logger", [True, False])
def test_the_loss_is_logged_where_there_is_a_logger(has_logger, tmp_path):
    logger = CSVLogger(tmp_path, "log") if has_logger else False
    trainer = pl.Trainer(
        max_epochs=2, accelerator="cpu", logger=logger, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, log_every_n_steps=1,
    )  # fmt: skip
    network = Watched(width_divisor=8)
    trainer.fit(network, torch.utils.data.DataLoader(batches(), batch_size=None))
    assert ("train_loss" in trainer.callback_metrics) == has_logger
    if has_logger:
        expected = float(torch.stack(network.seen[3:]).mean())
        assert float(trainer.callback_metrics["train_loss"]) == pytest.approx(expected, rel=1e-5)
        assert "train_loss" in next(tmp_path.rglob("metrics.csv")).read_text()
