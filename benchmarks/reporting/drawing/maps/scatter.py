"""Drawings of points in the plane."""

from collections.abc import Mapping

import numpy as np

from benchmarks.reporting.drawing.compact import paletted
from benchmarks.reporting.drawing.style import OURS, canvas, svg

#: So many panels of classes stand side by side; more make further rows.
MOST_ABREAST = 4
#: Points of other classes.
OTHERS = "#c3ccd3"
#: Pixels along both sides of a panel of classes, and of a point of others and of the class.
PIXELS, OTHER_DOT, OWN_DOT = 260, 2, 3


def draw_states(maps: Mapping[str, np.ndarray]) -> bytes:
    """States in the plane (points, 2), side by side, all in one colour."""
    with canvas(3.7 * len(maps), 3.7, len(maps)) as (figure, axes):
        for ax, (title, points) in zip(axes, maps.items(), strict=True):
            ax.scatter(points[:, 0], points[:, 1], s=4, color=OURS, alpha=0.6, linewidths=0, rasterized=True)
            ax.set_title(title)
            ax.set_aspect("equal", adjustable="datalim")
            ax.set(xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)" if ax is axes[0] else "")
        return svg(figure)


def draw_classes(points: Mapping[str, np.ndarray]) -> bytes:
    """Points of classes in the plane (points, 2): a panel for each class, dark over those of all, light."""
    columns = min(MOST_ABREAST, len(points))
    rows, everyone = -(-len(points) // columns), np.concatenate(list(points.values()))
    lowest, span = everyone.min(axis=0), float(np.ptp(everyone, axis=0).max()) or 1.0
    with canvas(1.9 * columns, 0.3 + 2.05 * rows, columns, rows) as (figure, axes):
        for ax in axes[len(points) :]:
            ax.set_axis_off()
        for ax, (label, own) in zip(axes, points.items(), strict=False):
            pixels = np.full((PIXELS, PIXELS, 3), 255, dtype=np.uint8)
            for some, size, colour in ((everyone, OTHER_DOT, OTHERS), (own, OWN_DOT, OURS)):
                _dot(pixels, (some - lowest) / span, size, colour)
            ax.imshow(pixels, origin="lower", interpolation="none")
            ax.set_title(f"{label.replace('_', ' ')} ({len(own)})", fontsize=8)
            ax.set(xticks=[], yticks=[])
        figure.supxlabel("t-SNE 1 (no unit)", fontsize=8)
        figure.supylabel("t-SNE 2 (no unit)", fontsize=8)
        return paletted(svg(figure))


def _dot(pixels: np.ndarray, places: np.ndarray, size: int, colour: str) -> None:
    """Squares of so many pixels at places (points, 2) in [0, 1], the second from below."""
    from matplotlib.colors import to_rgb

    corners = np.round(places * (PIXELS - size)).astype(int)
    for right, up in np.ndindex(size, size):
        pixels[corners[:, 1] + up, corners[:, 0] + right] = np.round(255 * np.array(to_rgb(colour)))
