"""What wav2vec2 tells of a second, turned into a query or judged alone (`maestro`: Fig. 3, and its authors' code)."""

from typing import Any

import torch
from torch import Tensor, nn

from models.initial import initialise
from models.optimizers import PlateauAdam
from models.tasks.activity import Activation, ActivityDetection, Heard, Loss

#: Values of wav2vec2's base model; what the head makes of them in between; its dropout (code).
GIVEN, HEAD, HEAD_DROPOUT = 768, (256, 128), 0.25


def query_head(size: int, width_divisor: int) -> nn.Sequential:
    """Three dense layers from a given query (B, 768) to values (B, size)."""
    wide, narrow = (max(1, one // width_divisor) for one in HEAD)
    return nn.Sequential(
        nn.Dropout(HEAD_DROPOUT), nn.Linear(GIVEN, wide), nn.ReLU(), nn.BatchNorm1d(wide),
        nn.Dropout(HEAD_DROPOUT), nn.Linear(wide, narrow), nn.ReLU(), nn.BatchNorm1d(narrow),
        nn.Linear(narrow, size),
    )  # fmt: skip


class Wav2Vec2Classifier(nn.Module):
    """The head, whose last layer tells the classes: activity of each second by its given values; frames are not heard.

    seed, width_divisor: see BaselineCRNN.
    """

    has_scenes = False

    def __init__(self, num_classes: int = 11, seed: int = 0, width_divisor: int = 1) -> None:
        super().__init__()
        self.head = query_head(num_classes, width_divisor)
        initialise(self, torch.Generator().manual_seed(seed))

    def forward(self, x: Any) -> Heard:
        """Activity (B, 1, classes) of (frames, given (B, 768)). Raises ValueError for frames alone."""
        return self.judge(x[1] if isinstance(x, tuple) else None)

    def hear(self, frames: Tensor, places: Tensor, query: Tensor | None) -> Tensor:
        """Activity (seconds, 1, classes) of a recording; see ActivityNetwork."""
        return self.judge(query).activity

    def judge(self, given: Tensor | None) -> Heard:
        """Activity (B, 1, classes) by given values (B, 768). Raises ValueError without them."""
        if given is None:
            raise ValueError("this network hears given values alone; use data that have some (query: wav2vec2)")
        return Heard(self.head(given)[:, None])


class Wav2Vec2ClassifierModule(PlateauAdam, ActivityDetection):
    """Wav2Vec2Classifier trained with Adam, on chunks of one second with a label per second.

    The network's arguments are those of Wav2Vec2Classifier; the others those of ContextCRNNModule.
    """

    version = 2
    network: Wav2Vec2Classifier

    def __init__(
        self,
        activation: Activation = "sigmoid",
        loss: Loss = "mse",
        learning_rate: float = 0.001,
        patience: int | None = 9,
        num_classes: int = 11,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        network = Wav2Vec2Classifier(num_classes, seed, width_divisor)
        super().__init__(learning_rate, patience, network, activation, loss)
        self.save_hyperparameters()
