"""Drawings of points in the plane."""

from collections.abc import Mapping

import numpy as np

from benchmarks.reporting.drawing.style import OURS, canvas, svg


def draw_states(maps: Mapping[str, np.ndarray]) -> bytes:
    """States in the plane (points, 2), side by side, all in one colour."""
    with canvas(3.7 * len(maps), 3.7, len(maps)) as (figure, axes):
        for ax, (title, points) in zip(axes, maps.items(), strict=True):
            ax.scatter(points[:, 0], points[:, 1], s=4, color=OURS, alpha=0.6, linewidths=0, rasterized=True)
            ax.set_title(title)
            ax.set_aspect("equal", adjustable="datalim")
            ax.set(xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)" if ax is axes[0] else "")
        return svg(figure)
