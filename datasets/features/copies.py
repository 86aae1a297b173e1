"""Altered copies of training clips, made once per clip.

Every draw depends on the item and the kind of copy alone: a copy is the same in every fold, run and process.
"""

import re

import numpy as np
from numpy.typing import NDArray

from datasets.seeds import derive

#: Raised when the copies change; part of the key of cached features.
VERSION = 1
#: The seed of all copies (assumed: they are part of the data, like the clips, and the same for every run).
SEED = 0
#: Range of the stretch factor (above 1: faster) and of the shift in semitones (unit assumed), ACRNN section 3.4.
STRETCH, SHIFT = (0.8, 1.3), (-3.5, 3.5)
#: Shift in semitones and range of the stretch factor for classes of ESC-10, from PiczakCNN's code. Its ranges of shift
#: have an index slip, so that the upper limit is all that is ever drawn. Classes left out are only delayed.
PICZAK_LIMITS = {
    "dog": (4, (0.95, 1.1)),
    "sea_waves": (0, (0.9, 1.2)),
    "crying_baby": (6, (0.8, 1.3)),
    "sneezing": (4, (0.9, 1.2)),
    "helicopter": (0, (0.9, 1.2)),
    "chainsaw": (2, (0.9, 1.2)),
    "rooster": (2, (0.95, 1.1)),
}
N_FFT, HOP = 2048, 512

Samples = NDArray[np.float32]


def make_variant(kind: str, samples: Samples, rate: int, item: str, label: str) -> Samples:
    """The copy called `kind` of a clip: samples (n,) at `rate` Hz; float32.

    kind: "none"; "stretch" and "shift" (ACRNN, section 3.4; as long as the clip: cut, or padded with zeros, assumed);
        "delay-1", "delay-2" ...: up to one second of silence in front, the clip not cut (PiczakCNN's code, ESC-50);
        "class-1", "class-2" ...: shift and stretch by class, then delay (PiczakCNN's code, ESC-10).

    Raises ValueError for another kind.
    """
    draw = np.random.default_rng(derive(SEED, "augment", VERSION, kind, item))
    if kind == "none":
        return samples
    if kind == "stretch":
        return fit_length(time_stretch(samples, draw.uniform(*STRETCH)), len(samples))
    if kind == "shift":
        return pitch_shift(samples, draw.uniform(*SHIFT))
    if re.fullmatch(r"(delay|class)-\d+", kind):
        delay = np.zeros(draw.integers(rate), dtype=np.float32)
        if kind.startswith("class") and label in PICZAK_LIMITS:
            semitones, limits = PICZAK_LIMITS[label]
            samples = time_stretch(pitch_shift(samples, semitones), draw.uniform(*limits))
        return np.concatenate([delay, samples])
    raise ValueError(f"unknown kind of copy {kind!r}; known: none, stretch, shift, delay-1 ..., class-1 ...")


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
