"""A query that has heard nothing, in the place of wav2vec2's: its weights need not be here to try a network."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.features import Extractor

#: As many values as wav2vec2's base model gives.
VALUES = 768


@dataclass(frozen=True)
class DrawnQuery(Extractor):
    """Normal values for every complete second, drawn by how long the recording is: no rounding of sound moves them."""

    name: ClassVar[str] = "drawn_query"
    version: ClassVar[int] = 1
    segmented: ClassVar[bool] = True

    rate: int = 44100

    @property
    def hop(self) -> int:
        """Samples from row to row: a second."""
        return self.rate

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Values (seconds, 768) for samples (n,) at `rate` Hz. Raises ValueError for less than a second."""
        self.check_rate(rate)
        if (seconds := len(samples) // rate) == 0:
            raise ValueError(f"{len(samples)} samples are less than a second")
        return np.random.default_rng(len(samples)).standard_normal((seconds, VALUES), dtype=np.float32)
