"""The samples of a clip themselves, for networks that hear the waveform."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor

#: Full scale of 16 bit.
FULL_SCALE = 32768.0


@dataclass(frozen=True)
class Waveform(Extractor):
    """The samples as 16-bit values, in the form of a map with one band: networks crop and scale what they get."""

    name: ClassVar[str] = "waveform"
    version: ClassVar[int] = 1
    dtype: ClassVar[str] = "int16"

    rate: int = 44100

    @property
    def hop(self) -> int:
        """Samples from value to value."""
        return 1

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Whole numbers (1, 1, n) from -32768 to 32767 of samples (n,) in [-1, 1) at `rate` Hz.

        Raises ValueError for another rate than the extractor's.
        """
        self.check_rate(rate)
        values = np.rint(np.asarray(samples, dtype=np.float32) * np.float32(FULL_SCALE))
        return np.clip(values, -FULL_SCALE, FULL_SCALE - 1)[None, None]
