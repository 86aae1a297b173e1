"""Log-mel spectrograms, and PiczakCNN's segments of one with their delta."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.stft import FilterBank, banded_power, decibels, window

#: Slaney's mel scale (Auditory Toolbox, 1998): linear up to 1 kHz, 15 mel; from there 27 steps per factor 6.4.
BREAK_HZ, BREAK_MEL, STEP = 1000.0, 15.0, np.log(6.4) / 27.0
#: The delta of librosa 0.3.1 in the first frames of a constant of 1: its filter begins from zeros, which the repeated
#: edge hides from the fourth frame on.
DELTA_OF_ONE = (9.0, 7.0, 4.0)


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frequencies in Hz of points on Slaney's mel scale."""
    linear = mel * (BREAK_HZ / BREAK_MEL)
    return np.where(mel < BREAK_MEL, linear, BREAK_HZ * np.exp(STEP * (mel - BREAK_MEL)))


def hz_to_mel(hz: float) -> float:
    """The place of a frequency on Slaney's mel scale."""
    return hz * BREAK_MEL / BREAK_HZ if hz < BREAK_HZ else BREAK_MEL + float(np.log(hz / BREAK_HZ)) / STEP


def mel_weights(rate: int, n_fft: int, n_mels: int) -> NDArray[np.float64]:
    """Triangles of equal area (n_mels, 1 + n_fft // 2) from 0 Hz to Nyquist, librosa's default filter bank."""
    return triangles(mel_to_hz(np.linspace(0.0, hz_to_mel(rate / 2), n_mels + 2)), rate, n_fft)


def triangles(edges: NDArray[np.float64], rate: int, n_fft: int) -> NDArray[np.float64]:
    """Triangles of equal area (bands, 1 + n_fft // 2), each from its edge over the next one to the one after, in Hz."""
    bins = np.arange(1 + n_fft // 2) * (rate / n_fft)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]


@lru_cache(maxsize=8)
def mel_bank(rate: int, n_fft: int, n_mels: int) -> FilterBank:
    """The filter bank of `mel_weights`."""
    return FilterBank(mel_weights(rate, n_fft, n_mels))


def log_mel(
    samples: NDArray[np.float32], rate: int, n_mels: int = 128, n_fft: int = 2048, hop: int = 512
) -> NDArray[np.float32]:
    """Log-mel spectrogram (n_mels, 1 + n // hop) in dB of samples (n,): librosa's, with mirrored ends.

    Hann window of n_fft samples, power, 10 log10 without a reference, floored 80 dB below its maximum.
    """
    return decibels(banded_power(samples, window("hann", n_fft), n_fft, hop, mel_bank(rate, n_fft, n_mels))).T


@dataclass(frozen=True)
class LogMelDelta(Extractor):
    """Segments of a log-mel spectrogram with delta as PiczakCNN's code (paper-2015-esc-convnet) cuts them.

    Code: 22.05 kHz, clip scaled to unit peak; windows of 512 x (frames - 1) samples every 512 x step, half overlapping
    (41 and 20, or 101 and 50), each with its own spectrogram (60 bands, 1024-point FFT, hop 512, dB floored 80 dB below
    the window's maximum); windows of mean -70 dB or less are dropped; the delta is librosa 0.3.1's, see `late_delta`.
    The code standardises before it takes the delta, hence `shared_scale`. Assumed: resampling by soxr (the code
    interpolates linearly); a clip whose windows would all be dropped keeps its loudest; a clip shorter than one window
    is padded with zeros.
    """

    name: ClassVar[str] = "log_mel_delta_piczak"
    version: ClassVar[int] = 1
    segmented: ClassVar[bool] = True
    shared_scale: ClassVar[bool] = True

    frames: int = 41
    step: int = 20
    rate: int = 44100
    analysis_rate: int = 22050
    n_mels: int = 60
    n_fft: int = 1024
    hop: int = 512
    silence_db: float = -70.0

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Segments (S, 2, n_mels, frames), S at least 1, of samples (n,) at `rate` Hz that are not all zero.

        Raises ValueError for another rate than the extractor's.
        """
        self.check_rate(rate)
        clip = self._resampled(samples)
        clip = clip / np.abs(clip).max()
        length = self.hop * (self.frames - 1)
        clip = np.pad(clip, (0, max(0, length - len(clip))))
        starts = range(0, len(clip) - length + 1, self.hop * self.step)
        levels = np.stack([self._level(clip[start : start + length]) for start in starts])
        means = levels.mean(axis=(1, 2))
        kept = levels[means > self.silence_db] if means.max() > self.silence_db else levels[[means.argmax()]]
        return np.stack([kept, self._delta(kept)], axis=1)

    def _resampled(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        import soxr

        return soxr.resample(samples, self.rate, self.analysis_rate)

    def _delta(self, levels: NDArray[np.float32]) -> NDArray[np.float32]:
        return late_delta(levels)

    def _level(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        return log_mel(signal, self.analysis_rate, self.n_mels, self.n_fft, self.hop)


@dataclass(frozen=True)
class LogMelDeltaAsCoded(LogMelDelta):
    """The same with what the code does otherwise, by audioop and librosa 0.3.1 as they were.

    Of 44.1 kHz it keeps every second sample, unfiltered, so that all above 11 kHz folds back; and the delta of a
    segment begins from silence, not from its own first frame.
    """

    name: ClassVar[str] = "log_mel_delta_piczak_coded"
    version: ClassVar[int] = 1
    delta_of_one: ClassVar[tuple[float, ...]] = DELTA_OF_ONE

    def _resampled(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        return samples[:: self.rate // self.analysis_rate]

    def _delta(self, levels: NDArray[np.float32]) -> NDArray[np.float32]:
        delta = late_delta(levels)
        first = np.asarray(self.delta_of_one, dtype=np.float32)
        delta[..., : len(first)] += levels[..., :1] * first
        return delta


def late_delta(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The delta of librosa 0.3.1 along the last axis: sum of (4 - j) x[t - j] for j = 0..8.

    It is 60 times the slope per frame and comes four frames late; the first frame is taken to last forever before.
    """
    width = 9
    padded = np.concatenate([np.repeat(features[..., :1], width - 1, axis=-1), features], axis=-1)
    n_frames = features.shape[-1]
    terms = (np.float32(4 - j) * padded[..., width - 1 - j : width - 1 - j + n_frames] for j in range(width))
    return np.sum(list(terms), axis=0, dtype=np.float32)
