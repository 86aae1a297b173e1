"""What the two image networks of the work [5] that ACRNN's table 1 cites share: Caffe's layers and training.

Source: AlexNet.prototxt and GoogLeNet.prototxt of the public repository of the thesis "Classifying Environmental Sounds
with Image Networks" ("files" below), which NVIDIA DIGITS ran on Caffe; what DIGITS adds is its default (its code,
caffe_train.py and the form of its image models).
"""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from models import kernels

#: What is left of the rate behind every hundredth of the training (the thesis tells the number, DIGITS's code of what).
DECAY = 0.95
#: How much faster biases learn than weights (files: lr_mult).
BIAS_FACTOR = 2.0


class Norm(kernels.LocalResponseNorm):
    """Caffe's normalisation across five channels: each value over (1 + 1e-4 x mean square)^0.75 (files)."""

    def __init__(self) -> None:
        super().__init__(5, alpha=1e-4, beta=0.75, k=1.0)


def max_pool(stride: int = 2, padding: int = 0) -> nn.MaxPool2d:
    """A 3x3 pool whose last, incomplete windows count, as in Caffe."""
    return nn.MaxPool2d(3, stride, padding, ceil_mode=True)


def cropped(images: Tensor, size: int, random: bool) -> Tensor:
    """Squares (B, C, size, size) of images (B, C, H, W), each at a place of its own, or all from the middle.

    As Caffe crops in training and in testing (files: crop_size); the places come from torch's generator, which runs
    seed as dropout's.
    """
    height, width = (length - size for length in images.shape[2:])
    if not random:
        return images[:, :, height // 2 : height // 2 + size, width // 2 : width // 2 + size]
    tops, lefts = (torch.randint(spare + 1, (len(images),)).tolist() for spare in (height, width))
    return torch.stack(
        [one[:, top : top + size, left : left + size] for one, top, left in zip(images, tops, lefts, strict=True)]
    )


class CaffeSGD(pl.LightningModule):
    """Caffe's SGD: plain momentum, a rate that falls a little with every step, and faster biases without decay.

    learning_rate: of the weights in the first step. weight_decay: Caffe's, whose gradient is weight_decay x w; none on
    biases. task: the arguments of the task.

    Caffe keeps v = m v + rate g, PyTorch b = m b + g with v = rate b. As the rate falls by the same share with every
    step, they agree where PyTorch's m is Caffe's divided by that share.
    """

    version = 2

    def __init__(self, learning_rate: float, momentum: float, weight_decay: float, *task: nn.Module) -> None:
        super().__init__(*task)
        self.learning_rate, self.momentum, self.weight_decay = learning_rate, momentum, weight_decay

    def configure_optimizers(self) -> torch.optim.SGD:
        """SGD with two groups, weights and biases."""
        named = list(self.named_parameters())
        groups = [
            {"params": [one for name, one in named if not name.endswith("bias")], "weight_decay": self.weight_decay},
            {
                "params": [one for name, one in named if name.endswith("bias")], "weight_decay": 0.0,
                "factor": BIAS_FACTOR, "lr": BIAS_FACTOR * self.learning_rate,
            },
        ]  # fmt: skip
        return torch.optim.SGD(groups, lr=self.learning_rate, momentum=self.momentum)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Set this step's rate; it follows from the step's number alone, so resuming needs no scheduler state."""
        kept = DECAY ** (100 / self.trainer.estimated_stepping_batches)
        rate = self.learning_rate * kept**self.trainer.global_step
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"], group["momentum"] = rate * group.get("factor", 1.0), self.momentum / kept
