"""Drawings of how sound events were found: error rates, curves over the threshold."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, FOLDS, GRID, LINES, OURS, PAPER, Mark, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDES = (FOLDS, OURS)
MARKERS = "os^Dvp"


@dataclass(frozen=True, eq=False)
class Line:
    """Curves of a row over the threshold: its own threshold, error rate and F1 in percent, (seeds, thresholds)."""

    label: str
    threshold: float
    error_rate: np.ndarray
    f1: np.ndarray


def draw_error_rates(panels: Mapping[str, Mapping[str, Sequence[Mark]]], paper: str) -> bytes:
    """Error rates, a panel per class: for each row a bar per side, with a dot per seed and the published value."""
    labels = list(dict.fromkeys(mark.label for sides in panels.values() for marks in sides.values() for mark in marks))
    names = list(dict.fromkeys(side for sides in panels.values() for side in sides))
    height = 0.8 / len(names)
    size = (1.6 + 2.3 * len(panels), 1.1 + 0.55 * len(labels))
    with canvas(*size, len(panels), sharex=True, sharey=True) as (figure, axes):
        for ax, (title, sides) in zip(axes, panels.items(), strict=True):
            for side, marks in sides.items():
                place = names.index(side)
                colour = SIDES[place - len(names)]
                at = [labels.index(mark.label) - 0.4 + height * (place + 0.5) for mark in marks]
                ax.barh(at, [mark.mean for mark in marks], height=0.92 * height, color=colour)
                for y, mark in zip(at, marks, strict=True):
                    _seeds_and_published(ax, y, mark)
            ax.set_title(title)
            ax.grid(axis="x", color=GRID, linewidth=0.6)
            ax.set_axisbelow(True)
            ax.tick_params(axis="y", length=0)
            ax.set_xlabel("error rate")
        axes[0].set_yticks(range(len(labels)), labels)
        axes[0].set(xlim=(0, None), ylim=(len(labels) - 0.45, -0.55))
        figure.legend(handles=_bar_legend(names, paper), loc="outside lower center", ncols=len(names) + 2, fontsize=8)
        return svg(figure)


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


def _seeds_and_published(ax: "Axes", y: float, mark: Mark) -> None:
    if len(mark.folds) > 1:
        ax.plot(mark.folds, [y] * len(mark.folds), "o", color="white", markeredgecolor=OURS, markeredgewidth=0.5,
                markersize=3, zorder=2)  # fmt: skip
    if mark.published is not None:
        ax.plot([mark.published], [y], "|", color=PAPER, markersize=9, markeredgewidth=2.2, zorder=4)


def _bar_legend(names: Sequence[str], paper: str) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    bars = [
        Patch(color=SIDES[place - len(names)], label=f"{name}, mean".lstrip(", ")) for place, name in enumerate(names)
    ]
    seed = Line2D([], [], linestyle="", marker="o", markersize=3, color="white", markeredgecolor=OURS,
                  markeredgewidth=0.5, label="each seed")  # fmt: skip
    tick = Line2D([], [], linestyle="", marker="|", markersize=9, color=PAPER, markeredgewidth=2.2, label=paper)
    return [*bars, seed, *([tick] if paper else [])]


def rounded(drawing: bytes) -> bytes:
    """The drawing with all paths cut to tenths of a point, which nobody sees."""

    def cut(path: re.Match[bytes]) -> bytes:
        return re.sub(rb"(\.\d)\d+", rb"\1", path[0]).replace(b" \n", b"\n")

    return re.sub(rb'\bd="[^"]*"', cut, drawing)


def _line_legend(labels: Sequence[str]) -> list:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=LINES[style % len(LINES)], marker=MARKERS[style % len(MARKERS)], linewidth=1.4,
               markersize=6, markeredgecolor="white", markeredgewidth=0.6, label=label)
        for style, label in enumerate(labels)
    ]  # fmt: skip
