"""Drawings of values against a parameter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How lines of facts beside the measured ones are drawn.
STYLES = ("-", ":")


@dataclass(frozen=True, eq=False)
class SweepLine:
    """A column by the parameter: the value of each seed, the published value, and the value without the transform."""

    label: str
    values: dict[float, list[float]]
    published: dict[float, float]
    plain: float | None


@dataclass(frozen=True, eq=False)
class Range:
    """Frames looked at before and behind a frame, on average, by the parameter, under one kind of the transform."""

    kind: str
    past: dict[float, float]
    future: dict[float, float]


@dataclass(frozen=True)
class Axis:
    """What stands at the axes: the parameter, the values above, the ranges below."""

    parameter: str
    values: str
    ranges: str


def draw_sweeps(
    above: Mapping[str, Sequence[SweepLine]], below: Mapping[str, Sequence[Range]],
    beside: Mapping[str, Sequence[tuple[float, float]]], axis: Axis, paper: str, plain: str,
) -> bytes:  # fmt: skip
    """Values of columns by a parameter, a panel per dataset, and below them the ranges, where any were measured.

    beside: what else is known of the parameter, drawn beside the ranges. An empty `paper` leaves the published values
    out of the legend, an empty `plain` the value without the transform.
    """
    rows = 2 if any(below.values()) else 1
    size = (1.2 + 3.7 * len(above), 0.8 + 2.9 * rows)
    with canvas(*size, len(above), rows, sharex=True, sharey="row") as (figure, axes):
        for number, (title, sweeps) in enumerate(above.items()):
            for colour, sweep in zip(LINES * len(sweeps), sweeps, strict=False):
                _draw_sweep(axes[number], sweep, colour)
            axes[number].set_title(title, fontsize=9)
            axes[number].legend(fontsize=8, loc="best")
            if rows == 2:
                _draw_ranges(axes[number + len(above)], below[title], beside)
        places = sorted({place for sweeps in above.values() for sweep in sweeps for place in sweep.values})
        for ax in axes:
            ax.set_xscale("log")
            ax.set_xticks(places, [f"{place:g}" for place in places], fontsize=8)
            ax.minorticks_off()
            ax.grid(color=GRID, linewidth=0.6)
        for ax in axes[-len(above) :]:
            ax.set_xlabel(axis.parameter)
        axes[0].set_ylabel(axis.values)
        if rows == 2:
            axes[len(above)].set_ylabel(axis.ranges)
            axes[len(above)].set_yscale("symlog", linthresh=1, linscale=0.4)
            axes[len(above)].set_ylim(0, None)
            axes[len(above)].yaxis.set_major_formatter("{x:g}")
        figure.legend(handles=_legend(above, paper, plain), loc="outside lower center", ncols=4, fontsize=8)
        return svg(figure)


def _draw_sweep(ax: "Axes", sweep: SweepLine, colour: str) -> None:
    places, values = list(sweep.values), list(sweep.values.values())
    if max(map(len, values)) > 1:
        ax.fill_between(places, list(map(min, values)), list(map(max, values)), color=colour, alpha=0.15, linewidth=0)
    ax.plot(places, list(map(np.mean, values)), "o-", color=colour, markersize=4, linewidth=1.4, label=sweep.label)
    if sweep.plain is not None:
        ax.axhline(sweep.plain, color=colour, linewidth=1.1, linestyle="--")
    if sweep.published:
        ax.plot(list(sweep.published), list(sweep.published.values()), "x:", color=colour, markersize=4, linewidth=0.9)


def _draw_ranges(ax: "Axes", ranges: Sequence[Range], beside: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """The measured ranges in colours, what is known besides in grey."""
    for style, (label, points) in zip(STYLES, beside.items(), strict=False):
        ax.plot(*zip(*points, strict=True), color=EDGE, linewidth=1.1, linestyle=style, label=label)
    for colour, one in zip(LINES * len(ranges), ranges, strict=False):
        name = f"measured, {one.kind}" if one.kind else "measured"
        ax.plot(list(one.past), list(one.past.values()), "<-", color=colour, markersize=4, linewidth=1.2,
                label=f"{name}: past")  # fmt: skip
        ax.plot(list(one.future), list(one.future.values()), ">--", color=colour, markersize=4, linewidth=1.2,
                label=f"{name}: future")  # fmt: skip
    ax.legend(fontsize=7, loc="upper left")


def _legend(above: Mapping[str, Sequence[SweepLine]], paper: str, plain: str) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    seeds = any(len(values) > 1 for sweeps in above.values() for one in sweeps for values in one.values.values())
    found: list = [Line2D([], [], color=EDGE, marker="o", markersize=4, label="mean" if seeds else "value")]
    found += [Patch(color=EDGE, alpha=0.15, label="range over seeds")] if seeds else []
    found += [Line2D([], [], color=EDGE, linestyle="--", label=plain)] if plain else []
    found += [Line2D([], [], color=EDGE, linestyle=":", marker="x", markersize=4, label=paper)] if paper else []
    return found
