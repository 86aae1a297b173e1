"""The time derivative of features by linear regression."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

#: Frames of the regression (librosa's default width).
WIDTH = 9


def delta(features: Array) -> Array:
    """Slope per frame of features (..., T) over 9 frames, as librosa.feature.delta gives it by default.

    In the first and last four frames it is the slope of the outermost nine. Raises ValueError for fewer than 9 frames.
    """
    half = WIDTH // 2
    n_frames = features.shape[-1]
    if n_frames < WIDTH:
        raise ValueError(f"{n_frames} frames are too few for a delta over {WIDTH}")
    inner = n_frames - 2 * half
    slope = np.zeros((*features.shape[:-1], inner), dtype=np.float32)
    for step in range(1, half + 1):
        after = features[..., half + step : half + step + inner]
        slope += np.float32(step) * (after - features[..., half - step : half - step + inner])
    slope /= np.float32(2 * sum(step * step for step in range(1, half + 1)))
    out = np.empty_like(features, dtype=np.float32)
    out[..., half : half + inner] = slope
    out[..., :half] = slope[..., :1]
    out[..., half + inner :] = slope[..., -1:]
    return out
