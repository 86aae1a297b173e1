from itertools import pairwise

import numpy as np

from benchmarks.reporting.drawing.bars.classes import SHADES, draw_class_bars


def test_each_class_has_a_bar_per_network_and_a_dot_per_seed():
    shares = {"plain": np.array([[50.0, 100.0], [60.0, 90.0]]), "with attention": np.array([[70.0, 80.0]])}
    text = draw_class_bars(shares, ["forest_path", "cafe/restaurant"], "right (%)").decode()
    for word in ("plain", "with attention", "forest path", "cafe/restaurant", "right (%)", "each seed"):
        assert f">{word}<" in text
    assert text.count(f"fill: {SHADES[0]}") == text.count(f"fill: {SHADES[-1]}") == 2 + 1
    alone = draw_class_bars({"plain": shares["plain"][:1]}, ["a", "b"], "right (%)").decode()
    assert ">each seed<" not in alone and SHADES[0] not in alone


def test_bars_get_darker_from_the_first_to_the_last():
    from matplotlib.colors import to_rgb

    lightness = [np.dot(to_rgb(shade), [0.299, 0.587, 0.114]) for shade in SHADES]
    assert all(after < before - 0.1 for before, after in pairwise(lightness))
