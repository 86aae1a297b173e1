"""Spectrograms as pictures: sizes, grey values, resizing as torch does it."""

import numpy as np
import pytest
import torch

from datasets.esc50.images import SpectrogramImage, resizing
from datasets.features import make_extractor

RATE = 44100


@pytest.mark.parametrize("length", [100, 256, 334, 513])
def test_resizing_is_the_smoothed_interpolation_of_image_libraries(length):
    values = np.random.default_rng(0).standard_normal(length).astype(np.float32)
    wanted = torch.nn.functional.interpolate(
        torch.from_numpy(values).view(1, 1, 1, length), (1, 256), mode="bilinear", antialias=True
    )
    np.testing.assert_allclose(resizing(length, 256) @ values, wanted.flatten().numpy(), atol=1e-5)


def test_a_tone_is_a_white_line_at_its_frequency():
    tone = 0.1 * np.sin(2 * np.pi * 4000 * np.arange(5 * RATE) / RATE).astype(np.float32)
    picture = make_extractor("datasets.esc50.images.SpectrogramImage")(tone, RATE)
    assert picture.shape == (1, 256, 256) and picture.dtype == np.float32
    assert not (picture % 1).any() and picture.min() == 0 and 200 < picture.max() <= 255
    assert (picture[0].argmax(axis=0) == 64).mean() > 0.95  # 4 of 16 kHz


def test_loudness_and_length_of_a_clip_do_not_change_the_size_nor_the_greys():
    sound = np.random.default_rng(0).standard_normal(3 * RATE).astype(np.float32) * 0.01
    extractor = SpectrogramImage()
    assert np.abs(extractor(sound, RATE) - extractor(20 * sound, RATE)).max() <= 1
    assert extractor(sound[:RATE], RATE).shape == (1, 256, 256)


def test_silence_is_a_picture_and_another_rate_is_refused():
    assert np.isfinite(SpectrogramImage()(np.zeros(RATE, np.float32), RATE)).all()
    with pytest.raises(ValueError, match="needs 44100 Hz"):
        SpectrogramImage()(np.zeros(RATE, np.float32), 22050)
