"""Drawings of matrices: decisions by class, quantities over the steps of clips."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.style import PAPER, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Of matrices beside each other, shares below this one stand without their number.
LEAST = 0.05


def draw_confusion(counts: np.ndarray, classes: Sequence[str], groups: Mapping[str, int], title: str) -> bytes:
    """Clip decisions (classes, classes), true classes in rows; `groups` are names and sizes of runs of classes."""
    n = len(classes)
    size, font = (6.2, 8.0) if n <= 15 else (12.5, 6.5)
    with canvas(size * 1.12, size) as (figure, axes):
        ax = axes[0]
        shares = _shares(counts)
        image = ax.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, rasterized=True)
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if shares[row, column] > 0.55 else "#223a5e"
            ax.text(column + 0.5, row + 0.5, str(counts[row, column]), ha="center", va="center",
                    fontsize=font * 0.9, color=colour)  # fmt: skip
        _name_classes(ax, classes, font)
        ax.set_xlabel("decided")
        ax.set_ylabel("true")
        ax.set_title(title, pad=22 if groups else 8)
        _draw_groups(ax, groups)
        figure.colorbar(image, ax=ax, shrink=0.5, label="share of the true class")
        return svg(figure)


def draw_shares(counts: Mapping[str, np.ndarray], classes: Sequence[str]) -> bytes:
    """Clip decisions (classes, classes) by name, true classes in rows: matrices of shares in [0, 1], two abreast."""
    n, across = len(classes), min(2, len(counts))
    down = -(-len(counts) // across)
    size = (2.4 + 0.25 * n * across, 1.5 + (0.25 + 0.25 * n) * down)
    with canvas(*size, across, down, sharex=True, sharey=True) as (figure, axes):
        for ax in axes[len(counts) :]:
            ax.set_axis_off()
        for ax, (title, of_name) in zip(axes, counts.items(), strict=False):
            shares = _shares(of_name)
            image = ax.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, rasterized=True)
            for row, column in zip(*np.nonzero(shares >= LEAST), strict=True):
                colour = "white" if shares[row, column] > 0.55 else "#223a5e"
                ax.text(column + 0.5, row + 0.5, f"{shares[row, column]:.2f}", ha="center", va="center", fontsize=6.5,
                        color=colour)  # fmt: skip
            _name_classes(ax, classes, 8.0)
            ax.set_title(title)
        figure.supxlabel("decided", fontsize=9)
        figure.supylabel("true", fontsize=9)
        figure.colorbar(image, ax=axes, shrink=0.4, aspect=30, label="share of the true class")
        return svg(figure)


def draw_steps(values: np.ndarray, labels: Sequence[str], title: str, quantity: str) -> bytes:
    """A quantity over the steps of some clips, (clips, steps): a row per clip."""
    with canvas(7.4, 1.3 + 0.22 * len(labels)) as (figure, axes):
        ax = axes[0]
        image = ax.pcolormesh(values, cmap="Blues", rasterized=True)
        ax.set_yticks(np.arange(len(labels)) + 0.5, labels, fontsize=8)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(labels), 0)
        ax.set_xlabel("step")
        ax.set_title(title)
        figure.colorbar(image, ax=ax, label=quantity)
        return svg(figure)


def _shares(counts: np.ndarray) -> np.ndarray:
    """Of the clips of each true class; 0 where it has none."""
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _name_classes(ax: "Axes", classes: Sequence[str], font: float) -> None:
    """Squares with the true classes from above, the decided ones from the left."""
    n, names = len(classes), [name.replace("_", " ") for name in classes]
    ax.set_xticks(np.arange(n) + 0.5, names, rotation=90, fontsize=font)
    ax.set_yticks(np.arange(n) + 0.5, names, fontsize=font)
    ax.tick_params(length=0)
    ax.set_aspect("equal")
    ax.set_xlim(0, n)
    ax.set_ylim(n, 0)


def _draw_groups(ax: "Axes", groups: Mapping[str, int]) -> None:
    from matplotlib.patches import Rectangle

    start = 0
    for name, length in groups.items():
        ax.add_patch(
            Rectangle((start, start), length, length, fill=False, edgecolor=PAPER, linewidth=1.2, clip_on=False)
        )
        ax.text(start + length / 2, -0.35, name, ha="center", va="bottom", fontsize=8, color=PAPER)
        start += length
