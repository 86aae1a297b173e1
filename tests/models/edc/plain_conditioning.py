"""Event-related data conditioning frame by frame, as section 2.2 of the paper and its code say: slow, easy to check."""

import math

import numpy as np


def rescaled(clip):
    return (clip - clip.min()) / (clip.max() - clip.min())


def softmax(values):
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def expectation(similarities, alpha, renormalise, decay):
    """How far to look along similarities that begin with the frame's own."""
    distance = np.arange(len(similarities))
    rate = alpha if decay == "exp(-alpha*d)" else 1 / alpha
    weights = softmax(similarities) * np.exp(-rate * distance)
    if renormalise:  # a distance that is whole but for rounding errors counts as whole
        return round((distance * weights).sum() / weights.sum(), 9)
    return (distance * weights).sum()


def kept(frame, back, ahead, frames, rounding):
    """The first and the last frame that a frame keeps."""
    if rounding == "trunc":
        return int(frame - back), int(frame + ahead)
    if rounding == "round":
        return frame - math.floor(back + 0.5), frame + math.floor(ahead + 0.5)
    distance = np.arange(frames) - frame
    inside = np.flatnonzero((-distance <= back) & (distance <= ahead))
    return int(inside[0]), int(inside[-1])


def plain(
    clip, alpha, similarity_input="minmax", output_from=None, renormalise_decay=False, rounding="trunc",
    decay="exp(-d/alpha)",
):  # fmt: skip
    """Output (T, D), and how many frames back and ahead each frame is averaged with (T,)."""
    clip = np.asarray(clip, dtype=np.float64)
    sources = {"minmax": rescaled, "raw": lambda frames: frames}
    z = sources[similarity_input](clip)
    values = sources[output_from or similarity_input](clip)
    frames = len(clip)
    out, past, future = np.empty_like(z), [], []
    for frame in range(frames):
        similarities = z @ z[frame]
        back = expectation(similarities[frame::-1], alpha, renormalise_decay, decay)
        ahead = expectation(similarities[frame:], alpha, renormalise_decay, decay)
        first, last = kept(frame, back, ahead, frames, rounding)
        masked = np.full(frames, -np.inf)
        masked[first : last + 1] = similarities[first : last + 1]
        out[frame] = softmax(masked) @ values
        past.append(frame - first)
        future.append(last - frame)
    return out, np.array(past), np.array(future)
