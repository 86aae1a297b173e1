"""Drawings of losses by epoch."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, OURS, PAPER, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_losses(
    curves: Mapping[str, np.ndarray], title: str, validation: Mapping[str, np.ndarray] | None = None
) -> bytes:
    """Training loss by epoch: for each setting (runs, epochs), the mean and the range over runs.

    The mean of the validation loss is dashed, for the settings that have one.
    """
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
        _scale(ax)
        ax.set_title(fill(title, 52))
        ax.grid(color=GRID, linewidth=0.6)
        figure.legend(loc="outside right upper", fontsize=8)
        return svg(figure)


def draw_losses_by_fold(rows: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> bytes:
    """Loss by epoch: a row of panels for each network, in it a panel for each fold, by their names.

    A panel has "loss", that of the training, and where there was one "val_loss", that of the validation.
    """
    from matplotlib.ticker import MaxNLocator

    folds = list(dict.fromkeys(fold for row in rows.values() for fold in row))
    size = (1.1 + (1.35 if len(folds) > 3 else 2.1) * len(folds), 0.8 + 1.75 * len(rows))
    with canvas(*size, len(folds), len(rows), sharex="row", sharey="row", squeeze=False) as (figure, axes):
        for number, (label, row) in enumerate(rows.items()):
            of_row = axes[number * len(folds) : (number + 1) * len(folds)]
            for ax, fold in zip(of_row, folds, strict=True):
                for kind, colour, style in (("loss", OURS, "-"), ("val_loss", PAPER, "--")):
                    losses = row.get(fold, {}).get(kind, ())
                    ax.plot(range(1, len(losses) + 1), losses, style, color=colour, linewidth=1.3)
                ax.grid(color=GRID, linewidth=0.6)
                ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
                ax.set_title(fold if number == 0 else "", fontsize=9)
                ax.set_xlabel("epoch" if number == len(rows) - 1 else "")
            _scale(of_row[0])
            of_row[0].set_ylabel(f"{fill(label, 26)}\nloss", fontsize=8)
        figure.legend(axes[0].get_lines(), ["training", "validation"], loc="outside lower center", ncols=2, fontsize=8)
        return svg(figure)


def _scale(ax: "Axes") -> None:
    """Losses by their ratios, with plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
