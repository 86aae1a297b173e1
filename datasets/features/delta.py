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


def early_librosa_derivatives(features: Array) -> tuple[Array, Array]:
    """First and second derivative of features (..., T) as librosa 0.5 and older gave them, `delta(order=1)` and `(2)`.

    The regression over 9 frames, as a filter that looks back, goes once or twice over features whose borders last for 9
    frames more. What comes out is shifted by the four frames of one regression, so that the second derivative is four
    frames late, and its first three frames have the start of the filter. Raises ValueError for fewer than 9 frames.
    """
    from scipy.signal import lfilter

    half, n_frames = WIDTH // 2, features.shape[-1]
    if n_frames < WIDTH:
        raise ValueError(f"{n_frames} frames are too few for a delta over {WIDTH}")
    newest_first = np.arange(half, -half - 1, -1) / (2.0 * sum(step * step for step in range(1, half + 1)))
    once = lfilter(newest_first, 1.0, np.pad(features, [(0, 0)] * (features.ndim - 1) + [(WIDTH, WIDTH)], mode="edge"))
    shown = slice(WIDTH + half, WIDTH + half + n_frames)
    twice = lfilter(newest_first, 1.0, once)
    return once[..., shown].astype(np.float32), twice[..., shown].astype(np.float32)


def cepstra(level: Array, n_mfcc: int) -> tuple[Array, Array, Array]:
    """MFCC of levels in dB (T, bands) by an orthonormal DCT-II, with `early_librosa_derivatives`: each (n_mfcc, T).

    Raises ValueError for fewer than 9 frames.
    """
    from scipy.fft import dct

    mfcc = np.ascontiguousarray(dct(level, type=2, norm="ortho", axis=1)[:, :n_mfcc].T)
    return mfcc, *early_librosa_derivatives(mfcc)
