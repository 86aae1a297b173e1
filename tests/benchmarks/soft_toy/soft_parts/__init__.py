"""A dataset of soft activity in frames, its data module, and a network of one linear layer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from datasets.contract import Dataset, Parts
from datasets.errors import DataError
from datasets.seeds import derive

CLASSES, FOLDS, HOP = ("birds", "cars", "steps"), (1, 2, 3), 0.5
#: Seconds of the recordings of each fold, of which there are as many.
SECONDS, PER_FOLD = {1: 10, 2: 14, 3: 12}, 4
ITEMS = {fold: [f"street_{fold}_{number}" for number in range(PER_FOLD)] for fold in FOLDS}


class Street(Dataset):
    name = "street"
    version = 1
    title, licence, citation, homepage = "Street", "CC0", "nobody", "nowhere"
    classes, folds, sample_rate, clip_seconds = CLASSES, FOLDS, 1, 12.0

    def __init__(self, root: Path, cache: Path | None = None):
        self.root, self.cache = Path(root), cache
        if not self.root.is_dir():
            raise DataError(f"{root}: no such data root")

    def fingerprint(self) -> str:
        return "0123456789abcdef"

    def files(self) -> list[Path]:
        return []

    def load(self, item: str) -> np.ndarray:
        return np.zeros(1, dtype=np.float32)

    def truth(self, test_set: str = "test") -> pd.DataFrame:
        """A row per second and class."""
        rows = [
            (item, label, item, fold, float(second), second + 1.0, soft[second, column])
            for fold in FOLDS for item in ITEMS[fold] for soft in [heard(item)]
            for second in range(SECONDS[fold]) for column, label in enumerate(CLASSES)
        ]  # fmt: skip
        names = ["item", "label", "unit", "fold", "onset", "offset", "activity"]
        return pd.DataFrame(rows, columns=names).set_index("item")

    def parts(self, fold: int) -> Parts:
        truth = self.truth()
        return Parts(truth[truth["fold"] != fold], truth[:0], {"test": truth[truth["fold"] == fold]})


def heard(item: str) -> np.ndarray:
    """(seconds, classes): the share of annotators that heard a class."""
    drawn = np.random.default_rng(derive(0, "activity", item)).uniform(0, 1, (SECONDS[int(item[7])], len(CLASSES)))
    return np.round(np.clip(drawn, 0, 1), 2)


def frames(item: str) -> tuple[np.ndarray, np.ndarray]:
    """Features (frames, 4), which hold the activity and noise, and the activity (frames, classes) of each frame."""
    soft = heard(item).repeat(round(1 / HOP), axis=0)
    noise = np.random.default_rng(derive(0, "noise", item)).normal(0, 0.3, (len(soft), 4))
    x = np.concatenate([soft.mean(axis=1, keepdims=True), soft], axis=1) + noise
    return x.astype(np.float32), soft.astype(np.float32)


class StreetFrames(pl.LightningDataModule):
    version = 1

    def __init__(self, root: str, cache: str, fold: int = 1, seed: int = 0, batch_size: int = 32):
        super().__init__()
        self.dataset, self.fold, self.seed, self.batch_size = Street(Path(root)), fold, seed, batch_size
        self.classes, self.num_classes, self.hop = CLASSES, len(CLASSES), HOP
        self.n_frames, self.progress = None, None

    def setup(self, stage=None):
        self.test_sets = {"test": ITEMS[self.fold]}
        pairs = [frames(item) for fold in FOLDS if fold != self.fold for item in ITEMS[fold]]
        x, y = (torch.from_numpy(np.concatenate(of)) for of in zip(*pairs, strict=True))
        self.training = TensorDataset(x, y)
        self.x = torch.from_numpy(np.stack([frames(item)[0] for item in ITEMS[self.fold]]))

    def train_dataloader(self):
        generator = torch.Generator().manual_seed(derive(self.seed, "order", self.trainer.current_epoch))
        return DataLoader(self.training, batch_size=self.batch_size, shuffle=True, generator=generator)

    def predict_dataloader(self):
        return DataLoader(self.x, batch_size=PER_FOLD)

    def reference(self, test_set):
        return self.dataset.parts(self.fold).test[test_set]

    def provenance(self):
        counts = {"train": len(self.training), "test": PER_FOLD}
        return {"items": {part: {"used": count, "expected": count} for part, count in counts.items()}}


class SoftNetwork(pl.LightningModule):
    """Frame by frame, from the first `inputs` features."""

    version = 1
    kind_of_scores = "linear"

    def __init__(self, num_classes: int = 3, seed: int = 0, inputs: int = 4):
        super().__init__()
        self.inputs, self.layer = inputs, nn.Linear(inputs, num_classes)
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.3, generator=generator)

    def forward(self, x):
        return self.layer(x[..., : self.inputs])

    def training_step(self, batch, index):
        return nn.functional.mse_loss(self(batch[0]), batch[1])

    def predict_step(self, batch, index, dataloader_idx=0):
        return self(batch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.3)
