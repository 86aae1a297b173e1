"""Features that a paper's authors released: arrays that are taken as they are."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor
from datasets.features.signatures.trial import trial_frames

#: Seconds from frame to frame.
HOP_SECONDS = 0.02


@dataclass(frozen=True)
class ReleasedLogMel(Extractor):
    """The log-mel arrays that the authors of the EDC paper released: 500 frames every 20 ms, 64 bands, for 10 s.

    rate: that of the audio they were made of, Hz; nothing is computed from it. frames, n_mels: their shape. pad: what
    fills a short clip; in the released arrays it is zeros, so nothing else can be had.
    """

    name: ClassVar[str] = "released_log_mel"
    version: ClassVar[int] = 1

    rate: int = 44100
    frames: int = 500
    n_mels: int = 64
    pad: str = "zeros"

    def __post_init__(self) -> None:
        if self.pad != "zeros":
            raise ValueError(f"{self.name}: the released arrays are padded with zeros, not with {self.pad!r}")

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""
        return round(HOP_SECONDS * self.rate)

    def example(self) -> NDArray[np.float32]:
        """An array of the released shape, for there is no sound to try."""
        return trial_frames(self.frames, self.n_mels)

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """The array (frames, n_mels) itself, which a dataset with the source "features" loads instead of samples.

        Raises ValueError for another shape, such as that of samples, and for values that are not finite.
        """
        if samples.shape != (self.frames, self.n_mels):
            expected = (self.frames, self.n_mels)
            raise ValueError(f"{self.name} needs released arrays of shape {expected}, not {samples.shape}")
        if not np.isfinite(samples).all():
            raise ValueError(f"{self.name} needs finite values; the array has NaN or infinite ones")
        return samples
