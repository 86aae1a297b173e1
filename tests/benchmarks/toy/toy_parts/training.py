"""The toy's data modules and its network."""

import time
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch import nn

from datasets.seeds import derive
from toy_parts.dataset import CLASSES, FOLDS, PER_FOLD, ToyAnnotated


class ToyDataModule(pl.LightningDataModule):
    version = 1

    def __init__(self, root: str, cache: str, fold: int = 1, seed: int = 0, batch_size: int = 4):
        super().__init__()
        self.fold, self.seed, self.batch_size = fold, seed, batch_size
        self.classes, self.num_classes, self.hop, self.n_frames, self.progress = CLASSES, 2, None, None, None

    def setup(self, stage=None):
        rng = np.random.default_rng(5)
        self.x, self.y, self.items, folds = [], [], [], []
        for fold in FOLDS:
            for number in range(PER_FOLD):
                label = number % 2
                self.x.append(rng.normal(0.6 * (1 - 2 * label), 1.0, 4).astype("float32"))
                self.y.append(label)
                folds.append(fold)
                self.items.append(f"{fold}-{number:03d}-{CLASSES[label]}")
        self.x = torch.tensor(np.stack(self.x))
        self.y = torch.nn.functional.one_hot(torch.tensor(self.y), 2).float()
        self.train = [i for i, fold in enumerate(folds) if fold != self.fold]
        self.test = [i for i, fold in enumerate(folds) if fold == self.fold]
        self.test_sets = {"test": [self.items[i] for i in self.test]}

    def train_dataloader(self):
        return _Batches(self)

    def val_dataloader(self):
        return _Once((self.x[self.train[::4]], self.y[self.train[::4]]))

    def predict_dataloader(self):
        return _Once(self.x[self.test][:, None])

    def arrays(self, split):
        rows = self.train if split == "train" else self.test
        return self.x[rows].numpy(), self.y[rows].argmax(1).numpy()

    def reference(self, test_set):
        return None

    def probe_batch(self):
        return self.test_sets["test"][:2], self.x[self.test[:2]]

    def provenance(self):
        parts = {"train": self.train, **self.test_sets}
        return {"items": {name: {"used": len(items), "expected": len(items)} for name, items in parts.items()}}


class ToyTwoTestSets(ToyDataModule):
    """The test items as they are, and with noise; their names tell nothing, so a run keeps what is true."""

    version = 1

    def setup(self, stage=None):
        super().setup()
        names = [self.items[row][:5] for row in self.test]
        self.test_sets = {name: [f"{name} {item}" for item in names] for name in ("plain", "noisy")}

    def predict_dataloader(self):
        noise = torch.randn(self.x[self.test].shape, generator=torch.Generator().manual_seed(0))
        return [_Once((self.x[self.test] + level * noise)[:, None]) for level in (0, 1)]

    def reference(self, test_set):
        return ToyAnnotated(Path()).truth(test_set).loc[self.test_sets[test_set]]


class _Once:
    def __init__(self, x):
        self.x = x

    def __len__(self):
        return 1

    def __iter__(self):
        yield self.x


class _Batches:
    def __init__(self, data: ToyDataModule):
        self.data = data

    def __len__(self):
        return len(self.data.train) // self.data.batch_size

    def __iter__(self):
        generator = torch.Generator().manual_seed(derive(self.data.seed, "order", self.data.trainer.current_epoch))
        order = torch.tensor(self.data.train)[torch.randperm(len(self.data.train), generator=generator)]
        for rows in order.split(self.data.batch_size):
            yield self.data.x[rows], self.data.y[rows]


class ToyModule(pl.LightningModule):
    version = 1
    kind_of_scores = "logit"

    def __init__(self, num_classes: int = 2, seed: int = 0, pause: float = 0.0, fail: bool = False, die: bool = False):
        super().__init__()
        self.pause, self.fail, self.die = pause, fail, die
        self.net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, num_classes))
        generator = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.3, generator=generator)

    def training_step(self, batch, index):
        if self.fail:
            raise RuntimeError("the toy was told\nto fail")
        if self.die:
            import os

            os._exit(9)
        time.sleep(self.pause)
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch, index):
        logits = self.net(batch[0])
        right = (logits.argmax(1) == batch[1].argmax(1)).float().mean()
        self.log_dict({"val_loss": nn.functional.cross_entropy(logits, batch[1]), "val_accuracy": right})

    def predict_step(self, batch, index, dataloader_idx=0):
        return self.net(batch)

    def hidden(self, batch):
        return self.net[0](batch).detach()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.05, momentum=0.9)
