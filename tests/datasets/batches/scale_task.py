"""A task that statistics of the training files alone solve: which bands have the mean and deviation of those files?

The clips of the tested fold are ten times as loud as the others, so that they show in every statistic they enter.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from datasets.batches.chunks import band_statistics
from datasets.batches.clips import ClipDataModule
from tests.datasets.batches.fake_clips import FOLDS, FakeClips

LOUD, BANDS, NEAR = 10.0, 16, 1e-3


class LoudFold(FakeClips):
    """Clips of which one fold is loud."""

    name = "loud_fold"

    def __init__(self, fold: int, per: int = 1) -> None:
        super().__init__(per, salt=f"loud fold {fold}")
        self.loud = fold

    def load(self, item: str) -> np.ndarray:
        return super().load(item) * np.float32(LOUD if item.startswith(f"{self.loud}-") else 1.0)


def training_files(seed: int) -> tuple[float, float]:
    """Bands with numpy's mean and deviation of the training files: in the data module, and by all files."""
    fold = FOLDS[seed % len(FOLDS)]
    with tempfile.TemporaryDirectory() as cache:
        module = ClipDataModule(
            LoudFold(fold), "log_mel_scenes", BANDS, 20, 10, standardize="band", cache=Path(cache), fold=fold
        )
        module.setup()
        array = module._features["none"].array
        trained = array[module._rows["train"].numpy()][:, 0].astype(np.float64)
        expected = np.stack([trained.mean((0, 2)), trained.std((0, 2))])
        found = torch.stack([module.mean[0], module.std[0]]).numpy()
        frames = torch.from_numpy(np.array(array))[:, 0].mT
        everything = torch.stack(band_statistics(frames, torch.arange(len(array)))).numpy()
        return _near(found, expected), _near(everything, expected)


def _near(found: NDArray[np.floating], expected: NDArray[np.floating]) -> float:
    return float((np.abs(found - expected) <= NEAR).all(axis=0).mean())
