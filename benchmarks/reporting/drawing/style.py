"""How figures look: one palette, SVG without dates, the same bytes for the same numbers."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

#: Part of the key of kept figures: changes whenever a drawing does.
VERSION = 2
OURS, FOLDS, PAPER, GRID, EDGE = "#1f5f8b", "#7fb0cc", "#d9730d", "#d8dde1", "#5b6770"
LINES = ("#1f5f8b", "#d9730d", "#3a8f5c", "#9b5094", "#b8a01e", "#5b6770", "#4fa8c9", "#c2505a", "#8a6d4b", "#223a5e")
#: So many panels stand side by side; more make further rows.
MOST_ABREAST = 3
STYLE: Any = {
    "svg.hashsalt": "resound", "svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": EDGE, "axes.titlesize": 10,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.grid": False, "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.1, "figure.constrained_layout.w_pad": 0.1, "savefig.facecolor": "white",
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """One row of a chart of values."""

    label: str
    mean: float
    folds: tuple[float, ...]
    published: float | None


@contextmanager
def canvas(
    width: float, height: float, columns: int = 1, rows: int = 1, **grid: Any
) -> "Iterator[tuple[Canvas, list[Axes]]]":
    """A figure of inches with rows of so many axes, in our style; nothing global is left changed.

    `grid` goes to matplotlib's Figure.subplots. The axes come row by row.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    with rc_context(STYLE):
        figure = Canvas(figsize=(width, height))
        yield figure, list(np.atleast_1d(figure.subplots(rows, columns, **grid)).ravel())


