"""The time derivatives of features by regression over nine frames, and the cepstra that are given with them."""

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


def acceleration(features: Array) -> Array:
    """Second derivative of features (..., T): that of the parabola through 9 frames, as librosa.feature.delta(order=2).

    In the first and last four frames it is that of the outermost nine. Raises ValueError for fewer than 9 frames.
    """
    half = WIDTH // 2
    n_frames = features.shape[-1]
    if n_frames < WIDTH:
        raise ValueError(f"{n_frames} frames are too few for a delta over {WIDTH}")
    steps = np.arange(-half, half + 1, dtype=np.float64)
    weights = steps**2 - np.mean(steps**2)  # what is left of a parabola without its mean; lines have none of it
    weights *= 2 / np.sum(weights * steps**2)
    windows = np.lib.stride_tricks.sliding_window_view(features, WIDTH, axis=-1)
    curve = windows @ weights.astype(np.float32)
    borders = [(0, 0)] * (features.ndim - 1) + [(half, half)]
    return np.pad(curve, borders, mode="edge").astype(np.float32, copy=False)


def cepstra(level: Array, n_mfcc: int) -> tuple[Array, Array, Array]:
    """MFCC of levels in dB (T, bands), their delta and acceleration: each (n_mfcc, T), by an orthonormal DCT-II.

    Raises ValueError for fewer than 9 frames.
    """
    from scipy.fft import dct

    mfcc = np.ascontiguousarray(dct(level, type=2, norm="ortho", axis=1)[:, :n_mfcc].T)
    return mfcc, delta(mfcc), acceleration(mfcc)
