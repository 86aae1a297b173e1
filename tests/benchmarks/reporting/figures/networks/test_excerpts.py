from tests.benchmarks.fabricated_stores import RARE_CLASSES


def test_excerpts_are_those_of_the_row_that_the_paper_praises_most(event_figures, images):
    figure = event_figures["excerpts_t1_reduced-standin"]
    title, clips, *_ = figure.data
    assert title.startswith("MTFA (proposed), tier reduced") and len(clips) == 2
    drawn = figure.draw()
    assert all(f">{name}<".encode() in drawn for name in RARE_CLASSES[:2])
    widths = {image.size[0] for image in images(drawn)[:2]}
    assert widths <= {125, 126}  # an event of 1.5 s with 0.5 s on both sides, in frames of 20 ms
