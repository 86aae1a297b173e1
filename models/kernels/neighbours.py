"""Compiled loops over maps (N, P, C) in which each channel meets its neighbours, as local response normalisation asks.

Maps are those of models/kernels/loops.py. No number depends on another place's, so threads change no bit.
"""

# What is compiled is typed by its arguments.
# mypy: disable-error-code="no-untyped-def"
import numpy as np

from models.kernels.keep import compiled_loop
from models.kernels.loops import ZERO
from models.kernels.numbers import load, rounded


@compiled_loop
def _levels(row, squares, size, share, least, levels):
    """`least` plus `share` of the squares of each channel of a row (C,) and of its neighbours, `size` in all.

    squares (C + size - 1,): room, whose ends beyond the channels are zero.
    """
    channels, side = len(row), size // 2
    for c in range(channels):
        value = load(row[c])
        squares[side + c] = value * value
        levels[c] = ZERO
    for off in range(size):
        for c in range(channels):
            levels[c] += squares[off + c]
    for c in range(channels):
        levels[c] = least + share * levels[c]


@compiled_loop
def _power(level):
    """level^(3/4)."""
    root = np.sqrt(level)
    return root * np.sqrt(root)


@compiled_loop
def respond(maps, size, share, least, out):
    """Each number over its level^(3/4)."""
    items, rows, channels = maps.shape
    squares, levels = np.zeros(channels + size - 1, np.float32), np.empty(channels, np.float32)
    for item in range(items):
        for row in range(rows):
            _levels(maps[item, row], squares, size, share, least, levels)
            for c in range(channels):
                value = load(maps[item, row, c]) / _power(levels[c])
                out[item, row, c] = rounded(value, out[item, row, c])


@compiled_loop
def respond_back(maps, grads, size, share, least, out):
    """The gradient of the maps: what a number's own level gives, less what it takes from its neighbours' by theirs."""
    items, rows, channels = maps.shape
    side, slope = size // 2, np.float32(1.5) * share
    squares, levels = np.zeros(channels + size - 1, np.float32), np.empty(channels, np.float32)
    leaning, total = np.zeros(channels + size - 1, np.float32), np.empty(channels, np.float32)
    for item in range(items):
        for row in range(rows):
            _levels(maps[item, row], squares, size, share, least, levels)
            for c in range(channels):
                own = load(grads[item, row, c]) / _power(levels[c])
                leaning[side + c] = own * load(maps[item, row, c]) / levels[c]
                levels[c] = own
                total[c] = ZERO
            for off in range(size):
                for c in range(channels):
                    total[c] += leaning[off + c]
            for c in range(channels):
                value = levels[c] - slope * load(maps[item, row, c]) * total[c]
                out[item, row, c] = rounded(value, out[item, row, c])
