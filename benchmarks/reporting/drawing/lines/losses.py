"""Drawings of losses by epoch."""

from collections.abc import Mapping
from textwrap import fill

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, canvas, svg


def draw_losses(
    curves: Mapping[str, np.ndarray], title: str, validation: Mapping[str, np.ndarray] | None = None
) -> bytes:
    """Training loss by epoch: for each setting (runs, epochs), the mean and the range over runs.

    The mean of the validation loss is dashed, for the settings that have one.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    with canvas(7.4, 3.8) as (figure, axes):
        ax = axes[0]
        for colour, (label, losses) in zip(LINES * len(curves), curves.items(), strict=False):
            epochs = np.arange(1, losses.shape[1] + 1)
            ax.fill_between(epochs, losses.min(axis=0), losses.max(axis=0), color=colour, alpha=0.15, linewidth=0)
            ax.plot(epochs, losses.mean(axis=0), color=colour, linewidth=1.4, label=label)
            if validation and label in validation:
                means = validation[label].mean(axis=0)
                ax.plot(np.arange(1, len(means) + 1), means, color=colour, linewidth=1.2, linestyle="--")
        if validation:
            ax.plot([], [], color=EDGE, linewidth=1.2, linestyle="--", label="validation")
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss" if validation else "training loss")
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.set_title(fill(title, 52))
        ax.grid(color=GRID, linewidth=0.6)
        figure.legend(loc="outside right upper", fontsize=8)
        return svg(figure)
