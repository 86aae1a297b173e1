import numpy as np

from benchmarks.reporting.drawing.lines.thresholds import Line, draw_thresholds
from benchmarks.reporting.figures.results.thresholds import THRESHOLDS

MOST_BYTES = 150_000


def test_a_wide_figure_of_thresholds_stays_small():
    random = np.random.default_rng(0)

    def line(label: str) -> Line:
        steps = random.integers(-3, 4, (3, 99)).cumsum(axis=1)
        return Line(label, 0.4, 1 + steps / 250, 50 + steps / 2.5)

    panels = {name: [line(f"row {number}") for number in range(5)] for name in ("a", "b", "c")}
    drawn = draw_thresholds(panels, THRESHOLDS)
    assert len(drawn) < MOST_BYTES and drawn == draw_thresholds(panels, THRESHOLDS)
    assert b">0.75<" in drawn and b">row 4<" in drawn
