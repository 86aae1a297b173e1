from benchmarks.reporting.render.blocks import Grid
from benchmarks.reporting.render.markdown import grid_markdown


def test_a_grid_is_aligned_and_its_bars_are_escaped():
    text = grid_markdown(Grid(("row", "value"), [("a|b", "1"), ("c", "22.50")]))
    assert text.splitlines() == [
        r"| row  | value |", r"| ---- | ----: |", r"| a\|b |     1 |", r"| c    | 22.50 |",
    ]  # fmt: skip
