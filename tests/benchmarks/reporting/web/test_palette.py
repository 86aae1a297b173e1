"""Colours: text is readable on whatever it stands, and no state is told by its colour alone."""

import pytest

from benchmarks.reporting.opening.overview import SQUARES
from benchmarks.reporting.web.palette import LOOKS, READ, THEMES, contrast, css_name, is_round, tints

#: W3C, Web Content Accessibility Guidelines 2.2: text (1.4.3), and what is not text (1.4.11).
TEXT, SHAPES = 4.5, 3.0


def test_the_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21) and contrast("#777777", "#777777") == 1
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable(theme):
    colours = THEMES[theme]
    for text, ground in READ:
        assert contrast(colours[text], colours[ground]) >= TEXT, (text, ground)
    for tint in tints(theme):
        assert contrast(colours["ink"], tint) >= TEXT, tint
    for state, look in LOOKS.items():
        ground, letter = look.dark if theme == "dark" else look.light
        assert contrast(ground, letter) >= TEXT, state


@pytest.mark.parametrize("theme", THEMES)
def test_verdicts_stand_out_from_the_page_and_pale_states_have_an_edge(theme):
    for state in ("reproduced", "deviates", "holds", "fails", "no verdict"):
        ground, _ = getattr(LOOKS[state], theme)
        assert contrast(ground, THEMES[theme]["ground"]) >= SHAPES, state
    assert contrast(THEMES[theme]["soft"], THEMES[theme]["ground"]) >= SHAPES


def test_every_state_has_a_look_of_its_own_without_colour():
    assert list(LOOKS) == list(SQUARES)
    shapes = [(look.letter, is_round(state)) for state, look in LOOKS.items()]
    assert len(set(shapes)) == len(shapes) and len({css_name(state) for state in LOOKS}) == len(LOOKS)
