"""Compiled loops over maps whose channels lie side by side: (N, P, C), or (N, H, W, C) where windows are pooled.

Maps are float32, or the bits of bfloat16 as uint16. Every sum is taken in an order that neither threads nor the width
of the processor's registers change: a channel never meets another one, blocks of rows are added up in float32 and the
blocks in float64, and each item of the batch has sums of its own. So the bits of a result do not depend on threads.
"""

# What is compiled is typed by its arguments.
# mypy: disable-error-code="no-untyped-def"
import numpy as np

from models.kernels.keep import compiled_loop
from models.kernels.numbers import load, rounded

#: Rows that are added up in float32, where no windows are pooled: those of 256 channels lie in the first cache.
BLOCK = 64
ZERO = np.float32(0)


@compiled_loop
def _add_block(rows, before, mean, squares, scratch):
    """Add a block (P, C) to the running mean and squared deviations (C,) of `before` rows.

    Sums are of differences to the block's first row, which lose nothing where the mean is far from zero, and blocks are
    joined by Chan's formula.
    """
    count, channels = rows.shape
    total, spread, level = scratch[0], scratch[1], scratch[2]
    for c in range(channels):
        level[c] = load(rows[0, c])
        total[c] = ZERO
        spread[c] = ZERO
    even = count - count % 4  # four rows at a time, for fewer visits to the sums
    for row in range(0, even, 4):
        for c in range(channels):
            first, second = load(rows[row, c]) - level[c], load(rows[row + 1, c]) - level[c]
            third, fourth = load(rows[row + 2, c]) - level[c], load(rows[row + 3, c]) - level[c]
            total[c] += (first + second) + (third + fourth)
            spread[c] += (first * first + second * second) + (third * third + fourth * fourth)
    for row in range(even, count):
        for c in range(channels):
            off = load(rows[row, c]) - level[c]
            total[c] += off
            spread[c] += off * off
    weight = count / (before + count)
    for c in range(channels):
        middle = np.float64(total[c]) / count
        off = np.float64(level[c]) + middle - mean[c]
        mean[c] += off * weight
        squares[c] += np.float64(spread[c]) - count * middle * middle + off * off * before * weight


@compiled_loop
def moments(maps, means, squares):
    """Mean and sum of squared deviations (N, C) of each item's rows (N, P, C)."""
    items, rows, channels = maps.shape
    scratch = np.empty((3, channels), np.float32)
    for item in range(items):
        means[item] = 0.0
        squares[item] = 0.0
        for low in range(0, rows, BLOCK):
            high = min(rows, low + BLOCK)
            _add_block(maps[item, low:high], low, means[item], squares[item], scratch)


