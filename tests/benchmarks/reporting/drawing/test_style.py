"""Figures are the same bytes whatever a user's matplotlibrc says."""

import matplotlib as mpl
import pytest

from benchmarks.reporting.drawing import style
from benchmarks.reporting.drawing.bars.values import Mark, draw_bars, draw_dots

#: What people have in a matplotlibrc; text.usetex alone would ask for a LaTeX that may not be there.
USERS = {
    "usetex": {"text.usetex": True},
    "fonts": {"font.family": "serif", "font.size": 21, "axes.labelsize": "x-large", "mathtext.fontset": "stix"},
    "sizes": {"lines.linewidth": 7, "xtick.major.size": 20, "figure.dpi": 300, "savefig.dpi": 50},
    "files": {"savefig.bbox": "tight", "savefig.transparent": True, "svg.fonttype": "path", "svg.hashsalt": "mine"},
    "dark": {"axes.facecolor": "black", "text.color": "white", "axes.grid": True},
}  # fmt: skip


def drawn() -> tuple[bytes, ...]:
    marks = [Mark(label, mean, (mean, mean + 5), 61.25) for label, mean in (("a row", 50.0), ("another", 70.0))]
    panels = {"ESC-50": marks, "ESC-10": marks}
    with style.canvas(4, 3) as (figure, (ax,)):
        ax.plot([1, 2, 3], [3, 1, 2])
        ax.set_title("$x^2$ and text")
        plain = style.svg(figure)
    return draw_bars(panels, "%", "the paper"), draw_dots(panels, "%", "the paper"), plain


@pytest.fixture(scope="module")
def expected():
    with mpl.rc_context():
        mpl.rcdefaults()
        return drawn()


@pytest.mark.parametrize("user", USERS)
def test_a_users_style_changes_no_byte(user, expected):
    with mpl.rc_context(USERS[user]):
        before = dict(mpl.rcParams)
        assert drawn() == expected
        assert dict(mpl.rcParams) == before
