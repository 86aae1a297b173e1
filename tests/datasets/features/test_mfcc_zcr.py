import librosa
import numpy as np
import pytest
import soundfile
from sklearn.neighbors import KNeighborsClassifier

from datasets.esc50 import ESC50DataModule
from datasets.features.mfcc_zcr import MfccZcr, MfccZcrInterleaved, zero_crossing_rate

RATE = 44100


def sixteen_bit(seconds=1.0, seed=0):
    values = np.random.default_rng(seed).normal(0, 3000, round(seconds * RATE)).astype(np.int16)
    return (values / 32768).astype(np.float32)


def test_mfcc_statistics_are_librosas():
    samples = sixteen_bit(2.0)
    raw = (samples.astype(np.float64) * 32768 + 0.5) / 32767.5
    level = librosa.power_to_db(
        librosa.feature.melspectrogram(y=raw, sr=RATE, n_fft=2048, hop_length=512, pad_mode="reflect")
    )
    mfcc = librosa.feature.mfcc(S=level, n_mfcc=13)[1:]
    found = MfccZcr()(samples, RATE)
    assert found.shape == (26,)
    assert found[:12] == pytest.approx(np.mean(mfcc, axis=1), abs=1e-3)
    assert found[12:24] == pytest.approx(np.std(mfcc, axis=1), abs=1e-3)


def test_crossings_of_known_signals():
    alternating = np.tile([1.0, -1.0], 512)
    assert zero_crossing_rate(alternating, 512) == pytest.approx([1.0, 1.0])
    one_change = np.concatenate([np.ones(100), -np.ones(412)])
    assert zero_crossing_rate(one_change, 512) == pytest.approx([1 / 511])
    assert zero_crossing_rate(np.ones(1000), 512) == pytest.approx([0.0, 0.0])


def test_a_sine_crosses_twice_per_period():
    tone = np.round(10000 * np.sin(2 * np.pi * 1000 * (np.arange(RATE) + 0.3) / RATE)) / 32768
    found = MfccZcr()(tone.astype(np.float32), RATE)
    assert found[24] == pytest.approx(2000 / RATE, rel=0.02)


def test_five_seconds_have_431_frames_of_crossings():
    assert len(zero_crossing_rate(np.ones(5 * RATE), 512)) == 431


def test_digital_silence_has_no_crossings():
    samples = sixteen_bit()
    samples[RATE // 2 :] = 0
    silent_half = zero_crossing_rate((samples[RATE // 2 :].astype(np.float64) * 32768 + 0.5) / 32767.5, 512)
    assert not silent_half.any()
    assert MfccZcr()(samples, RATE)[24] == pytest.approx(MfccZcr()(sixteen_bit(), RATE)[24] / 2, rel=0.05)


def test_another_rate_is_refused():
    with pytest.raises(ValueError, match="44100"):
        MfccZcr()(sixteen_bit(), 48000)


def test_stereo_is_read_as_the_notebook_read_it(tmp_path):
    extractor = MfccZcrInterleaved()
    left, right = np.full(5 * RATE, 0.25, dtype=np.float32), np.full(5 * RATE, -0.25, dtype=np.float32)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, right], axis=1), RATE, subtype="PCM_16")
    values = extractor.read(tmp_path / "stereo.wav")
    assert len(values) == 2 * 5 * RATE
    assert values[:4].tolist() == [0.25, -0.25, 0.25, -0.25]
    assert extractor(values, RATE)[24] == pytest.approx(1.0)  # every value crosses zero


@pytest.mark.parametrize(("rate", "seconds"), [(44100, 5.0), (44100, 4.2), (44100, 6.0), (48000, 5.0)])
def test_any_rate_and_length_is_read_as_five_seconds(tmp_path, rate, seconds):
    values = np.random.default_rng(0).uniform(-0.5, 0.5, round(seconds * rate))
    soundfile.write(tmp_path / "clip.wav", values, rate, subtype="PCM_16")
    found = MfccZcrInterleaved().read(tmp_path / "clip.wav")
    assert len(found) == 5 * rate
    known = min(len(found), len(values))
    assert found[:known] == pytest.approx(values[:known], abs=1e-4)
    assert not found[known:].any()


def test_official_clip_gives_the_same_either_way(tmp_path):
    samples = sixteen_bit(5.0)
    soundfile.write(tmp_path / "clip.wav", samples, RATE, subtype="PCM_16")
    interleaved = MfccZcrInterleaved()
    assert np.array_equal(interleaved(interleaved.read(tmp_path / "clip.wav"), RATE), MfccZcr()(samples, RATE))


@pytest.mark.real
@pytest.mark.slow
def test_nearest_neighbours_decide_as_published(data_root, tmp_path):
    # Piczak (2015), k-NN with 8 neighbours on ESC-10, accuracy in percent by fold; a fold has 80 clips.
    published = [58.7, 72.5, 67.5, 72.5, 62.5]
    found = []
    for fold in range(1, 6):
        data = ESC50DataModule(data_root / "esc50", fold=fold, subset="esc10", cache=tmp_path, extractor="mfcc_zcr")
        classifier = KNeighborsClassifier(8).fit(*data.arrays("train"))
        found.append(100 * classifier.score(*data.arrays("test")))
    assert found == pytest.approx(published, abs=2.5)
