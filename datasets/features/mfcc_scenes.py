"""The MFCC of the official baseline of DCASE 2016 Task 1, with their first and second time derivatives."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.delta import cepstra
from datasets.features.log_mel import mel_bank
from datasets.features.stft import banded_power, decibels, window


@dataclass(frozen=True)
class MfccScenes(Extractor):
    """20 MFCC with the 0th one, their delta and their acceleration in frames every 20 ms.

    Source: the official baseline's code and parameters (TUT-ARG, DCASE2016-baseline-system-python, features.py and
    task1_scene_classification.yaml): power spectra under a periodic Hamming window, FFT of 2048, 40 bands of Slaney's
    scale from 0 to 22050 Hz, dB floored 80 dB below the clip's maximum, orthonormal DCT-II, derivatives over 9 frames.
    Its window has the length of the FFT, 46 ms: the 40 ms of its parameters (`win_length`) have no effect there.
    Derivatives are those of librosa 0.4, of that time (assumed, for the code names no version), see
    `early_librosa_derivatives`. Of the code's `y + numpy.spacing(1)` nothing is left in float32.
    """

    name: ClassVar[str] = "mfcc_scenes"
    version: ClassVar[int] = 2

    rate: int = 44100
    n_mfcc: int = 20
    n_mels: int = 40
    n_fft: int = 2048
    hop: int = 882

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Frames (1 + n // hop, 3 x n_mfcc) of samples (n,) at `rate` Hz: MFCC, delta, acceleration.

        Raises ValueError for another rate than the extractor's, and for samples of fewer than 9 frames.
        """
        self.check_rate(rate)
        taper, bank = window("hamming", self.n_fft), mel_bank(self.rate, self.n_fft, self.n_mels)
        level = decibels(banded_power(samples, taper, self.n_fft, self.hop, bank))
        return np.concatenate(cepstra(level, self.n_mfcc)).T
