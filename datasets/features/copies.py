"""Altered copies of training clips, made once per clip and seed.

Assumed: authors make their copies once per experiment, before they train. So the draws vary with the seed of a run, as
all else that would vary if they ran again, and a seed has one set of copies for all folds. They depend on seed, item
and kind of copy alone, and not on what else runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from datasets.seeds import derive

#: Raised when the copies change; part of the key of cached features.
VERSION = 1
#: Range of the stretch factor (above 1: faster) and of the shift in semitones (unit assumed), ACRNN section 3.4.
STRETCH, SHIFT = (0.8, 1.3), (-3.5, 3.5)
N_FFT, HOP = 2048, 512

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Copy:
    """A kind of copy. `make` gets samples (n,), their rate in Hz, the clip's class and a generator; gives float32.

    Name and seed are part of the key of cached features and of the draws. labels: the classes that it treats in their
    own way, "" for all others.
    """

    name: str
    make: Callable[[Samples, int, str, np.random.Generator], Samples]
    seed: int = 0
    labels: tuple[str, ...] = ("",)

    def seeded(self, seed: int) -> "Copy":
        """The same kind of copy, with the draws of a seed."""
        return replace(self, seed=seed)

    def draws(self, item: str) -> np.random.Generator:
        """The generator of what is drawn for a clip."""
        return np.random.default_rng(derive(self.seed, "augment", VERSION, self.name, item))

    def __call__(self, samples: Samples, rate: int, item: str, label: str) -> Samples:
        """The copy of a clip: samples (n,) at `rate` Hz; float32."""
        return self.make(samples, rate, label, self.draws(item))


def delayed(number: int) -> Copy:
    """The copy of that number behind up to one second of silence, the clip not cut (PiczakCNN's code, ESC-50).

    That code then shifts and stretches it by nothing, which takes some 170 samples off its end; that is left out.
    """
    return Copy(f"delay-{number}", behind_silence)


def behind_silence(samples: Samples, rate: int, label: str, draw: np.random.Generator) -> Samples:
    """Samples (n,) after up to one second of silence."""
    return np.concatenate([np.zeros(draw.integers(rate), dtype=np.float32), samples])


def time_stretch(samples: Samples, factor: float) -> Samples:
    """Samples (n,) played `factor` times as fast at the same pitch, by a phase vocoder: (round(n / factor),)."""
    import torch
    from torchaudio.functional import phase_vocoder

    taper = torch.hann_window(N_FFT)
    spectrum = torch.stft(torch.from_numpy(samples), N_FFT, HOP, window=taper, return_complex=True)
    # Whole turns of the expected advance do not matter; without them the running phase keeps its float32 digits.
    advance = torch.linspace(0, torch.pi * HOP, N_FFT // 2 + 1, dtype=torch.float64).remainder(2 * torch.pi)
    stretched = phase_vocoder(spectrum, factor, advance.float()[:, None])
    return torch.istft(stretched, N_FFT, HOP, window=taper, length=round(len(samples) / factor)).numpy()


def pitch_shift(samples: Samples, semitones: float) -> Samples:
    """Samples (n,) with all frequencies times 2^(semitones / 12), as long as before.

    Stretched in time by that ratio, then resampled by soxr, which takes any ratio (torchaudio's resampler needs small
    integers).
    """
    import soxr

    ratio = 2.0 ** (semitones / 12.0)
    return fit_length(soxr.resample(time_stretch(samples, 1.0 / ratio), ratio, 1.0), len(samples))


def fit_length(samples: Samples, length: int) -> Samples:
    """Samples cut, or padded with zeros at the end, to `length`."""
    return np.pad(samples[:length], (0, max(0, length - len(samples))))


def _unaltered(samples: Samples, rate: int, label: str, draw: np.random.Generator) -> Samples:
    return samples


def _stretched(samples: Samples, rate: int, label: str, draw: np.random.Generator) -> Samples:
    return fit_length(time_stretch(samples, draw.uniform(*STRETCH)), len(samples))


def _shifted(samples: Samples, rate: int, label: str, draw: np.random.Generator) -> Samples:
    return pitch_shift(samples, draw.uniform(*SHIFT))


#: The clip itself.
NONE = Copy("none", _unaltered)
#: ACRNN, section 3.4: as long as the clip (cut, or padded with zeros, assumed).
STRETCHED, SHIFTED = Copy("stretch", _stretched), Copy("shift", _shifted)
