"""Features that a paper's authors released: arrays that are taken as they are."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ReleasedLogMel:
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

    def params(self) -> dict[str, Any]:
        """All parameters, for cache keys and provenance."""
        return asdict(self)

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
