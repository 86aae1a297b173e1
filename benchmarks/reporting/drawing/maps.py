"""Drawings of what networks get and attend to: maps of time and frequency."""

import base64
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.reporting.drawing.style import OURS, PAPER, canvas, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.reporting.probes.event import EventProbe

EVENT, COMPETING = "#2ca05a", "#e0529c"
#: Maps have at most so many columns and so many shades: SVG files are kept small.
MOST_COLUMNS, SHADES = 512, 48
#: How matplotlib shows them: pixel by pixel, as they are.
HEAT: Any = {"origin": "lower", "aspect": "auto", "interpolation": "none", "cmap": "Greys"}


def draw_maps(probe: "EventProbe", threshold: float, title: str) -> bytes:
    """Input, masks and frame probability of a clip, one below the other; the event in green, what competes in pink."""
    seconds = len(probe.input_map) * probe.hop
    count = 1 + len(probe.masks) + (probe.probability is not None)
    with canvas(7.4, 0.7 + 1.05 * count, 1, count, sharex=True) as (figure, axes):
        names = [f"({letter})" for letter in "abcdefgh"]
        _heat(axes[0], probe.input_map, probe)
        axes[0].set_title(f"{names[0]} input, log mel", fontsize=8)
        for number, mask in enumerate(probe.masks, 1):
            _heat(axes[number], mask, probe)
            axes[number].set_title(f"{names[number]} {_mask_name(mask, probe)}", fontsize=8)
        if probe.probability is not None:
            ax = axes[-1]
            ax.plot(probe.hop * np.arange(len(probe.probability)), probe.probability, color=OURS, linewidth=1.0)
            ax.axhline(threshold, color=PAPER, linewidth=1.0, linestyle="--")
            ax.set_ylim(-0.03, 1.03)
            ax.set_title(f"{names[count - 1]} probability of the event; dashed: threshold {threshold:g}", fontsize=8)
        for ax in axes:
            _boxes(ax, probe)
        axes[0].set_xlim(0, seconds)
        axes[-1].set_xlabel("time (s)")
        figure.supylabel("mel band", fontsize=9)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
        return greyed(svg(figure))


def draw_excerpts(probes: "Sequence[EventProbe]", around: float) -> bytes:
    """An event of each class with `around` seconds before and after it, at one scale of time and of level."""
    cuts = [_cut(probe, around) for probe in probes]
    lowest, highest = min(piece.min() for _, piece in cuts), max(piece.max() for _, piece in cuts)
    lengths = [len(piece) * probe.hop for probe, (_, piece) in zip(probes, cuts, strict=True)]
    size = (2.2 + min(9.0, 2.2 * sum(lengths)), 2.6)
    with canvas(*size, len(probes), sharey=True, width_ratios=lengths) as (figure, axes):
        for ax, probe, (start, piece), length in zip(axes, probes, cuts, lengths, strict=True):
            extent = (start, start + length, 0, piece.shape[1])
            image = ax.imshow(shaded(piece, lowest, highest), extent=extent, vmin=lowest, vmax=highest, **HEAT)
            assert probe.event is not None
            for time in (0.0, probe.event[1] - probe.event[0]):
                ax.axvline(time, color=EVENT, linewidth=1.4)
            ax.set_title(probe.label)
            ax.set_xlabel("time from onset (s)")
        axes[0].set_ylabel("mel band")
        figure.colorbar(image, ax=axes, label="standard deviations")
        return greyed(svg(figure))


def _heat(ax: "Axes", values: np.ndarray, probe: "EventProbe") -> None:
    """A map from its least to its largest value over the time and the bands of the input, whatever its scale."""
    frames, bands = probe.input_map.shape
    small, group = _narrowed(values)
    extent = (0, len(small) * group * _scale(values, probe) * probe.hop, 0, bands)
    lowest, highest = float(small.min()), float(small.max())
    ax.imshow(shaded(small, lowest, highest), extent=extent, vmin=lowest, vmax=highest, **HEAT)
    ax.set_xlim(0, frames * probe.hop)
    ax.set_yticks([0, bands // 2, bands])


def _scale(values: np.ndarray, probe: "EventProbe") -> int:
    """How many frames of the input one of the map stands for."""
    return round(len(probe.input_map) / len(values))


def _mask_name(mask: np.ndarray, probe: "EventProbe") -> str:
    scale = _scale(mask, probe)
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


def _boxes(ax: "Axes", probe: "EventProbe") -> None:
    for times, colour, style in ((probe.event, EVENT, "-"), (probe.competing, COMPETING, "--")):
        if times is not None:
            ax.axvspan(*times, fill=False, edgecolor=colour, linewidth=1.6, linestyle=style, zorder=4)


def _cut(probe: "EventProbe", around: float) -> tuple[float, np.ndarray]:
    """When an excerpt begins, from the onset, and its frames."""
    assert probe.event is not None
    first = max(0, int((probe.event[0] - around) / probe.hop))
    last = int(np.ceil((probe.event[1] + around) / probe.hop))
    return first * probe.hop - probe.event[0], probe.input_map[first:last]


def greyed(drawing: bytes) -> bytes:
    """The drawing with its images, which are grey, stored with one byte per pixel instead of four."""
    return re.sub(rb"(?<=data:image/png;base64,)[^\"]+", _one_channel, drawing)


def _one_channel(image: re.Match[bytes]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(image[0]))).convert("L").save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue())
