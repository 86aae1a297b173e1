import numpy as np
import pytest

from datasets.maestro_real.hearing import copies
from datasets.maestro_real.hearing.copies import altered

RATE = 44100


class Fixed:
    """Draws what it is told."""

    def __init__(self, cents=0, share=1.0, room=0):
        self.cents, self.share, self.room = cents, share, room

    def integers(self, *limits):
        return self.room if limits == (101,) else self.cents if limits == (-300, 300) else pytest.fail(str(limits))

    def triangular(self, *limits):
        return self.share if limits == (0.5, 1.0, 1.0) else pytest.fail(str(limits))


def tone(frequency=1000.0, seconds=2.0, level=0.5):
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


@pytest.fixture
def dry(monkeypatch):
    monkeypatch.setattr(copies, "reverberated", lambda samples, rate, *room: samples)


@pytest.mark.parametrize("cents", [-300, 0, 299])
def test_pitch_moves_by_cents_and_the_length_stays(dry, cents):
    found = altered(0).make(tone(), RATE, "", Fixed(cents))
    assert found.shape == tone().shape and found.dtype == np.float32
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found)), 1 << 18))
    assert spectrum.argmax() * RATE / (1 << 18) == pytest.approx(1000 * 2 ** (cents / 1200), abs=1.0)


def test_clipping_follows_pitch_and_comes_before_reverberation(dry, monkeypatch):
    assert np.abs(altered(0).make(tone(), RATE, "", Fixed(share=0.5))[5000:-5000]).max() == pytest.approx(0.25, rel=0.1)
    seen = []
    monkeypatch.setattr(
        copies, "reverberated", lambda samples, rate, *room: seen.append((samples.copy(), rate, room)) or samples
    )
    altered(0).make(tone(), RATE, "", Fixed(share=0.5, room=70))
    ((heard, rate, room),) = seen
    assert rate == 16000 and room == (50, 50, 70)
    assert np.abs(heard).max() == pytest.approx(0.25, rel=0.05) and (np.abs(heard) == np.abs(heard).max()).mean() > 0.5


def test_pieces_are_clipped_by_their_own_peak(dry, monkeypatch):
    monkeypatch.setattr(copies, "PIECE", 1)
    loud_then_soft = np.concatenate([tone(seconds=1.0), tone(seconds=1.0, level=0.1)])
    found = altered(0).make(loud_then_soft, RATE, "", Fixed(share=0.5))
    assert np.abs(found[5000:-50000]).max() == pytest.approx(0.25, rel=0.15)
    assert np.abs(found[50000:-5000]).max() == pytest.approx(0.05, rel=0.15)


def test_copies_differ_by_number_seed_and_item_alone():
    sound = tone(seconds=0.5)
    first = altered(0)(sound, RATE, "cafe_restaurant_00", "")
    assert np.array_equal(first, altered(0)(sound, RATE, "cafe_restaurant_00", ""))
    others = [altered(1), altered(0).seeded(1)]
    assert all(not np.array_equal(first, one(sound, RATE, "cafe_restaurant_00", "")) for one in others)
    assert not np.array_equal(first, altered(0)(sound, RATE, "cafe_restaurant_04", ""))
