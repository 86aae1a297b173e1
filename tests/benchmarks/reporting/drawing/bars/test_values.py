from benchmarks.reporting.drawing.bars.values import Mark, draw_dots


def test_panels_share_their_rows():
    def mark(label: str) -> Mark:
        return Mark(label, 50.0, (40.0, 60.0), None)

    text = draw_dots({"a": [mark("y")], "b": [mark("x"), mark("y")], "c": [mark("z")]}, "%", "").decode()
    assert text.index(">x<") < text.index(">y<") < text.index(">z<")
    text = draw_dots({"a": [mark("y")], "b": [mark("x"), mark("y")]}, "%", "published").decode()
    assert text.count(">x<") == text.count(">y<") == 1 and "a (%)" in text and "b (%)" in text