@compiled_loop
def pooled_moments(maps, sign, high, wide, means, squares, best):
    """The same of maps (N, H, W, C), and the largest number of each window of high x wide (N, H', W', C).

    sign (C,): -1 where the smallest is sought. What is left over at the far ends is in no window.
    """
    items, height, width, channels = maps.shape
    tall, across = best.shape[1], best.shape[2]
    together = max(1, BLOCK // (high * width))  # rows of windows in a block
    scratch = np.empty((3, channels), np.float32)
    largest = np.empty(channels, np.float32)
    for item in range(items):
        means[item] = 0.0
        squares[item] = 0.0
        for first in range(0, tall, together):
            last = min(tall, first + together)
            rows = maps[item, first * high : last * high].reshape(-1, channels)
            _add_block(rows, first * high * width, means[item], squares[item], scratch)
            for i in range(first, last):
                for j in range(across):
                    _largest(maps[item], i * high, j * wide, high, wide, sign, largest, best[item, i, j])
        for row in range(tall * high, height):
            _add_block(maps[item, row], row * width, means[item], squares[item], scratch)


@compiled_loop
def _largest(maps, top, left, high, wide, sign, largest, best):
    """The largest number of a window, of each channel."""
    channels = len(sign)
    for c in range(channels):
        largest[c] = load(maps[top, left, c]) * sign[c]
    for row in range(top, top + high):
        for column in range(left, left + wide - 1, 2):
            for c in range(channels):
                one, two = load(maps[row, column, c]) * sign[c], load(maps[row, column + 1, c]) * sign[c]
                more = one if one > two else two
                largest[c] = more if more > largest[c] else largest[c]
        if wide % 2:
            for c in range(channels):
                one = load(maps[row, left + wide - 1, c]) * sign[c]
                largest[c] = one if one > largest[c] else largest[c]
    for c in range(channels):
        best[c] = rounded(largest[c] * sign[c], best[c])


@compiled_loop
def activate(maps, centre, scale, shift, out):
    """ReLU of (maps - centre) x scale + shift over (N, P, C); NaN stays NaN."""
    items, rows, channels = maps.shape
    for item in range(items):
        for row in range(rows):
            for c in range(channels):
                value = (load(maps[item, row, c]) - centre[c]) * scale[c] + shift[c]
                out[item, row, c] = rounded(ZERO if value < ZERO else value, out[item, row, c])


@compiled_loop
def add_activate(maps, others, centre, scale, shift, out):
    """The same with other maps added before ReLU."""
    items, rows, channels = maps.shape
    for item in range(items):
        for row in range(rows):
            for c in range(channels):
                value = (load(maps[item, row, c]) - centre[c]) * scale[c] + shift[c] + load(others[item, row, c])
                out[item, row, c] = rounded(ZERO if value < ZERO else value, out[item, row, c])


@compiled_loop
def _add_up(scratch, plain, weighted):
    """Add the sums of a block in float32 (2, C) to those of an item in float64."""
    for c in range(len(plain)):
        plain[c] += scratch[0, c]
        weighted[c] += scratch[1, c]


@compiled_loop
def _add_passed(rows, grads, centre, scale, shift, plain, weighted):
    """Add the gradients (P, C) of a block that pass `activate` to one sum (C,), and times (rows - centre) to another.

    Four rows at a time, for fewer visits to the sums.
    """
    count, channels = rows.shape
    even = count - count % 4
    for row in range(0, even, 4):
        for c in range(channels):
            off, second = load(rows[row, c]) - centre[c], load(rows[row + 1, c]) - centre[c]
            third, fourth = load(rows[row + 2, c]) - centre[c], load(rows[row + 3, c]) - centre[c]
            # All are loaded, whatever passes: loads that depend on it would be made one by one.
            grad, further = load(grads[row, c]), load(grads[row + 1, c])
            more, last = load(grads[row + 2, c]), load(grads[row + 3, c])
            grad = ZERO if off * scale[c] + shift[c] <= ZERO else grad
            further = ZERO if second * scale[c] + shift[c] <= ZERO else further
            more = ZERO if third * scale[c] + shift[c] <= ZERO else more
            last = ZERO if fourth * scale[c] + shift[c] <= ZERO else last
            plain[c] += (grad + further) + (more + last)
            weighted[c] += (grad * off + further * second) + (more * third + last * fourth)
    for row in range(even, count):
        for c in range(channels):
            off = load(rows[row, c]) - centre[c]
            grad = load(grads[row, c])
            grad = ZERO if off * scale[c] + shift[c] <= ZERO else grad
            plain[c] += grad
            weighted[c] += grad * off


@compiled_loop
def sums(maps, grads, centre, scale, shift, plain, weighted):
    """Sums over each item's rows of the gradients that pass `activate`, and of them times (maps - centre): (N, C)."""
    items, rows, channels = maps.shape
    scratch = np.empty((2, channels), np.float32)
    for item in range(items):
        plain[item] = 0.0
        weighted[item] = 0.0
        for low in range(0, rows, BLOCK):
            scratch[:] = ZERO
            high = min(rows, low + BLOCK)
            _add_passed(maps[item, low:high], grads[item, low:high], centre, scale, shift, scratch[0], scratch[1])
            _add_up(scratch, plain[item], weighted[item])


@compiled_loop
def add_sums(maps, active, grads, centre, passed, plain, weighted):
    """The same where others were added: by what `add_activate` made (`active`). What passes is written to `passed`."""
    items, rows, channels = maps.shape
    scratch = np.empty((2, channels), np.float32)
    for item in range(items):
        plain[item] = 0.0
        weighted[item] = 0.0
        for low in range(0, rows, BLOCK):
            scratch[:] = ZERO
            for row in range(low, min(rows, low + BLOCK)):
                for c in range(channels):
                    grad = load(grads[item, row, c])
                    grad = ZERO if load(active[item, row, c]) <= ZERO else grad
                    passed[item, row, c] = rounded(grad, passed[item, row, c])
                    scratch[0, c] += grad
                    scratch[1, c] += grad * (load(maps[item, row, c]) - centre[c])
            _add_up(scratch, plain[item], weighted[item])


@compiled_loop
def spread(maps, grads, centre, scale, shift, slope, level, out):
    """The gradient of the maps: what passes `activate` times scale, + (maps - centre) x slope + level."""
    items, rows, channels = maps.shape
    for item in range(items):
        for row in range(rows):
            for c in range(channels):
                off = load(maps[item, row, c]) - centre[c]
                grad = load(grads[item, row, c])
                grad = ZERO if off * scale[c] + shift[c] <= ZERO else grad
                out[item, row, c] = rounded(grad * scale[c] + (off * slope[c] + level[c]), out[item, row, c])


@compiled_loop
def add_spread(maps, passed, centre, scale, slope, level, out):
    """The same of gradients that have passed."""
    items, rows, channels = maps.shape
    for item in range(items):
        for row in range(rows):
            for c in range(channels):
                off = load(maps[item, row, c]) - centre[c]
                grad = load(passed[item, row, c])
                out[item, row, c] = rounded(grad * scale[c] + (off * slope[c] + level[c]), out[item, row, c])


@compiled_loop
def pooled_spread(maps, best, grads, high, wide, centre, scale, shift, slope, level, out):
    """The same of maps (N, H, W, C) whose windows were pooled: the gradient goes to the first of the largest."""
    items, height, width, channels = maps.shape
    tall, across = best.shape[1], best.shape[2]
    passed = np.empty(channels, np.float32)
    for item in range(items):
        for i in range(tall):
            for j in range(across):
                for c in range(channels):
                    off = load(best[item, i, j, c]) - centre[c]
                    grad = load(grads[item, i, j, c]) * scale[c]
                    passed[c] = ZERO if off * scale[c] + shift[c] <= ZERO else grad
                for row in range(i * high, (i + 1) * high):
                    for column in range(j * wide, (j + 1) * wide):
                        for c in range(channels):
                            value = load(maps[item, row, column, c])
                            grad = passed[c] if value == load(best[item, i, j, c]) else ZERO
                            passed[c] -= grad  # no other one gets it
                            value = (value - centre[c]) * slope[c] + level[c]
                            out[item, row, column, c] = rounded(grad + value, out[item, row, column, c])
        for row in range(height):
            for column in range(across * wide if row < tall * high else 0, width):
                for c in range(channels):
                    off = load(maps[item, row, column, c]) - centre[c]
                    out[item, row, column, c] = rounded(off * slope[c] + level[c], out[item, row, column, c])
