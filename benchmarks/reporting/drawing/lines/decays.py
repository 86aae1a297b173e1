"""Drawings of weights that fall with distance."""

from collections.abc import Mapping

import numpy as np

from benchmarks.reporting.drawing.style import EDGE, GRID, LINES, canvas, svg


def draw_decays(labels: Mapping[float, str], frames: int, level: float) -> bytes:
    """exp(-distance / constant) in percent over `frames` frames, a curve per constant; a line at `level`, a share."""
    with canvas(7.4, 3.6) as (figure, axes):
        ax, distances = axes[0], np.linspace(0, frames, 4 * frames + 1)
        for colour, (constant, label) in zip(LINES * len(labels), labels.items(), strict=False):
            ax.plot(distances, 100 * np.exp(-distances / constant), color=colour, linewidth=1.4, label=label)
        ax.axhline(100 * level, color=EDGE, linewidth=1.0, linestyle="--", label=f"{100 * level:g} %")
        ax.set(xlabel="distance (frames)", ylabel="weight of a frame (%)", xlim=(0, frames), ylim=(0, 100))
        ax.grid(color=GRID, linewidth=0.6)
        figure.legend(loc="outside right upper", fontsize=8)
        return svg(figure)
