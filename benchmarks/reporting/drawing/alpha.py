"""Drawings of what depends on how slowly a decay falls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What the curves of a decay are counted down to, in percent.
PERCENT = 2.0
REACH_STYLES = ("-", ":")


@dataclass(frozen=True, eq=False)
class Sweep:
    """A column by alpha: the value of each seed, the published value, and the value without conditioning."""

    label: str
    values: dict[float, list[float]]
    published: dict[float, float]
    plain: float | None


@dataclass(frozen=True, eq=False)
class Range:
    """Frames looked at before and behind a frame, on average, by alpha, under one kind of conditioning."""

    kind: str
    past: dict[float, float]
    future: dict[float, float]


def draw_sweeps(
    above: Mapping[str, Sequence[Sweep]], below: Mapping[str, Sequence[Range]],
    reach: Mapping[str, Sequence[tuple[float, float]]], unit: str, paper: str, plain: str,
) -> bytes:  # fmt: skip
    """Values of columns by alpha, a panel per dataset, and below them the ranges, where any were measured.

    An empty `paper` leaves the published values out of the legend, an empty `plain` the value without conditioning.
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
                _draw_ranges(axes[number + len(above)], below[title], reach)
        alphas = sorted({alpha for sweeps in above.values() for sweep in sweeps for alpha in sweep.values})
        for ax in axes:
            ax.set_xscale("log")
            ax.set_xticks(alphas, [f"{alpha:g}" for alpha in alphas], fontsize=8)
            ax.minorticks_off()
            ax.grid(color=GRID, linewidth=0.6)
        for ax in axes[-len(above) :]:
            ax.set_xlabel("α (frames)")
        axes[0].set_ylabel(f"area under the curve ({unit})")
        if rows == 2:
            axes[len(above)].set_ylabel("frames per side")
            axes[len(above)].set_yscale("symlog", linthresh=1, linscale=0.4)
            axes[len(above)].set_ylim(0, None)
            axes[len(above)].yaxis.set_major_formatter("{x:g}")
        figure.legend(handles=_legend(above, paper, plain), loc="outside lower center", ncols=4, fontsize=8)
        return svg(figure)


def draw_decays(supports: Mapping[float, int], frames: int) -> bytes:
    """exp(-d / alpha) in percent over `frames` frames, a curve per alpha with its support in the legend."""
    with canvas(7.4, 3.6) as (figure, axes):
        ax, distances = axes[0], np.linspace(0, frames, 4 * frames + 1)
        for colour, (alpha, support) in zip(LINES * len(supports), supports.items(), strict=False):
            ax.plot(distances, 100 * np.exp(-distances / alpha), color=colour, linewidth=1.4,
                    label=f"α = {alpha:g}: {support} frames")  # fmt: skip
        ax.axhline(PERCENT, color=EDGE, linewidth=1.0, linestyle="--", label=f"{PERCENT:g} %")
        ax.set(xlabel="distance (frames)", ylabel="weight of a frame (%)", xlim=(0, frames), ylim=(0, 100))
        ax.grid(color=GRID, linewidth=0.6)
        figure.legend(loc="outside right upper", fontsize=8)
        return svg(figure)


def _draw_sweep(ax: "Axes", sweep: Sweep, colour: str) -> None:
    alphas, values = list(sweep.values), list(sweep.values.values())
    if max(map(len, values)) > 1:
        ax.fill_between(alphas, list(map(min, values)), list(map(max, values)), color=colour, alpha=0.15, linewidth=0)
    ax.plot(alphas, list(map(np.mean, values)), "o-", color=colour, markersize=4, linewidth=1.4, label=sweep.label)
    if sweep.plain is not None:
        ax.axhline(sweep.plain, color=colour, linewidth=1.1, linestyle="--")
    if sweep.published:
        ax.plot(list(sweep.published), list(sweep.published.values()), "x:", color=colour, markersize=4, linewidth=0.9)


def _draw_ranges(ax: "Axes", ranges: Sequence[Range], reach: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    """The measured ranges in colours, what the decay reaches in grey."""
    for style, (label, points) in zip(REACH_STYLES, reach.items(), strict=False):
        ax.plot(*zip(*points, strict=True), color=EDGE, linewidth=1.1, linestyle=style, label=label)
    for colour, one in zip(LINES * len(ranges), ranges, strict=False):
        name = f"measured, {one.kind}" if one.kind else "measured"
        ax.plot(list(one.past), list(one.past.values()), "<-", color=colour, markersize=4, linewidth=1.2,
                label=f"{name}: past")  # fmt: skip
        ax.plot(list(one.future), list(one.future.values()), ">--", color=colour, markersize=4, linewidth=1.2,
                label=f"{name}: future")  # fmt: skip
    ax.legend(fontsize=7, loc="upper left")


def _legend(above: Mapping[str, Sequence[Sweep]], paper: str, plain: str) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    seeds = any(len(values) > 1 for sweeps in above.values() for one in sweeps for values in one.values.values())
    found: list = [Line2D([], [], color=EDGE, marker="o", markersize=4, label="mean" if seeds else "value")]
    found += [Patch(color=EDGE, alpha=0.15, label="range over seeds")] if seeds else []
    found += [Line2D([], [], color=EDGE, linestyle="--", label=plain)] if plain else []
    found += [Line2D([], [], color=EDGE, linestyle=":", marker="x", markersize=4, label=paper)] if paper else []
    return found
