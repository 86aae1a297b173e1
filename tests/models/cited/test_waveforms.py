"""What is done to waveforms, against plain numpy written after the formulas of the published code."""

import numpy as np
import pytest
import torch

from models.cited.waveforms import GAIN_FFT, RATE, a_weights, lengths, loudness, mixed, partners, pieces, trimmed


def clip(before=100, heard=5000, behind=300, seed=0):
    values = np.random.default_rng(seed).integers(1, 3000, heard) * np.where(np.arange(heard) % 2, 1, -1)
    return np.concatenate([np.zeros(before), values, np.zeros(behind)]).astype(np.float32)


def test_zeros_at_both_ends_are_taken_off():
    clips = torch.from_numpy(np.stack([clip(), clip(0, 5400, 0), np.zeros(5400, np.float32)]))
    first, count = trimmed(clips)
    assert first.tolist() == [100, 0, 0] and count.tolist() == [5000, 5400, 5400]


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("start", [0, 900, 4000])
def test_pieces_are_cut_from_the_scaled_and_padded_sound(scale, start):
    sound, size, scale = clip()[100:5100], 2000, np.float32(scale)
    places = np.arange(int(len(sound) * scale)) / np.float64(scale)
    left = places.astype(int)
    right, share = np.minimum(left + 1, len(sound) - 1), places - left
    padded = np.pad(sound[left] * (1 - share) + sound[right] * share, size // 2) / 32768
    clips, scales = torch.from_numpy(clip())[None], torch.tensor([scale])
    assert lengths(clips, scales, size).item() == len(padded) - size + 1
    found = pieces(clips, torch.tensor([start]), scales, size)[0]
    np.testing.assert_allclose(found, padded[start : start + size], atol=2e-6)


def test_a_weighting_has_the_values_of_the_standard():
    """IEC 61672: 0 dB at 1 kHz, -19.1 dB at 100 Hz, -2.5 dB at 10 kHz."""
    decibels = 10 * a_weights(1 << 16, RATE).log10()
    bins = [round(hz * (1 << 16) / RATE) for hz in (1000, 100, 10000)]
    assert decibels[bins].tolist() == pytest.approx([0.0, -19.1, -2.5], abs=0.1)
    assert decibels.min() == -80


def test_loudness_is_that_of_the_loudest_frame():
    sound = np.random.default_rng(0).standard_normal(3 * GAIN_FFT).astype(np.float32) * np.linspace(0, 1, 3 * GAIN_FFT)
    taper = np.hanning(GAIN_FFT + 1)[:-1]
    levels = [
        10 * np.log10((np.abs(np.fft.rfft(taper * sound[at : at + GAIN_FFT])) ** 2 * a_weights().numpy()).sum())
        for at in range(0, len(sound) - GAIN_FFT + 1, GAIN_FFT // 2)
    ]
    assert loudness(torch.from_numpy(sound).float()[None]).item() == pytest.approx(max(levels), abs=1e-3)
    assert loudness(torch.zeros(1, GAIN_FFT)).item() == pytest.approx(-80)


def test_sounds_mix_by_their_loudness():
    draw = torch.Generator().manual_seed(0)
    first, second = torch.randn(1, 8192, generator=draw), torch.randn(1, 8192, generator=draw)
    second *= 10 ** ((loudness(first) - loudness(second)) / 20)  # as loud
    half = mixed(first, second, torch.tensor([0.5]))
    torch.testing.assert_close(half, (first + second) / 2**0.5, rtol=1e-4, atol=1e-4)
    softer = mixed(first, 0.1 * second, torch.tensor([0.5]))  # it is raised by as much as it was softer
    torch.testing.assert_close(softer / softer.norm(), half / half.norm(), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(mixed(first, second, torch.tensor([1.0])), first, rtol=1e-4, atol=1e-4)


def test_partners_have_another_class():
    targets = torch.eye(3)[[0, 0, 1, 2, 2, 2]]
    torch.manual_seed(0)
    found = torch.stack([partners(targets) for _ in range(50)])
    labels = targets.argmax(1)
    assert (labels[found] != labels).all() and set(found[:, 0].tolist()) == {2, 3, 4, 5}
    assert partners(targets[:2]).tolist() == [0, 1]
