import numpy as np

from benchmarks.reporting.drawing.compact import paletted
from benchmarks.reporting.drawing.maps.overlays import DARKEST, Attended, draw_attention, overlaid


def test_the_least_weight_leaves_the_spectrogram_and_the_greatest_is_darkest():
    spectrogram = np.tile(np.linspace(-3, 3, 100), (4, 1))
    weights = np.zeros((4, 100))
    plain = overlaid(spectrogram, weights)
    assert (plain.std(axis=-1) < 1e-12).all() and plain.max() == 1 and plain.min() == DARKEST
    weights[2, 40:60] = 2.5
    marked = overlaid(spectrogram, weights)
    assert (marked[weights == 0] == plain[weights == 0]).all()
    lightness = marked @ [0.299, 0.587, 0.114]
    assert lightness[weights > 0].max() < lightness[weights == 0].min()


def test_weights_that_are_all_the_same_show_the_spectrogram_alone():
    spectrogram = np.random.default_rng(0).normal(size=(8, 20))
    assert (overlaid(spectrogram, np.full((8, 20), 3.0)) == overlaid(spectrogram, np.zeros((8, 20)))).all()


def test_palettes_change_no_colour(images):
    random = np.random.default_rng(0)
    clip = Attended("Toy", random.normal(size=(16, 50)), np.maximum(random.normal(size=(16, 50)), 0))
    drawn = draw_attention([clip], 0.08, "mel band", "weights")
    (image,) = images(drawn)
    assert image.mode == "P"
    exact = 255 * overlaid(clip.spectrogram, clip.weights)
    assert np.abs(np.asarray(image.convert("RGB")) - exact).max() <= 1
    assert paletted(drawn) == drawn
    assert drawn == draw_attention([clip], 0.08, "mel band", "weights")
