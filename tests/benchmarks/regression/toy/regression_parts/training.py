"""The data module of the regression's toy: with shuffled labels on demand."""

import numpy as np
import torch
from toy_parts import ToyDataModule


class DataModule(ToyDataModule):
    version = 1

    def __init__(
        self, root: str, cache: str, fold: int = 1, seed: int = 0, batch_size: int = 4, shuffle_labels: bool = False
    ):
        super().__init__(root, cache, fold, seed, batch_size)
        self.shuffle_labels = shuffle_labels

    def setup(self, stage=None):
        super().setup()
        self.x += 1.0 - 2.0 * self.y[:, 1:]
        if self.shuffle_labels:
            order = torch.from_numpy(np.random.default_rng(1).permutation(self.train))
            self.y[self.train] = self.y[order]
