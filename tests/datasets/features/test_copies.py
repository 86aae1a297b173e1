import librosa
import numpy as np
import pytest

from datasets.features.copies import (
    NONE,
    SHIFT,
    SHIFTED,
    STRETCH,
    STRETCHED,
    delayed,
    fit_length,
    pitch_shift,
    time_stretch,
)

RATE = 44100


def tone(frequency=440.0, seconds=1.0):
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def noise(seconds=0.5, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def peak_frequency(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    return spectrum.argmax() * RATE / (1 << 18)


def ended_at(samples, level=0.05):
    return np.flatnonzero(np.abs(samples) > level)[-1]


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.1, 1.3])
def test_stretch_keeps_the_pitch_and_changes_the_length(factor):
    rise = np.clip(np.arange(RATE) / RATE * 10 - 1, 0, 1).astype(np.float32)
    found = time_stretch(tone() * rise, factor)
    assert found.dtype == np.float32
    assert len(found) == round(RATE / factor)
    assert peak_frequency(found) == pytest.approx(440.0, abs=1.0)
    assert np.abs(found[len(found) // 2 : -6000]).max() == pytest.approx(0.5, rel=0.15)


@pytest.mark.parametrize("factor", [0.8, 1.3])
def test_stretch_is_librosas_but_for_the_edges(factor):
    # The two mirror and zero-pad the ends, which the running phases of slowed sounds remember.
    chirp = librosa.chirp(fmin=200, fmax=4000, sr=RATE, duration=1.0).astype(np.float32)
    mine, theirs = time_stretch(chirp, factor), librosa.effects.time_stretch(chirp, rate=factor)
    assert len(mine) == len(theirs)
    spectra = [np.abs(librosa.stft(x))[:, 5:-5] for x in (mine, theirs)]
    assert np.corrcoef(spectra[0].ravel(), spectra[1].ravel())[0, 1] > 0.98


@pytest.mark.parametrize("semitones", [-3.5, -1.0, 0.0, 2.37, 3.5])
def test_shift_keeps_the_length_and_changes_the_pitch(semitones):
    found = pitch_shift(tone(), semitones)
    assert len(found) == RATE
    assert peak_frequency(found) == pytest.approx(440.0 * 2 ** (semitones / 12), abs=1.0)
    assert ended_at(found) > RATE - 2000


def test_length_is_cut_or_padded_at_the_end():
    values = np.arange(1, 6, dtype=np.float32)
    assert fit_length(values, 3).tolist() == [1, 2, 3]
    assert fit_length(values, 7).tolist() == [1, 2, 3, 4, 5, 0, 0]


@pytest.mark.parametrize("kind", [STRETCHED, SHIFTED], ids=lambda kind: kind.name)
def test_copy_depends_on_item_and_kind_alone(kind):
    samples = noise()
    first = kind(samples, RATE, "1-1-A-0.wav", "dog")
    kind(samples, RATE, "1-2-A-0.wav", "dog")  # another draw in between
    assert np.array_equal(first, kind(samples, RATE, "1-1-A-0.wav", "rain"))
    assert not np.array_equal(first, kind(samples, RATE, "1-2-A-0.wav", "dog"))
    assert first.shape == samples.shape


def test_factors_fill_the_papers_range():
    marker = tone(seconds=2.0)
    marker[RATE // 2 :] = 0  # the tone ends after half a second, or half a second by the factor
    factors = []
    for number in range(40):
        stretched = STRETCHED(marker, RATE, f"item {number}", "dog")
        factors.append(RATE / 2 / ended_at(stretched))
    assert STRETCH[0] - 0.06 < min(factors) < 0.9
    assert 1.2 < max(factors) < STRETCH[1] + 0.06


def test_shifts_fill_the_papers_range():
    found = [peak_frequency(SHIFTED(tone(seconds=0.5), RATE, f"item {k}", "dog")) for k in range(40)]
    semitones = 12 * np.log2(np.array(found) / 440.0)
    assert SHIFT[0] - 0.1 < semitones.min() < -2.5
    assert 2.5 < semitones.max() < SHIFT[1] + 0.1


def test_none_is_the_clip():
    samples = noise()
    assert NONE(samples, RATE, "x", "dog") is samples


def test_delayed_copy_is_the_whole_clip_behind_silence():
    samples = noise()
    delays = []
    for number in range(20):
        found = delayed(number)(samples, RATE, "x", "dog")
        delays.append(len(found) - len(samples))
        assert not found[: delays[-1]].any()
        assert np.array_equal(found[delays[-1] :], samples)
    assert 0 <= min(delays) < RATE / 4
    assert 3 * RATE / 4 < max(delays) < RATE
