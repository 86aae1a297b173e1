"""Drawings of weights over what surrounds a moment, above what is heard there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.maps.stacked import LETTERS
from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Lines differ in these, too, so that they differ in print.
STYLES = ("-", "--", "-.")
#: The shades of 0 and of 1 in strips of labels, and of what is no number.
SHADES, NOTHING = ("white", "#12263c"), "#f3e2d0"


@dataclass(frozen=True, eq=False)
class Surrounded:
    """A second in its context, with its title.

    weights: (frames,) by network, which sum to one; labels: (seconds,) in [0, 1] by class, NaN outside a recording.
    """

    title: str
    weights: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]


def draw_contexts(shown: Sequence[Surrounded], hop: float) -> bytes:
    """Of each second the weights by time from its beginning, and below these a strip of labels.

    hop: seconds per frame.
    """
    strips = [0.17 * len(one.labels) for one in shown]
    heights = [height for strip in strips for height in (1.25, strip)]
    size = (7.4, 0.9 + sum(heights) + 0.5 * len(shown))
    with canvas(*size, 1, 2 * len(shown), sharex=True, height_ratios=heights) as (figure, axes):
        for number, one in enumerate(shown):
            above, below = axes[2 * number : 2 * number + 2]
            _draw_weights(above, one.weights, hop)
            above.set_title(f"({LETTERS[number]}) {one.title}")
            _draw_labels(below, one.labels)
        axes[-1].set_xlabel("time from the beginning of the second (s)")
        figure.align_ylabels(axes[::2])
        lines = axes[0].get_lines()
        names = [fill(str(line.get_label()), 60) for line in lines]
        figure.legend(lines, names, loc="outside lower center", ncols=len(lines), fontsize=8)
        return svg(figure)


def _draw_weights(ax: "Axes", weights: Mapping[str, np.ndarray], hop: float) -> None:
    for colour, style, (name, values) in zip(LINES, STYLES * len(weights), weights.items(), strict=False):
        before = (len(values) * hop - 1) / 2
        ax.plot(hop * (np.arange(len(values)) + 0.5) - before, values, style, color=colour, linewidth=1.2, label=name)
    frames = len(next(iter(weights.values())))
    ax.axhline(1 / frames, color=EDGE, linewidth=0.9, linestyle=":", label="all alike")
    ax.axvspan(0, 1, color=GRID, linewidth=0)
    ax.set(ylabel="weight", ylim=(0, None))
    ax.grid(axis="x", color=GRID, linewidth=0.6)


def _draw_labels(ax: "Axes", labels: Mapping[str, np.ndarray]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    values = np.array(list(labels.values()))
    seconds, shades = values.shape[1], LinearSegmentedColormap.from_list("heard", SHADES).with_extremes(bad=NOTHING)
    first = -(seconds - 1) // 2
    ax.pcolormesh(
        np.arange(seconds + 1) + first, np.arange(len(values) + 1), values, cmap=shades, vmin=0, vmax=1,
        rasterized=True,
    )  # fmt: skip
    ax.set_yticks(np.arange(len(labels)) + 0.5, list(labels), fontsize=7)
    ax.tick_params(axis="y", length=0)
    ax.set(ylim=(len(values), 0), xlim=(first, first + seconds))
