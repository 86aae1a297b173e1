"""Drawings of values of which several stand in each row, such as error rates on two sides."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.reporting.drawing.bars.values import Mark
from benchmarks.reporting.drawing.style import FOLDS, GRID, OURS, PAPER, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDES = (FOLDS, OURS)


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
