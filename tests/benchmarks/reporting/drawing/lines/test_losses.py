import numpy as np

from benchmarks.reporting.drawing.lines.losses import draw_losses


def test_without_validation_losses_nothing_is_dashed():
    losses = {"base": np.full((2, 5), 0.5)}
    plain = draw_losses(losses, "Toy", {})
    assert plain == draw_losses(losses, "Toy") and b">training loss<" in plain
    assert plain.count(b"stroke-dasharray") == 0
