"""The MFCC of the official baseline's second system for DCASE 2017 Task 2, its Gaussian mixtures."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.delta import cepstra
from datasets.features.log_mel import mel_bank
from datasets.features.stft import banded_spectrum, decibels, window


@dataclass(frozen=True)
class MfccRare(Extractor):
    """MFCC 1 to 19 with delta and acceleration of the 0th to the 19th, in frames of 40 ms every 20 ms.

    Source: the official baseline's parameters (DCASE2017-baseline-system, task2.defaults.yaml, set "gmm"): magnitude
    spectra under a periodic Hamming window, FFT of 2048, 40 bands of Slaney's scale, decibels floored 80 dB below the
    mixture's maximum, orthonormal DCT-II, derivatives over 9 frames by librosa 0.5 (its Dockerfile names that), see
    `early_librosa_derivatives`. Assumed: triangles of equal area, mirrored ends.
    """

    name: ClassVar[str] = "mfcc_rare"
    version: ClassVar[int] = 2

    rate: int = 44100
    n_mfcc: int = 20
    n_mels: int = 40
    length: int = 1764
    hop: int = 882
    n_fft: int = 2048

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Frames (1 + n // hop, 3 x n_mfcc - 1) of samples (n,) at `rate` Hz: MFCC, delta, acceleration.

        Raises ValueError for another rate than the extractor's, and for samples of fewer than 9 frames.
        """
        self.check_rate(rate)
        taper, bank = window("hamming", self.length), mel_bank(self.rate, self.n_fft, self.n_mels)
        level = decibels(banded_spectrum(samples, taper, self.n_fft, self.hop, bank, magnitude=True))
        mfcc, *derivatives = cepstra(level, self.n_mfcc)
        return np.concatenate([mfcc[1:], *derivatives]).T
