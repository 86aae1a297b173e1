"""Drawings of what a network attends to in clips: its weights over the spectrogram, and their mean over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.reporting.drawing.compact import paletted, rounded
from benchmarks.reporting.drawing.maps.stacked import HIGHEST, LETTERS, LOWEST
from benchmarks.reporting.drawing.style import GRID, OURS, canvas, svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

#: A map has so many shades, so that spectrogram and weights together are the colours of one palette.
SHADES = 12
#: The spectrogram is drawn from white down to this lightness: weights are darker, and stand out in print, too.
DARKEST = 0.6
#: The colours of the least and the greatest weight, and how opaque the latter is; the former is not to be seen.
LEAST, GREATEST, OPAQUE = np.array([1.0, 0.60, 0.10]), np.array([0.45, 0.0, 0.10]), 0.95
#: How opaque weights between them are: this power of the share.
EXPONENT = 0.7


@dataclass(frozen=True, eq=False)
class Attended:
    """A clip with its title, what the network gets of it and how it weighs that, both (bands, columns)."""

    title: str
    spectrogram: np.ndarray
    weights: np.ndarray


def draw_attention(clips: Sequence[Attended], hop: float, axis: str, what: str) -> bytes:
    """Of each clip the weights over the spectrogram, and below these their mean over bands.

    hop: seconds per column; axis: what bands are called; what: what the weights are called.
    """
    rows = 2 * len(clips)
    with canvas(7.4, 0.6 + 2.4 * len(clips), 1, rows, sharex=True, height_ratios=[2.2, 1] * len(clips)) as (
        figure, axes,
    ):  # fmt: skip
        for number, clip in enumerate(clips):
            bands, columns = clip.weights.shape
            above, below = axes[2 * number : 2 * number + 2]
            colours = overlaid(clip.spectrogram, clip.weights)
            extent = (0, columns * hop, 0, bands)
            above.imshow(colours, extent=extent, origin="lower", aspect="auto", interpolation="none")
            above.set(ylabel=axis, yticks=[0, bands // 2, bands])
            above.set_title(f"({LETTERS[number]}) {clip.title}")
            below.plot(hop * (np.arange(columns) + 0.5), clip.weights.mean(axis=0), color=OURS, linewidth=1.2)
            below.set(ylabel="mean", ylim=(0, None), xlim=(0, columns * hop))
            below.grid(axis="x", color=GRID, linewidth=0.6)
        axes[-1].set_xlabel("time (s)")
        figure.align_ylabels(axes)
        _draw_scale(figure, what)
        return rounded(paletted(svg(figure)))


def overlaid(spectrogram: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Colours (bands, columns, 3) in [0, 1] of weights over a spectrogram (bands, columns), each in few shades.

    Both are scaled to their own range; that of the spectrogram is cut, lest a few silent frames take all shades.
    """
    lowest, highest = np.percentile(spectrogram, (LOWEST, HIGHEST))
    level = _in_shades(np.clip(spectrogram, lowest, highest))
    grey = 1 - (1 - DARKEST) * level[..., None]
    return _laid_over(grey, _in_shades(weights))


def _in_shades(values: np.ndarray) -> np.ndarray:
    """Scaled to [0, 1] and rounded to as many steps as there are shades; 0 where all are the same."""
    span = float(np.ptp(values)) or 1.0
    return np.round((values - values.min()) / span * (SHADES - 1)) / (SHADES - 1)


def _laid_over(grey: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Colours of weights in [0, 1] over grey (..., 1).

    A few pixels have far more weight than all others; by the exponent these are seen, too.
    """
    share = share[..., None]
    alpha = OPAQUE * share**EXPONENT
    return (1 - alpha) * grey + alpha * (LEAST + share * (GREATEST - LEAST))


def _draw_scale(figure: "Canvas", what: str) -> None:
    """The colours of weights over white."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap

    colours = _laid_over(np.ones((SHADES, 1)), np.arange(SHADES) / (SHADES - 1))
    scale = figure.colorbar(
        ScalarMappable(cmap=ListedColormap(colours)), ax=figure.axes, location="bottom", shrink=0.4, aspect=40
    )
    scale.set_ticks([0, 1], labels=["least", "greatest"])
    scale.ax.set_title(what, fontsize=8, fontweight="normal", loc="center")
