"""Two networks that the MTFA paper is held against: the official MLP of DCASE 2017 Task 2, and Cakir's CRNN.

Source: the public repository DCASE2017-baseline-system, applications/parameters/task2.defaults.yaml (the MLP) and
examples/task2_cakir.* (the CRNN, said there to be the code of the challenge report). Both were made with Keras 2.0.
"""

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import keras
from models.optimizers import Adam
from models.tasks.frames import FrameDetection
from models.tasks.onset_errors import OnsetRule

#: Mel bands of both. Frames that the MLP sees at once, cells of both hidden layers, Keras's "uniform" (±0.05) of then.
BANDS, CONTEXT, HIDDEN, UNIFORM = 40, 5, 50, 0.05
#: The CRNN: filters of all convolutions and GRU cells, pools along frequency, dropout everywhere.
WIDTH, POOLS, DROPOUT = 96, (5, 4, 2), 0.25
#: Frames of a clip of 30 s.
CLIP_FRAMES = 1501
#: How the CRNN's validation reads events off frames: every 20 ms, a median filter of 0.54 s, onsets at most 0.5 s off.
EVENTS = OnsetRule(hop=0.02, collar=0.5, median_frames=27)


class FrameMLP(nn.Module):
    """Two hidden layers over five neighbouring frames: (B, 1, T + 4, D) -> logits (B, T).

    seed: of the generator that draws the initial weights.
    width_divisor: divides the hidden layers, for quick trials.
    """

    def __init__(self, n_mels: int = BANDS, dropout: float = 0.2, seed: int = 0, width_divisor: int = 1) -> None:
        super().__init__()
        self.input_shape = (1, CONTEXT, n_mels)
        cells = HIDDEN // width_divisor
        self.hidden1 = nn.Linear(CONTEXT * n_mels, cells)
        self.hidden2 = nn.Linear(cells, cells)
        self.output = nn.Linear(cells, 1)
        self.dropout = nn.Dropout(dropout)
        uniform = partial(nn.init.uniform_, a=-UNIFORM, b=UNIFORM)
        keras.initialise(self, torch.Generator().manual_seed(seed), uniform)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T); frame t is judged by the frames t to t + 4 of x (B, 1, T + 4, D)."""
        values = x[:, 0].unfold(1, CONTEXT, 1).flatten(2)
        hidden = self.dropout(self.hidden1(values).relu())
        hidden = self.dropout(self.hidden2(hidden).relu())
        return self.output(hidden).squeeze(-1)


class FrameMLPModule(Adam, FrameDetection):
    """FrameMLP trained as the official baseline does; the network's arguments are those of FrameMLP.

    learning_rate: of Adam (Keras's default; its epsilon 1e-8 is also PyTorch's).
    """

    version = 1
    network: FrameMLP

    def __init__(
        self,
        n_mels: int = BANDS,
        dropout: float = 0.2,
        seed: int = 0,
        width_divisor: int = 1,
        learning_rate: float = 0.001,
    ) -> None:
        super().__init__(learning_rate, FrameMLP(n_mels, dropout, seed, width_divisor))
        self.save_hyperparameters()


class RecurrentDropoutGRU(nn.GRU):
    """One forward GRU layer as in Keras 2.0: (B, T, in) -> states (B, T, cells) and the last state (1, B, cells).

    Keras's defaults of that time (assumed, for the code names none): the reset gate acts before the recurrent product,
    gates are a hard sigmoid, clip(0.2 x + 0.5, 0, 1), and there is one bias set. In training each sequence has one mask
    for the inputs of all its steps and gates and one for the states, as Keras's `implementation=2`, which the code asks
    for, takes them.

    No library kernel does that, hence a loop over the steps.
    """

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor

    def __init__(self, inputs: int, cells: int, dropout: float) -> None:
        super().__init__(inputs, cells, batch_first=True)
        self.share = dropout
        self.bias_hh_l0.requires_grad_(False)  # zero, and not used

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """States of all steps, and the last one."""
        heard, state_mask = x * self._mask(x, self.input_size)[:, None], self._mask(x, self.hidden_size)
        parts = zip(self.weight_ih_l0.chunk(3), self.bias_ih_l0.chunk(3), strict=True)
        driven = [F.linear(heard, kernel, bias) for kernel, bias in parts]
        # The hard sigmoid's slope and middle are in what the loop adds up; reset and update gate stand side by side.
        gates = (0.2 * torch.stack(driven[:2]) + 0.5).unbind(2)
        candidates = driven[2].unbind(1)
        reset, update, kernel = (part.t() for part in self.weight_hh_l0.chunk(3))
        gate_kernels = 0.2 * torch.stack([reset, update])
        state, states = torch.zeros_like(candidates[0]), []
        for gate, candidate in zip(gates, candidates, strict=True):
            known = state * state_mask
            opened = torch.baddbmm(gate, known.expand(2, -1, -1), gate_kernels).clamp(0, 1)
            fresh = torch.addmm(candidate, opened[0] * known, kernel).tanh()
            state = torch.lerp(fresh, state, opened[1])
            states.append(state)
        return torch.stack(states, 1), state[None]

    def _mask(self, x: Tensor, size: int) -> Tensor:
        """Factors (B, size)."""
        return F.dropout(x.new_ones(len(x), size), self.share, self.training)


class CakirCRNN(nn.Module):
    """Three convolutions pooled along frequency and one or two GRU layers: (B, 1, T, D) -> logits (B, T).

    rnn_layers: 1 are the code's defaults; its set "crnn" is defined twice, the second time with 2 (which one was
        submitted is unknown; assumed: 1).
    dropout: probability, of maps before each pool, of GRU inputs and of GRU states.
    seed: of the generator that draws the initial weights: He-normal kernels of convolutions and of the output,
        Glorot-uniform ones of the GRU, orthogonal recurrent matrices; biases 0.
    width_divisor: divides filters and cells, for quick trials.

    Raises ValueError if no band is left after pooling by 5, 4 and 2.
    """

    def __init__(
        self,
        n_mels: int = BANDS,
        rnn_layers: Literal[1, 2] = 1,
        dropout: float = DROPOUT,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__()
        self.input_shape = (1, CLIP_FRAMES, n_mels)
        width, bands = WIDTH // width_divisor, n_mels
        stages: list[nn.Module] = []
        for number, pool in enumerate(POOLS):
            stages += [nn.Conv2d(width if number else 1, width, 5, padding=2), keras.BatchNorm2d(width), nn.ReLU(True)]
            stages += [nn.Dropout(dropout), nn.MaxPool2d((1, pool))]
            bands //= pool
        if bands < 1:
            raise ValueError(f"n_mels {n_mels} is too small: pooling by 5, 4 and 2 leaves no band; 40 is the least")
        self.convolutions = nn.Sequential(*stages)
        inputs = [width * bands] + [width] * (rnn_layers - 1)
        self.rnns = nn.ModuleList([RecurrentDropoutGRU(size, width, dropout) for size in inputs])
        self.output = nn.Linear(width, 1)
        generator = torch.Generator().manual_seed(seed)
        keras.initialise(self.convolutions, generator, he_normal)
        keras.initialise(self.rnns, generator, nn.init.xavier_uniform_)
        keras.initialise(self.output, generator, he_normal)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, T) of frames x (B, 1, T, D)."""
        states = self.convolutions(x).transpose(1, 2).flatten(2)
        for rnn in self.rnns:
            states = rnn(states)[0]
        return self.output(states).squeeze(-1)


def he_normal(tensor: Tensor, *, generator: torch.Generator) -> Tensor:
    """The kernel of a convolution or dense layer, filled as Keras's `he_normal` does: cut at two deviations."""
    sigma = (2 / tensor[0].numel()) ** 0.5
    return nn.init.trunc_normal_(tensor, 0, sigma, -2 * sigma, 2 * sigma, generator=generator)


class CakirCRNNModule(Adam, FrameDetection):
    """CakirCRNN trained as its authors' code does; the network's arguments are those of CakirCRNN.

    learning_rate: of Adam (code).
    validates_events: whether validation comes as whole clips, whose error rate is then logged; the code keeps the
        weights with the lowest one.
    """

    version = 2
    network: CakirCRNN

    def __init__(
        self,
        n_mels: int = BANDS,
        rnn_layers: Literal[1, 2] = 1,
        dropout: float = DROPOUT,
        seed: int = 0,
        width_divisor: int = 1,
        learning_rate: float = 0.001,
        validates_events: bool = True,
    ) -> None:
        network = CakirCRNN(n_mels, rnn_layers, dropout, seed, width_divisor)
        super().__init__(learning_rate, network, EVENTS if validates_events else None)
        self.save_hyperparameters()
