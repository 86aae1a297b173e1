"""WaveMsNet: three resolutions of the waveform, then beside a log-mel spectrogram. ACRNN's table 1 cites it as [33].

Source: Zhu et al. ("Learning environmental sounds with multi-scale convolutional neural network", IJCNN 2018) and the
public repository WaveMsNet ("code" below). Of its scripts main_transfer.py has both phases, the second one commented
out; main_transfer_no_freeze.py runs that alone, in batches of 64 instead of 32.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models import keras, kernels
from models.initial import draw
from models.tasks.clips import ClipClassification

#: Samples of a window, and the peak below which a window is not heard (code).
WINDOW, LEAST_PEAK = 66150, 0.005
#: How often another window is drawn in the place of a silent one (code: until one is heard).
TRIES = 100
FULL_SCALE = 32768.0
#: Kernel, stride and last pool of the three ways over the waveform; their filters and second kernel (code).
WAYS, FILTERS, SECOND = ((11, 1, 150), (51, 5, 30), (101, 10, 15)), 32, 11
#: Filters and pool of the convolutions over the map (code).
MAP = ((64, (3, 11)), (128, (2, 2)), (256, (2, 2)), (256, (2, 2)))
HIDDEN = 4096
#: The spectrogram: FFT, samples between frames, frames, bands, and the rate of the samples (code).
N_FFT, HOP, FRAMES, BANDS, RATE = 2048, 150, 441, 96, 44100
#: dB below a window's maximum that are left of the spectrogram, librosa's default of then.
RANGE_DB = 80.0


class LogMel(nn.Module):
    """The log-mel spectrogram (B, 96, 441) in dB of windows (B, 66150): librosa's, with mirrored ends."""

    bank: Tensor
    taper: Tensor

    def __init__(self) -> None:
        super().__init__()
        from torchaudio.functional import melscale_fbanks

        bank = melscale_fbanks(N_FFT // 2 + 1, 0.0, RATE / 2, BANDS, RATE, norm="slaney", mel_scale="slaney")
        self.register_buffer("bank", bank, persistent=False)
        self.register_buffer("taper", torch.hann_window(N_FFT), persistent=False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Levels, floored 80 dB below each window's maximum."""
        spectrum = torch.stft(x, N_FFT, HOP, window=self.taper, pad_mode="reflect", return_complex=True)
        power = (spectrum.abs().square().transpose(1, 2) @ self.bank).transpose(1, 2)[:, :, :FRAMES]
        level = 10 * power.clamp_min(1e-10).log10()
        return level.maximum(level.amax((1, 2), keepdim=True) - RANGE_DB)


def _way(filters: int, kernel: int, stride: int, pool: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(1, filters, kernel, stride, kernel // 2), nn.BatchNorm1d(filters), nn.ReLU(True),
        nn.Conv1d(filters, filters, SECOND, 1, SECOND // 2), nn.BatchNorm1d(filters), nn.ReLU(True),
        nn.MaxPool1d(pool),
    )  # fmt: skip


class WaveMsNet(nn.Module):
    """Three ways over windows (B, 66150), joined to a map of 96 x 441, and a network over it -> logits (B, classes).

    The map has two channels: in the first phase what the ways make of the waveform, twice; in the second one it and the
    log-mel spectrogram (code).

    dropout: before the output (code). width_divisor: divides all widths, for quick trials; the map has as many rows as
        ever, each several times.
    seed: of the generator that draws the initial weights, the defaults of the code's PyTorch (0.3).
    """

    def __init__(self, num_classes: int = 50, dropout: float = 0.5, width_divisor: int = 1, seed: int = 0) -> None:
        super().__init__()
        self.input_shape = (WINDOW,)
        self.repeats = width_divisor
        self.ways = nn.ModuleList([_way(FILTERS // width_divisor, *one) for one in WAYS])
        self.log_mel = LogMel()
        layers: list[nn.Module] = []
        width = 2
        for filters, pool in MAP:
            filters //= width_divisor
            layers += [nn.Conv2d(width, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU(True)]
            layers += [nn.MaxPool2d(pool)]
            width = filters
        self.map = kernels.Sequential(*layers)
        self.hidden = kernels.Linear(width * 4 * 5, HIDDEN // width_divisor)
        self.output = kernels.Linear(HIDDEN // width_divisor, num_classes)
        self.dropout = nn.Dropout(dropout)
        self._initialise(torch.Generator().manual_seed(seed))
        self.map.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.no_grad()
    def _initialise(self, generator: torch.Generator) -> None:
        for layer in self.modules():
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                nn.init.uniform_(layer.weight, generator=generator)
            else:
                draw(layer, generator)

    def forward(self, x: Tensor, with_spectrogram: bool = True) -> Tensor:
        """Logits (B, num_classes) of windows x (B, 66150) in the second phase, or in the first one."""
        heard = torch.cat([way(x[:, None]) for way in self.ways], dim=1).repeat_interleave(self.repeats, dim=1)
        beside = self.log_mel(x) if with_spectrogram else heard
        hidden = self.hidden(self.map(torch.stack([heard, beside], dim=1)).flatten(1)).relu()
        return self.output(self.dropout(hidden))


class WaveMsNetModule(ClipClassification):
    """WaveMsNet trained in two phases of as many epochs; the network's arguments are WaveMsNet's.

    It takes clips (B, 1, 1, N) of 16-bit values, of which training hears a window from anywhere; of clips to predict
    (B, 1, 1, 1, N) it judges windows, and nothing follows from those that are all but silent (code: not judged).

    learning_rate, drops: of the first epoch of both phases, and epochs of each phase from which on it is a tenth.
    phase: epochs of each. step: samples between the windows of a tested clip (code: 0.2 s).

    The second phase has a new optimizer, and all weights go on learning (code: it means to freeze the ways, by an
    attribute whose name is misspelt).
    """

    version = 2
    network: WaveMsNet

    def __init__(
        self,
        num_classes: int = 50,
        dropout: float = 0.5,
        width_divisor: int = 1,
        seed: int = 0,
        learning_rate: float = 0.01,
        drops: Sequence[Sequence[int]] = ((70, 130, 150), (50, 100, 150)),
        phase: int = 180,
        step: int = 8820,
        momentum: float = 0.9,
        weight_decay: float = 5e-4,
    ) -> None:
        super().__init__(WaveMsNet(num_classes, dropout, width_divisor, seed))
        self.save_hyperparameters()
        self.learning_rate, self.drops = learning_rate, tuple(tuple(some) for some in drops)
        self.phase, self.step = phase, step
        self.momentum, self.weight_decay = momentum, weight_decay

    def configure_optimizers(self) -> torch.optim.SGD:
        """Plain momentum, decay of all parameters."""
        return torch.optim.SGD(
            self.parameters(), lr=self.learning_rate, momentum=self.momentum, weight_decay=self.weight_decay
        )

    @property
    def is_second(self) -> bool:
        """Whether the second phase has begun."""
        return self.current_epoch >= self.phase

    def on_train_epoch_start(self) -> None:
        """Set this epoch's rate; the second phase begins without velocity."""
        epoch, drops = self.current_epoch - self.is_second * self.phase, self.drops[self.is_second]
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = keras.dropped_rate(self.learning_rate, epoch, drops)
        if self.current_epoch == self.phase:
            self.trainer.optimizers[0].state.clear()

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Mean cross-entropy of windows of a batch: clips (B, 1, 1, N) and targets (B, classes)."""
        clips, targets = batch
        logits = self.network(drawn(clips.flatten(1) / FULL_SCALE), self.is_second)
        return nn.functional.cross_entropy(logits, targets)

    def _of_segments(self, x: Tensor) -> Tensor:
        """Logits (B, S, classes) of the windows of clips (B, 1, 1, 1, N); zeros of silent ones, unless all are silent.

        Zeros are as likely for every class, so that a sum of log-posteriors is that of the others.
        """
        windows = (x.flatten(1) / FULL_SCALE).unfold(1, WINDOW, self.step)
        silent = windows.abs().amax(2) < LEAST_PEAK
        silent &= ~silent.all(1, keepdim=True)
        logits = self(windows.flatten(0, 1)).unflatten(0, silent.shape)
        return logits.masked_fill(silent[:, :, None], 0.0).float()


def drawn(clips: Tensor) -> Tensor:
    """A window (B, 66150) of each clip (B, N), full scale 1, from anywhere where there is something to hear.

    The places come from torch's generator.
    """
    windows = clips.unfold(1, WINDOW, 1)
    chosen = torch.empty(len(clips), WINDOW, dtype=clips.dtype, device=clips.device)
    silent = torch.arange(len(clips), device=clips.device)
    for _ in range(TRIES):
        starts = torch.randint(windows.shape[1], (len(silent),)).to(clips.device)
        chosen[silent] = windows[silent, starts]
        silent = silent[chosen[silent].abs().amax(1) < LEAST_PEAK]
        if not len(silent):
            break
    return chosen
