"""Drawings of maps of one clip below each other, and of what is said of its frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.reporting.drawing.compact import greyed, rounded
from benchmarks.reporting.drawing.maps.heatmaps import HEAT, shaded
from benchmarks.reporting.drawing.style import LINES, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS = "abcdefgh"
#: Outside of these percentiles maps are white or black, lest a few silent frames take all shades.
LOWEST, HIGHEST = 1, 99


@dataclass(frozen=True, eq=False)
class Panel:
    """A map (frames, bands) with its title, the name of its axis, and as plain data what it is of."""

    title: str
    axis: str
    values: np.ndarray
    source: list[Any]


def draw_inputs(panels: Sequence[Panel]) -> bytes:
    """Maps of one clip, one below the other."""
    with canvas(7.4, 0.6 + 1.25 * len(panels), 1, len(panels), sharex=True) as (figure, axes):
        _draw_panels(axes, panels)
        axes[-1].set_xlabel("frame")
        return greyed(svg(figure))


def draw_clip(
    panels: Sequence[Panel], probability: np.ndarray, classes: Sequence[str], labels: Sequence[str], title: str
) -> bytes:
    """Maps of one clip, and below them the probability (frames, classes) of each class; thick: its `labels`."""
    rows = len(panels) + 1
    ratios = [1.0] * len(panels) + [1.3]
    with canvas(7.4, 1.1 + 1.3 * rows, 1, rows, sharex=True, height_ratios=ratios) as (figure, axes):
        _draw_panels(axes[:-1], panels)
        ax = axes[-1]
        for number, name in enumerate(classes):
            ax.plot(np.arange(len(probability)) + 0.5, probability[:, number], color=LINES[number % len(LINES)],
                    linewidth=2.2 if name in labels else 1.0, linestyle="-" if number < len(LINES) else "--",
                    label=name.replace("_", " "))  # fmt: skip
        ax.set(ylim=(-0.03, 1.03), xlabel="frame", ylabel="probability")
        ax.set_title(f"({LETTERS[len(panels)]}) {title}", fontsize=8)
        figure.legend(loc="outside lower center", ncols=min(5, len(classes)), fontsize=8)
        return rounded(greyed(svg(figure)))


def _draw_panels(axes: "Sequence[Axes]", panels: Sequence[Panel]) -> None:
    """Maps over the same frames, each in its own shades."""
    for ax, letter, panel in zip(axes, LETTERS, panels, strict=False):
        frames, bands = panel.values.shape
        lowest, highest = (float(one) for one in np.percentile(panel.values, (LOWEST, HIGHEST)))
        shades = shaded(np.clip(panel.values, lowest, highest), lowest, highest)
        ax.imshow(shades, extent=(0, frames, 0, bands), vmin=lowest, vmax=highest, **HEAT)
        ax.set_title(f"({letter}) {panel.title}: {lowest:.2f} to {highest:.2f}", fontsize=8)
        ax.set(ylabel=panel.axis, yticks=[0, bands // 2, bands])
