"""Log-mel bands of whole clips of one length, as the EDC paper's authors released them."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from datasets.features.log_mel_rare import _LogMelFrames

#: Length and distance of frames in seconds (paper, section 3.1: 40 ms, overlap of 50 %).
FRAME_SECONDS, HOP_SECONDS = 0.04, 0.02
#: What keeps logarithms finite, dcase_util's.
EPSILON = np.float32(np.spacing(1.0))

Pad = Literal["zeros", "min"]


@dataclass(frozen=True)
class LogMelEdc(_LogMelFrames):
    """The features of the EDC paper (section 3.1): 64 bands, 40 ms Hamming windows every 20 ms, clips of one length.

    Inferred from the authors' sample files and the DCASE 2018 Task 4 baseline, whose extractor this is: centred frames
    with mirrored ends, FFT of 2048, periodic window, magnitudes, Slaney's mel scale with equal areas from 0 Hz to
    Nyquist, natural logarithm of mel + 2.220446e-16, rows of zeros after the logarithm where a clip is short. The
    baseline adds 2.220446e-16 to the samples, too, which the files show where a clip is digitally silent. Assumed:
    16 kHz where that is the dataset's rate.

    n_mels: bands. rate: Hz, which gives window and hop in samples. frames: of every clip, longer ones are cut.
    pad: what fills a short clip: "zeros" (the authors' files; loud in these units), or the clip's own minimum ("min").
    """

    name: ClassVar[str] = "log_mel_edc"
    version: ClassVar[int] = 1
    dtype: ClassVar[str] = "float32"

    n_mels: int = 64
    rate: int = 44100
    length: int = field(init=False)
    hop: int = field(init=False)
    n_fft: int = field(init=False, default=2048)
    frames: int = 500
    pad: Pad = "zeros"

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", round(FRAME_SECONDS * self.rate))
        object.__setattr__(self, "hop", round(HOP_SECONDS * self.rate))
        if self.length > self.n_fft:
            raise ValueError(f"{self.name}: windows of 40 ms at {self.rate} Hz are longer than the FFT of {self.n_fft}")
        if self.frames < 1 or self.pad not in ("zeros", "min"):
            raise ValueError(f"{self.name}: frames must be at least 1 and pad 'zeros' or 'min', not {self.pad!r}")

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Natural logarithms (frames, n_mels) of samples (n,) at `rate` Hz, cut or padded at the end.

        Raises ValueError for another rate than the extractor's, and for fewer samples than half a window.
        """
        found = super().__call__(samples + EPSILON, rate)[: self.frames]
        missing = self.frames - len(found)
        if not missing:
            return found
        fill = 0.0 if self.pad == "zeros" else found.min()
        return np.pad(found, ((0, missing), (0, 0)), constant_values=fill)
