"""The official baseline of DCASE 2023 Task 4b (soft labels), and what the networks of `maestro` have of it.

Source: the public repository dcase2023_task4b_baseline, model.py and task4b.py; its README tells other sizes, but the
published number of weights, 380113, is that of the code.
"""

import torch
from torch import Tensor, nn

from models.initial import initialise
from models.kernels import HalfSequential
from models.optimizers import PlateauAdam
from models.tasks.activity import ActivityDetection, Heard

#: Filters of all convolutions; units of the GRU in each direction, and of the first dense layer.
FILTERS, UNITS = 128, 32
#: Pools along the bands; frames stay.
POOLS = (5, 2, 2)
#: Frames to either side that the convolutions see: one each.
REACH = len(POOLS)
#: Frames of a training sequence, and mel bands.
SEQUENCE, BANDS = 200, 64


class FrameEncoder(nn.Module):
    """Three convolutions pooled along the bands, a bidirectional GRU and a dense layer: an embedding per frame.

    Each convolution is 3 x 3 with batch norm, ReLU, maximum over bands, dropout. What the dense layer gives is linear.
    """

    def __init__(self, n_mels: int, dropout: float, width_divisor: int) -> None:
        super().__init__()
        filters, units = max(1, FILTERS // width_divisor), max(1, UNITS // width_divisor)
        stages: list[nn.Module] = []
        inputs, bands = 1, n_mels
        for pool in POOLS:
            stages += [nn.Conv2d(inputs, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(True)]
            stages += [nn.MaxPool2d((1, pool)), nn.Dropout(dropout)]
            inputs, bands = filters, bands // pool
        if bands < 1:
            raise ValueError(f"n_mels {n_mels} is too small: pooling by 5, 2 and 2 leaves no band; 20 is the least")
        self.size = units
        self.convolutions = HalfSequential(*stages)
        self.rnn = nn.GRU(filters * bands, units, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(2 * units, units)

    def features(self, x: Tensor) -> Tensor:
        """What the convolutions make of frames x (B, 1, T, D): (B, T, values)."""
        return self.convolutions(x).transpose(1, 2).flatten(2)

    def embed(self, features: Tensor) -> Tensor:
        """Embeddings (B, T, size) of features (B, T, values)."""
        return self.dense(self.rnn(features)[0])

    def chunk_features(self, frames: Tensor, places: Tensor) -> Tensor:
        """Features (S, n, values) of chunks of a recording: frames (1, T, D), places (S, n) of the chunks' frames.

        Chunks of n neighbouring frames share what is the same: three convolutions see three frames to either side, so
        that more than three frames from a chunk's ends features are those of the whole recording (as it predicts, when
        batch norm is fixed and nothing is dropped). Chunks that repeat a second have seams of their own, and short ones
        little to share: these are heard whole.
        """
        whole = self.features(frames[None])[0]
        alike = (places.diff(dim=1) == 1).all(1) & (places.shape[1] > 2 * REACH)
        found = whole[places]
        if shared := places[alike].shape[0]:
            first, last = (
                self.features(frames[0][ends][:, None])
                for ends in (places[alike][:, : 2 * REACH], places[alike][:, -2 * REACH :])
            )
            assert len(first) == shared
            found[alike, :REACH], found[alike, -REACH:] = first[:, :REACH], last[:, -REACH:]
        if not alike.all():
            found[~alike] = self.features(frames[0][places[~alike]][:, None])
        return found


class BaselineCRNN(nn.Module):
    """The encoder and a dense layer to the classes: (B, 1, T, D) -> activity (B, T, classes), linear.

    seed: of the generator that draws the initial weights, as PyTorch does by default.
    width_divisor: divides filters and units, for quick trials.
    """

    has_scenes = False

    def __init__(
        self,
        n_mels: int = BANDS,
        dropout: float = 0.2,
        num_classes: int = 17,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__()
        self.input_shape = (1, SEQUENCE, n_mels)
        self.encoder = FrameEncoder(n_mels, dropout, width_divisor)
        self.output = nn.Linear(self.encoder.size, num_classes)
        initialise(self, torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def forward(self, x: Tensor) -> Heard:
        """Activity (B, T, classes) of frames x (B, 1, T, D)."""
        return Heard(self.output(self.encoder.embed(self.encoder.features(x))))


class BaselineCRNNModule(PlateauAdam, ActivityDetection):
    """BaselineCRNN trained as the official baseline does: mean squared error of linear outputs, Adam.

    The network's arguments are those of BaselineCRNN. learning_rate, patience: see PlateauAdam; the code's patience is
    0.3 of at most 150 epochs.
    """

    version = 1
    network: BaselineCRNN

    def __init__(
        self,
        n_mels: int = BANDS,
        dropout: float = 0.2,
        learning_rate: float = 0.001,
        patience: int | None = 45,
        num_classes: int = 17,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__(learning_rate, patience, BaselineCRNN(n_mels, dropout, num_classes, seed, width_divisor))
        self.save_hyperparameters()
