from tests.benchmarks.fabricated_stores import FRAMES
from tests.benchmarks.fabricated_tag_runs import CLASSES


def test_one_clip_is_shown_as_it_is_attended_to_and_conditioned(tag_figures, tag_drawing, images):
    name = "clip_t3_dcase_reduced-standin"
    figure, drawn = tag_figures[name], tag_drawing(name)
    assert [image.size for image in images(drawn)] == [(FRAMES, 64)] * 3
    text = drawn.decode()
    for part in ("(a) log mel, standardised by band", "(b) output of the self-attention", "(c) conditioned, α = 7",
                 "(d) probability by class, Proposed EDC (α = 7)", "frame", "mel band", "probability"):  # fmt: skip
        assert f">{part}" in text
    assert all(f">{name.replace('_', ' ')}<" in text for name in CLASSES["dcase"])
    assert figure.caption.startswith("Y000_dcase.wav (Alarm bell ringing, Frying), each map")
    assert figure.data[-1] == ["Alarm_bell_ringing", "Frying"] and "seed 0" in figure.caption
