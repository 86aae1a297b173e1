"""Drawings of a number that every module of a network has, run by run."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from benchmarks.reporting.drawing.style import GRID, LINES, canvas, svg

#: So many panels stand side by side; more make further rows.
MOST_ABREAST = 3
#: Lines differ in these, too, so that they differ in print.
MARKERS = "os^Dv"


def draw_module_lines(panels: Mapping[str, Mapping[str, Sequence[float]]], quantity: str) -> bytes:
    """The number by module, first to last: a panel per network, in it a line per run, by their names."""
    from matplotlib.lines import Line2D

    names = list(dict.fromkeys(name for runs in panels.values() for name in runs))
    looks: dict[str, Any] = {
        name: {"color": LINES[place % len(LINES)], "marker": MARKERS[place % len(MARKERS)], "markersize": 5}
        for place, name in enumerate(names)
    }
    rows = -(-len(panels) // MOST_ABREAST)
    columns = -(-len(panels) // rows)
    highest = max(max(values) for runs in panels.values() for values in runs.values())
    with canvas(1.4 + 2.4 * columns, 0.7 + 2.3 * rows, columns, rows, sharey=True) as (figure, axes):
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        for ax, (title, runs) in zip(axes, panels.items(), strict=False):
            for name, values in runs.items():
                ax.plot(range(1, len(values) + 1), values, linewidth=1.2, **looks[name])
            ax.set_xticks(range(1, max(map(len, runs.values())) + 1))
            ax.set_title(fill(title, 30), fontsize=9)
            ax.set_xlabel("module")
            ax.grid(axis="y", color=GRID, linewidth=0.6)
        for ax in axes[::columns]:
            ax.set_ylabel(quantity)
        axes[0].set_ylim(0, 1.08 * highest if highest else 1.0)
        handles = [Line2D([], [], linewidth=1.2, label=name, **look) for name, look in looks.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)), fontsize=8)
        return svg(figure)
