"""Drawings of values beside published ones: bars of a few rows, dots of many."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.reporting.drawing.style import FOLDS, GRID, OURS, PAPER, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

#: So many panels stand side by side; more make further rows.
MOST_ABREAST = 3


@dataclass(frozen=True)
class Mark:
    """One row of a chart of values."""

    label: str
    mean: float
    folds: tuple[float, ...]
    published: float | None


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
        mark("ours: mean", "s" if fold_colour == "white" else "o", 7, OURS, OURS),
        mark(each, "o", 4, fold_colour, OURS),
        *([mark(paper, "|", 13, PAPER, PAPER)] if paper else []),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3, fontsize=8)
