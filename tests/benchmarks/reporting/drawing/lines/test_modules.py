from benchmarks.reporting.drawing import style
from benchmarks.reporting.drawing.lines.modules import draw_module_lines


def test_a_panel_per_network_has_a_line_per_run():
    panels = {"PB-CNN": {"fold 1": [0.1, 0.2, 0.3], "fold 2": [0.2, 0.3, 0.4]}, "narrow": {"fold 2": [0.0, 0.0, 0.1]}}
    text = draw_module_lines(panels, "gamma").decode()
    for word in ("PB-CNN", "narrow", "fold 1", "fold 2", "module", "gamma"):
        assert f">{word}<" in text
    first, second = (text.count(f"stroke: {style.LINES[place]}; stroke-width: 1.2") for place in (0, 1))
    assert (first, second) == (1 + 1, 2 + 1)  # one more in the legend


def test_numbers_that_stayed_at_zero_are_drawn():
    assert b">module<" in draw_module_lines({"PB-CNN": {"fold 1": [0.0, 0.0]}}, "gamma")
