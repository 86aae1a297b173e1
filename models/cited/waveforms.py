"""What networks that hear waveforms do to clips: trimming, scaling in time, cropping, mixing between classes.

Source: the public repository bc_learning_sound (Tokozume, Ushiku and Harada, "Learning from between-class examples for
deep sound recognition", ICLR 2018), utils.py and dataset.py ("code" below).
"""

import math

import torch
from torch import Tensor

#: Full scale of the 16-bit values that clips come as.
FULL_SCALE = 32768.0
#: Of the loudness by which sounds are mixed: frames every half of so many samples, and the least level in dB (code).
GAIN_FFT, LEAST_DB = 4096, -80.0
RATE = 44100


def trimmed(clips: Tensor) -> tuple[Tensor, Tensor]:
    """Where the first value of each clip (B, N) is that is not 0, and how many there are up to the last: (B,) each.

    A clip without any is taken whole.
    """
    heard = clips != 0
    silent = ~heard.any(1)
    first = heard.int().argmax(1)
    last = clips.shape[1] - 1 - heard.flip(1).int().argmax(1)
    return first.masked_fill(silent, 0), (last - first + 1).masked_fill(silent, clips.shape[1])


def pieces(clips: Tensor, starts: Tensor, scales: Tensor, length: int) -> Tensor:
    """Pieces (B, length), full scale 1, of clips (B, N) of 16-bit values.

    Clips are trimmed, made `scales` times as long by linear interpolation (code: random_scale), and have length // 2
    zeros on either side; pieces begin at `starts` of what has come about.
    """
    first, count = trimmed(clips)
    places = starts[:, None] + torch.arange(length, device=clips.device) - length // 2
    long = (count * scales).long()
    inside = (places >= 0) & (places < long[:, None])
    at = places.clamp_min(0).double() / scales[:, None].double()
    left = at.long().minimum(count[:, None] - 1)
    share = (at - left).float()
    right = (left + 1).minimum(count[:, None] - 1)
    values = clips.gather(1, first[:, None] + left) * (1 - share) + clips.gather(1, first[:, None] + right) * share
    return values * inside / FULL_SCALE


def lengths(clips: Tensor, scales: Tensor, length: int) -> Tensor:
    """How many places a piece of `length` may begin at, in each clip (B, N): (B,)."""
    return (trimmed(clips)[1] * scales).long() + 2 * (length // 2) - length + 1


def a_weights(n_fft: int = GAIN_FFT, rate: int = RATE) -> Tensor:
    """The A-weighting of the bins of an FFT as factors of power (code: a_weight), those below -80 dB at that."""
    squares = torch.linspace(0, rate // 2, n_fft // 2 + 1, dtype=torch.float64).square()
    squares[0] = 1.0
    decibels = 2.0 + 20.0 * (
        2 * math.log10(12194.0)
        + 2 * squares.log10()
        - (squares + 12194.0**2).log10()
        - (squares + 20.6**2).log10()
        - 0.5 * (squares + 107.7**2).log10()
        - 0.5 * (squares + 737.9**2).log10()
    )
    return 10 ** (decibels.clamp_min(LEAST_DB) / 10)


def loudness(sounds: Tensor) -> Tensor:
    """The A-weighted level in dB of the loudest frame of each sound (B, N): (B,)."""
    frames = sounds.unfold(1, GAIN_FFT, GAIN_FFT // 2)
    taper = torch.hann_window(GAIN_FFT, device=sounds.device)
    power = torch.fft.rfft(frames * taper).abs().square()
    total = (power * a_weights().to(power)).sum(2).amax(1)
    return 10 * total.clamp_min(10 ** (LEAST_DB / 10)).log10()


def mixed(first: Tensor, second: Tensor, ratios: Tensor) -> Tensor:
    """Sounds (B, N) in which `first` is heard to a share of `ratios` (B,) beside `second`, as loud as either."""
    difference = (loudness(first) - loudness(second)) / 20
    share = 1 / (1 + 10**difference * (1 - ratios) / ratios.clamp_min(1e-6))
    share = share[:, None]
    return (first * share + second * (1 - share)) / (share.square() + (1 - share).square()).sqrt()


def partners(targets: Tensor) -> Tensor:
    """For each of a batch's targets (B, classes) another one's number, of another class: (B,); itself without one."""
    labels = targets.argmax(1)
    other = (labels[:, None] != labels[None]).float()
    other[other.sum(1) == 0] = torch.eye(len(labels), device=labels.device)[other.sum(1) == 0]
    return other.cpu().multinomial(1).squeeze(1).to(labels.device)
