"""Drawings of values by class: a group of bars for each class, in it a bar for each of what is compared."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, FOLDS, GRID, OURS, canvas, svg

#: From the first bar of a group to its last: they differ in lightness, so that they differ in print, too.
SHADES = ("#ccd5db", FOLDS, OURS, "#12263c")
SEED: Any = {"linestyle": "", "marker": "o", "color": "white", "markeredgecolor": EDGE, "markeredgewidth": 0.5,
             "markersize": 2.6, "clip_on": False, "zorder": 3}  # fmt: skip


#: Inches of a bar, and of one with a text at its end.
BAR, BAR_WITH_TEXT = 0.1, 0.145


def draw_class_bars(
    values: Mapping[str, np.ndarray],
    classes: Sequence[str],
    axis: str,
    texts: Mapping[str, Sequence[str]] | None = None,
    most: float = 100.0,
) -> bytes:
    """Values by name (seeds, classes): a bar for the mean over seeds, and a dot for each where they are several.

    axis: what the values are. texts: by name, what stands at the end of each class's bar. most: where the axis ends.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.lines import Line2D

    shade = LinearSegmentedColormap.from_list("shades", SHADES)
    colours = shade(np.linspace(1, 0, len(values))[::-1])
    places, height = np.arange(len(classes)), 0.84 / len(values)
    inches = BAR_WITH_TEXT if texts else BAR
    with canvas(7.4, 0.9 + inches * len(classes) * (len(values) + 0.6)) as (figure, axes):
        ax = axes[0]
        for number, (name, of_name) in enumerate(values.items()):
            at = places - 0.42 + height * (number + 0.5)
            ax.barh(at, of_name.mean(axis=0), height=0.92 * height, color=colours[number], label=name)
            for of_seed in of_name if len(of_name) > 1 else ():
                ax.plot(of_seed, at, **SEED)
            for y, end, text in zip(at, of_name.max(axis=0), texts[name] if texts else (), strict=bool(texts)):
                ax.text(end + 0.01 * most, y, text, fontsize=7, va="center_baseline")
        seeds = [Line2D([], [], label="each seed", **SEED)] if max(map(len, values.values())) > 1 else []
        ax.set_yticks(places, [name.replace("_", " ") for name in classes])
        ax.tick_params(axis="y", length=0)
        ax.set(ylim=(len(classes) - 0.45, -0.55), xlim=(0, 1.008 * most), xlabel=axis)
        ax.grid(axis="x", color=GRID, linewidth=0.6)
        ax.set_axisbelow(True)
        handles = [*ax.get_legend_handles_labels()[0], *seeds]
        figure.legend(handles=handles, loc="outside lower center", ncols=min(6, len(handles)), fontsize=8)
        return svg(figure)
