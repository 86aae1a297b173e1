from benchmarks.reporting.drawing import style
from benchmarks.reporting.drawing.bars.groups import draw_error_rates
from benchmarks.reporting.drawing.bars.values import Mark


def test_published_error_rates_are_drawn_where_they_are_given():
    marks = {"dev": [Mark("MTFA", 0.1, (0.08, 0.12), 0.06)]}
    drawn = draw_error_rates({"babycry": marks}, "published").decode()
    assert ">published<" in drawn and ">dev, mean<" in drawn and style.PAPER in drawn
    assert "published" not in draw_error_rates({"babycry": marks}, "").decode()
