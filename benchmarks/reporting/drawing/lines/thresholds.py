"""Drawings of error rate and F1 against the threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.compact import rounded
from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = "os^Dvp"


@dataclass(frozen=True, eq=False)
class Line:
    """Curves of a row over the threshold: its own threshold, error rate and F1 in percent, (seeds, thresholds)."""

    label: str
    threshold: float
    error_rate: np.ndarray
    f1: np.ndarray


def draw_thresholds(panels: Mapping[str, Sequence[Line]], thresholds: np.ndarray) -> bytes:
    """Error rate above, F1 below, a column per class: mean over seeds and their range against the threshold."""
    labels = list(dict.fromkeys(line.label for lines in panels.values() for line in lines))
    top = 1.1 * max(1.0, *(line.error_rate[:, _nearest(thresholds, at)].max()
                           for lines in panels.values() for line in lines for at in (line.threshold, 0.5)))  # fmt: skip
    size = (1.2 + 2.7 * len(panels), 5.2)
    with canvas(*size, len(panels), 2, sharex=True, sharey="row") as (figure, axes):
        for number, (title, lines) in enumerate(panels.items()):
            above, below = axes[number], axes[number + len(panels)]
            for line in lines:
                style = labels.index(line.label)
                _draw_line(above, thresholds, line.error_rate, line.threshold, style)
                _draw_line(below, thresholds, line.f1, line.threshold, style)
            above.set_title(title)
            below.set_xlabel("threshold")
        for ax in axes:
            ax.axvline(0.5, color=EDGE, linewidth=0.6, zorder=1)
            ax.grid(color=GRID, linewidth=0.6)
        axes[0].set(ylabel="error rate", ylim=(0, top), xlim=(0, 1), xticks=np.arange(5) / 4)
        axes[len(panels)].set(ylabel="F1 (%)", ylim=(0, 100))
        figure.legend(handles=_line_legend(labels), loc="outside lower center", ncols=len(labels), fontsize=8)
        return rounded(svg(figure))


def _draw_line(ax: "Axes", thresholds: np.ndarray, values: np.ndarray, at: float, style: int) -> None:
    """Mean and range of (seeds, thresholds), with a mark at one threshold."""
    colour, marker, means = LINES[style % len(LINES)], MARKERS[style % len(MARKERS)], values.mean(axis=0)
    if len(values) > 1:
        every = slice(None, None, 2)  # a band twice as coarse as the line: half the file
        low, high = values.min(axis=0)[every], values.max(axis=0)[every]
        ax.fill_between(thresholds[every], low, high, color=colour, alpha=0.15, linewidth=0)
    ax.plot(thresholds, means, color=colour, linewidth=1.4)
    ax.plot([at], [means[_nearest(thresholds, at)]], marker, color=colour, markersize=6, markeredgecolor="white",
            markeredgewidth=0.6, zorder=4)  # fmt: skip


def _nearest(thresholds: np.ndarray, at: float) -> int:
    return int(np.abs(thresholds - at).argmin())


def _line_legend(labels: Sequence[str]) -> list:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=LINES[style % len(LINES)], marker=MARKERS[style % len(MARKERS)], linewidth=1.4,
               markersize=6, markeredgecolor="white", markeredgewidth=0.6, label=label)
        for style, label in enumerate(labels)
    ]  # fmt: skip
