"""How figures look: one palette, SVG without dates, the same bytes for the same numbers."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

OURS, FOLDS, PAPER, GRID, EDGE = "#1f5f8b", "#7fb0cc", "#d9730d", "#d8dde1", "#5b6770"
LINES = ("#1f5f8b", "#d9730d", "#3a8f5c", "#9b5094", "#b8a01e", "#5b6770", "#4fa8c9", "#c2505a", "#8a6d4b", "#223a5e")
STYLE: Any = {
    "svg.hashsalt": "resound", "svg.fonttype": "none", "font.family": "DejaVu Sans", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": EDGE, "axes.titlesize": 10,
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.grid": False, "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.1, "figure.constrained_layout.w_pad": 0.1, "savefig.facecolor": "white",
}  # fmt: skip


@contextmanager
def canvas(
    width: float, height: float, columns: int = 1, rows: int = 1, **grid: Any
) -> "Iterator[tuple[Canvas, list[Axes]]]":
    """A figure of inches with rows of so many axes, in our style and in no user's; nothing global is left changed.

    `grid` goes to matplotlib's Figure.subplots. The axes come row by row.
    """
    from matplotlib import rc_context, rcdefaults, rcParams
    from matplotlib.figure import Figure as Canvas

    with rc_context():
        rcdefaults()  # a matplotlibrc may set anything: usetex, fonts, sizes
        rcParams.update(STYLE)
        figure = Canvas(figsize=(width, height))
        yield figure, list(np.atleast_1d(figure.subplots(rows, columns, **grid)).ravel())


def svg(figure: "Canvas") -> bytes:
    """The figure as SVG, always the same bytes for the same content."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", dpi=144, metadata={"Date": None})
    return buffer.getvalue()