def svg(figure: "Canvas") -> bytes:
    """The figure as SVG, always the same bytes for the same content."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", dpi=144, metadata={"Date": None})
    return buffer.getvalue()


def draw_bars(panels: Mapping[str, Sequence[Mark]], unit: str, paper: str, each: str = "each fold") -> bytes:
    """Bars of a few rows, a panel per column: mean, the values called `each`, the published value (called `paper`).

    An empty `paper` leaves published values out of the legend.
    """
    (columns, rows), labels = _shape(panels), len(_labels(panels))
    with canvas(2.4 + 3.4 * columns, 0.8 + rows * (0.5 + 0.5 * labels), columns, rows) as (figure, axes):
        for ax, marks in _panels(axes, panels, unit):
            heights = [_labels(panels).index(mark.label) for mark in marks]
            ax.barh(heights, [mark.mean for mark in marks], height=0.62, color=OURS, alpha=0.85)
            _points(ax, marks, heights, "white")
            ax.set_xlim(0, 100 if unit == "%" else None)
        _legend(figure, "white", paper, each)
        return svg(figure)


def draw_dots(panels: Mapping[str, Sequence[Mark]], unit: str, paper: str, each: str = "each fold") -> bytes:
    """The same for many rows: dots, and an axis that ends where the values do."""
    (columns, rows), labels = _shape(panels), len(_labels(panels))
    with canvas(2.4 + 3.4 * columns, 0.7 + rows * (0.5 + 0.34 * labels), columns, rows) as (figure, axes):
        for ax, marks in _panels(axes, panels, unit):
            heights = [_labels(panels).index(mark.label) for mark in marks]
            for y, mark in zip(heights, marks, strict=True):
                ax.plot([min(mark.folds), max(mark.folds)], [y, y], color=FOLDS, linewidth=1.2, zorder=1)
            _points(ax, marks, heights, FOLDS)
            ax.plot([mark.mean for mark in marks], heights, "o", color=OURS, markersize=7, zorder=3)
            ax.grid(axis="x", color=GRID, linewidth=0.6)
        _legend(figure, FOLDS, paper, each)
        return svg(figure)


def draw_curves(
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


def draw_confusion(counts: np.ndarray, classes: Sequence[str], groups: Mapping[str, int], title: str) -> bytes:
    """Clip decisions (classes, classes), true classes in rows; `groups` are names and sizes of runs of classes."""
    n = len(classes)
    size, font = (6.2, 8.0) if n <= 15 else (12.5, 6.5)
    with canvas(size * 1.12, size) as (figure, axes):
        ax = axes[0]
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        image = ax.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, rasterized=True)
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = "white" if shares[row, column] > 0.55 else "#223a5e"
            ax.text(column + 0.5, row + 0.5, str(counts[row, column]), ha="center", va="center",
                    fontsize=font * 0.9, color=colour)  # fmt: skip
        names = [name.replace("_", " ") for name in classes]
        ax.set_xticks(np.arange(n) + 0.5, names, rotation=90, fontsize=font)
        ax.set_yticks(np.arange(n) + 0.5, names, fontsize=font)
        ax.tick_params(length=0)
        ax.set_aspect("equal")
        ax.set_xlim(0, n)
        ax.set_ylim(n, 0)
        ax.set_xlabel("decided")
        ax.set_ylabel("true")
        ax.set_title(title, pad=22 if groups else 8)
        _draw_groups(ax, groups)
        figure.colorbar(image, ax=ax, shrink=0.5, label="share of the true class")
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


def _draw_groups(ax: "Axes", groups: Mapping[str, int]) -> None:
    from matplotlib.patches import Rectangle

    start = 0
    for name, length in groups.items():
        ax.add_patch(
            Rectangle((start, start), length, length, fill=False, edgecolor=PAPER, linewidth=1.2, clip_on=False)
        )
        ax.text(start + length / 2, -0.35, name, ha="center", va="bottom", fontsize=8, color=PAPER)
        start += length


def _labels(panels: Mapping[str, Sequence[Mark]]) -> list[str]:
    """The rows of any panel, in the order of the fullest one; panels share their rows."""
    longest = max(panels.values(), key=len)
    return list(dict.fromkeys(mark.label for marks in (longest, *panels.values()) for mark in marks))


def _shape(panels: Mapping[str, Sequence[Mark]]) -> tuple[int, int]:
    """Columns and rows of panels, the rows as even as can be."""
    rows = -(-len(panels) // MOST_ABREAST)
    return -(-len(panels) // rows), rows


def _panels(
    axes: "list[Axes]", panels: Mapping[str, Sequence[Mark]], unit: str
) -> "Iterator[tuple[Axes, Sequence[Mark]]]":
    """Each panel with its axes, which have the rows and a title; only those on the left name the rows."""
    labels, (columns, _) = _labels(panels), _shape(panels)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    for number, (ax, (title, marks)) in enumerate(zip(axes, panels.items(), strict=False)):
        ax.set_yticks(range(len(labels)), labels if number % columns == 0 else [])
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(len(labels) - 0.4, -0.6)
        ax.set_title(f"{title} ({unit})")
        yield ax, marks


def _points(ax: "Axes", marks: Sequence[Mark], heights: Sequence[int], fold_colour: str) -> None:
    for y, mark in zip(heights, marks, strict=True):
        ax.plot(mark.folds, [y] * len(mark.folds), "o", color=fold_colour, markeredgecolor=OURS, markeredgewidth=0.5,
                markersize=4, zorder=2)  # fmt: skip
        if mark.published is not None:
            ax.plot([mark.published], [y], "|", color=PAPER, markersize=15, markeredgewidth=2.4, zorder=4)


def _legend(figure: "Canvas", fold_colour: str, paper: str, each: str) -> None:
    from matplotlib.lines import Line2D

    def mark(label: str, marker: str, size: float, colour: str, edge: str) -> Line2D:
        return Line2D([], [], linestyle="", marker=marker, markersize=size, color=colour, label=label,
                      markeredgecolor=edge, markeredgewidth=2.4 if marker == "|" else 0.5)  # fmt: skip

    marks = [
        mark("reproduced: mean", "s" if fold_colour == "white" else "o", 7, OURS, OURS),
        mark(each, "o", 4, fold_colour, OURS),
        *([mark(paper, "|", 13, PAPER, PAPER)] if paper else []),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3, fontsize=8)
