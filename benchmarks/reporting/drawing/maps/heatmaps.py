"""Drawings of what networks get and attend to in a clip with an event: maps of time and frequency."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.reporting.drawing.compact import greyed
from benchmarks.reporting.drawing.style import OURS, PAPER, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EVENT, COMPETING = "#2ca05a", "#e0529c"
#: Maps have at most so many columns and so many shades: SVG files are kept small.
MOST_COLUMNS, SHADES = 512, 48
#: How matplotlib shows them: pixel by pixel, as they are.
HEAT: Any = {"origin": "lower", "aspect": "auto", "interpolation": "none", "cmap": "Greys"}


@dataclass(frozen=True, eq=False)
class EventMaps:
    """A clip as a network gets and judges it. Times are in seconds."""

    #: the label of the event, "" in a clip without one
    label: str
    #: seconds per frame
    hop: float
    #: (frames, bands), standardised by band
    input_map: np.ndarray
    #: (frames, bands) at the scales that the network has, fine to coarse; coarser ones have fewer frames and bands
    masks: tuple[np.ndarray, ...]
    #: (frames,)
    probability: np.ndarray | None
    #: onset and offset
    event: tuple[float, float] | None
    #: start and end of what competes with the event
    competing: tuple[float, float] | None


def draw_maps(clip: EventMaps, threshold: float, title: str, of_input: str, axis: str) -> bytes:
    """Input, masks and frame probability of a clip, one below the other; the event in green, what competes in pink.

    of_input: what the input is; axis: what its bands are called.
    """
    seconds = len(clip.input_map) * clip.hop
    count = 1 + len(clip.masks) + (clip.probability is not None)
    with canvas(7.4, 0.7 + 1.05 * count, 1, count, sharex=True) as (figure, axes):
        names = [f"({letter})" for letter in "abcdefgh"]
        _heat(axes[0], clip.input_map, clip)
        axes[0].set_title(f"{names[0]} input, {of_input}", fontsize=8)
        for number, mask in enumerate(clip.masks, 1):
            _heat(axes[number], mask, clip)
            axes[number].set_title(f"{names[number]} {_mask_name(mask, clip)}", fontsize=8)
        if clip.probability is not None:
            ax = axes[-1]
            ax.plot(clip.hop * np.arange(len(clip.probability)), clip.probability, color=OURS, linewidth=1.0)
            ax.axhline(threshold, color=PAPER, linewidth=1.0, linestyle="--")
            ax.set_ylim(-0.03, 1.03)
            ax.set_title(f"{names[count - 1]} probability of the event; dashed: threshold {threshold:g}", fontsize=8)
        for ax in axes:
            _boxes(ax, clip)
        axes[0].set_xlim(0, seconds)
        axes[-1].set_xlabel("time (s)")
        figure.supylabel(axis, fontsize=9)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        return greyed(svg(figure))


def draw_excerpts(clips: Sequence[EventMaps], around: float, axis: str) -> bytes:
    """An event of each class with `around` seconds before and after it, at one scale of time and of level."""
    cuts = [_cut(clip, around) for clip in clips]
    lowest, highest = min(piece.min() for _, piece in cuts), max(piece.max() for _, piece in cuts)
    lengths = [len(piece) * clip.hop for clip, (_, piece) in zip(clips, cuts, strict=True)]
    size = (2.2 + min(9.0, 2.2 * sum(lengths)), 2.6)
    with canvas(*size, len(clips), sharey=True, width_ratios=lengths) as (figure, axes):
        for ax, clip, (start, piece), length in zip(axes, clips, cuts, lengths, strict=True):
            extent = (start, start + length, 0, piece.shape[1])
            image = ax.imshow(shaded(piece, lowest, highest), extent=extent, vmin=lowest, vmax=highest, **HEAT)
            assert clip.event is not None
            for time in (0.0, clip.event[1] - clip.event[0]):
                ax.axvline(time, color=EVENT, linewidth=1.4)
            ax.set_title(clip.label)
            ax.set_xlabel("time from onset (s)")
        axes[0].set_ylabel(axis)
        figure.colorbar(image, ax=axes, label="standard deviations")
        return greyed(svg(figure))


def _heat(ax: "Axes", values: np.ndarray, clip: EventMaps) -> None:
    """A map from its least to its largest value over the time and the bands of the input, whatever its scale."""
    frames, bands = clip.input_map.shape
    small, group = _narrowed(values)
    extent = (0, len(small) * group * _scale(values, clip) * clip.hop, 0, bands)
    lowest, highest = float(small.min()), float(small.max())
    ax.imshow(shaded(small, lowest, highest), extent=extent, vmin=lowest, vmax=highest, **HEAT)
    ax.set_xlim(0, frames * clip.hop)
    ax.set_yticks([0, bands // 2, bands])


def _scale(values: np.ndarray, clip: EventMaps) -> int:
    """How many frames of the input one of the map stands for."""
    return round(len(clip.input_map) / len(values))


def _mask_name(mask: np.ndarray, clip: EventMaps) -> str:
    scale = _scale(mask, clip)
    name = "mask" if scale == 1 else f"map at 1/{scale} of the frames"
    return f"{name}, from {mask.min():.2f} to {mask.max():.2f}"


def _narrowed(values: np.ndarray) -> tuple[np.ndarray, int]:
    """(frames, bands) with neighbours averaged until there are few enough, and how many; the last may be of fewer."""
    group = -(-len(values) // MOST_COLUMNS)
    starts = np.arange(0, len(values), group)
    return np.add.reduceat(values, starts, axis=0) / np.diff([*starts, len(values)])[:, None], group


def shaded(values: np.ndarray, lowest: float, highest: float) -> np.ndarray:
    """The map (bands, frames) in few shades, which compress well."""
    step = (highest - lowest) / SHADES or 1.0
    return (lowest + step * np.round((values - lowest) / step)).T


def _boxes(ax: "Axes", clip: EventMaps) -> None:
    for times, colour, style in ((clip.event, EVENT, "-"), (clip.competing, COMPETING, "--")):
        if times is not None:
            ax.axvspan(*times, fill=False, edgecolor=colour, linewidth=1.6, linestyle=style, zorder=4)


def _cut(clip: EventMaps, around: float) -> tuple[float, np.ndarray]:
    """When an excerpt begins, from the onset, and its frames."""
    assert clip.event is not None
    first = max(0, int((clip.event[0] - around) / clip.hop))
    last = int(np.ceil((clip.event[1] + around) / clip.hop))
    return first * clip.hop - clip.event[0], clip.input_map[first:last]
