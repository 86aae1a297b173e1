import importlib
import logging
import sys

import numpy as np
import pytest
import scipy.fft

from datasets.errors import DataError
from datasets.features import Extractor, extractors, make_extractor, stft
from datasets.features.cache import FeatureCache
from datasets.features.copies import SHIFTED, STRETCHED, delayed
from datasets.features.signatures import signature
from datasets.features.signatures.marks import differences
from datasets.features.signatures.signature import mark_of, of_copy, of_extractor, of_readers
from datasets.features.signatures.trial import trial_sound
from tests.datasets.batches.fake_clips import FakeClips
from tests.mutated import mutated

#: The modules that features are made by, those first that others import.
MODULES = [
    f"datasets.features.{name}"
    for name in (
        "stft", "delta", "log_mel", "log_mel_rare", "log_mel_edc", "log_mel_scenes", "log_gammatone", "mfcc_zcr",
        "mfcc_scenes", "released", "maestro",
    )
]  # fmt: skip
COPIES = ["datasets.features.copies", "datasets.esc50.copies"]

MUTATIONS = {
    "log_gammatone_delta": [
        ("log_gammatone", 'window("hamming"', 'window("hann"'),
        ("log_gammatone", "np.float32(self.floor)", "np.float32(1e-9)"),
        ("log_gammatone", "response**2", "response"),
        ("log_gammatone", "BANDWIDTH_IN_ERB = 1.019", "BANDWIDTH_IN_ERB = 1.018"),
        ("log_gammatone", "high + offset) * np.exp", "high + offset) * 1.001 * np.exp"),
        ("delta", "WIDTH = 9", "WIDTH = 7"),
        ("delta", "slope[..., :1]", "slope[..., 1:2]"),
        ("delta", "np.float32(step) * (after", "np.float32(1) * (after"),
        ("stft", "fftbins=True", "fftbins=False"),
        ("stft", 'mode="reflect"', 'mode="edge"'),
        ("stft", "[::hop]", "[::hop + 1]"),
        ("stft", "power += np.square(spectrum.imag)", "pass"),
    ],
    "log_gammatone_statistics": [
        ("log_gammatone", "level.std(axis=1)", "level.std(axis=1, ddof=1)"),
        ("log_gammatone", "level.mean(axis=1)", "np.median(level, axis=1)"),
    ],
    "log_mel_delta_piczak_coded": [
        ("log_mel", "(9.0, 7.0, 4.0)", "(9.0, 7.0, 3.0)"),
        ("log_mel", "samples[:: self", "samples[1 :: self"),
    ],
    "log_mel_delta_piczak": [
        ("log_mel", 'window("hann"', 'window("hamming"'),
        ("log_mel", "kept = levels[means > self.silence_db]", "kept = levels[means > -200]"),
        ("log_mel", "clip = clip / np.abs(clip).max()", "pass"),
        ("log_mel", "self.hop * self.step", "self.hop * self.step // 2"),
        ("log_mel", "np.float32(4 - j)", "np.float32(j - 4)"),
        ("log_mel", "(bins - edges[:-2, None])", "(bins - 1 - edges[:-2, None])"),
        ("stft", "level.max() - np.float32(top_db)", "level.max() - np.float32(90)"),
    ],
    "log_mel_edc": [
        ("log_mel_edc", "samples + EPSILON", "samples"),
        ("log_mel_edc", "constant_values=fill", "constant_values=fill - 1"),
        ("log_mel_rare", "bands += np.float32(np.spacing(1.0))", "bands += np.float32(1e-10)"),
        ("stft", "np.sqrt(power, out=power)", "pass"),
    ],
    "log_mel_mtfa": [
        ("log_mel_rare", "np.float32(self.floor)", "np.float32(1e-9)"),
        ("log_mel_rare", "magnitude: ClassVar[bool] = False", "magnitude: ClassVar[bool] = True"),
        ("log_mel_rare", 'window("hamming"', 'window("hann"'),
        ("log_mel_rare", "np.log(self", "np.log10(self"),
    ],
    "log_mel_baseline": [("stft", "fftbins=True", "fftbins=False"), ("stft", "length // 2, mode", "length // 4, mode")],
    "log_mel_cakir": [
        ("log_mel_rare", "2595.0, 700.0", "2595.0, 701.0"),
        ("log_mel_rare", "htk: ClassVar[bool] = True", "htk: ClassVar[bool] = False"),
    ],
    "log_mel_scenes": [
        ("log_mel_scenes", 'window("hamming"', 'window("hann"'),
        ("log_mel_scenes", "np.float32(self.floor)", "np.float32(1e-9)"),
        ("log_mel_scenes", "np.log(bands", "np.log10(bands"),
        ("log_mel_scenes", "SHORTEST_FFT = 2048", "SHORTEST_FFT = 4096"),
        ("log_mel", "(bins - edges[:-2, None])", "(bins - 1 - edges[:-2, None])"),
    ],
    "magnitude_maestro": [
        ("maestro", 'window("hann", self.n_fft)', 'window("hamming", self.n_fft)'),
        ("maestro", "magnitude=True", "magnitude=False"),
        ("maestro", "n_fft: int = 17640", "n_fft: int = 16384"),
        ("stft", 'mode="reflect"', 'mode="constant"'),
    ],
    "log_mel_maestro": [
        ("maestro", "(self.n_fft - self.hop) // 2", "self.n_fft // 2"),
        ("maestro", "softening: float = 1e-9", "softening: float = 1e-4"),
        ("maestro", "floor: float = 1e-5", "floor: float = 1e-6"),
        ("maestro", "apart: bool = False", "apart: bool = True"),
        ("maestro", "np.sqrt(power)", "power"),
        ("maestro", "hz_to_mel(bottom)", "hz_to_mel(0.0)"),
    ],
    "mfcc_scenes": [
        ("mfcc_scenes", 'window("hamming", self.n_fft)', 'window("hamming", 1764)'),
        ("delta", 'norm="ortho"', "norm=None"),
        ("delta", "[:, :n_mfcc]", "[:, 1 : n_mfcc + 1]"),
        ("delta", "/ (2.0 * sum", "/ (1.0 * sum"),
        ("delta", 'mode="edge"', 'mode="constant"'),
    ],
    "mfcc_zcr": [
        ("mfcc_zcr", 'norm="ortho"', "norm=None"),
        ("mfcc_zcr", "[1 : self.n_mfcc]", "[0 : self.n_mfcc - 1]"),
        ("mfcc_zcr", "mfcc.std(axis=1)", "mfcc.std(axis=1, ddof=1)"),
        ("mfcc_zcr", "+ 0.5) / 32767.5", ") / 32768"),
        ("mfcc_zcr", "zcr.std()", "zcr.var()"),
    ],
    "mfcc_zcr_interleaved": [
        ("mfcc_zcr", "/ 32768).reshape(-1)", "/ 32768).T.reshape(-1)"),
        ("mfcc_zcr", "fill_value=0.0", "fill_value=0.1"),
    ],
    "released_log_mel": [("released", "return samples", "return samples - 1")],
}  # fmt: skip

COPY_MUTATIONS = {
    "stretch": [
        ("features.copies", "draw.uniform(*STRETCH)", "draw.uniform(*SHIFT) ** 2"),
        ("features.copies", "N_FFT, HOP = 2048, 512", "N_FFT, HOP = 2048, 256"),
        ("features.copies", '"augment", VERSION', '"copies", VERSION'),
    ],
    "shift": [
        ("features.copies", "1.0 / ratio)", "ratio)"),
        ("features.copies", "(0.8, 1.3), (-3.5, 3.5)", "(0.8, 1.3), (-3.5, 3.0)"),
    ],
    "delay-1": [("features.copies", "np.zeros(draw.integers(rate)", "np.zeros(draw.integers(rate // 2)")],
    "class-1": [
        ("esc50.copies", '"rooster": (2,', '"rooster": (1,'),
        ("esc50.copies", "[silence, samples]", "[samples, silence]"),
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(signature, "_KNOWN", {})


def all_copies(features_copies, esc50_copies):
    """One copy of every kind by name."""
    kinds = (features_copies.STRETCHED, features_copies.SHIFTED, features_copies.delayed(1), esc50_copies.by_class(1))
    return {one.name: one for one in kinds}


def present_copies():
    return all_copies(*(importlib.import_module(name) for name in COPIES))


@pytest.mark.parametrize("name", sorted(extractors()))
def test_an_extractor_has_one_signature(name, monkeypatch):
    first = of_extractor(make_extractor(name))
    monkeypatch.setattr(signature, "_KNOWN", {})
    assert of_extractor(make_extractor(name)) == first
    assert differences({"extractor": first}, {"extractor": first}) == []
    assert MUTATIONS[name], "name some changes that its signature must notice"


@pytest.mark.parametrize(
    ("name", "where", "old", "new"), [(name, *one) for name, some in MUTATIONS.items() for one in some]
)
def test_a_change_of_an_extractors_code_changes_its_signature(name, where, old, new, monkeypatch):
    kept = {"extractor": of_extractor(make_extractor(name))}
    mutated(monkeypatch, MODULES, f"datasets.features.{where}", old, new)
    assert differences(kept, {"extractor": of_extractor(make_extractor(name))}) == ["extractor"]


@pytest.mark.parametrize(
    ("name", "where", "old", "new"), [(name, *one) for name, some in COPY_MUTATIONS.items() for one in some]
)
def test_a_change_of_a_copys_code_changes_its_signature(name, where, old, new, monkeypatch):
    kept = {"copy": of_copy(present_copies()[name], 44100)}
    mutated(monkeypatch, COPIES, f"datasets.{where}", old, new)
    changed = {"copy": of_copy(present_copies()[name], 44100)}
    assert differences(kept, changed) == ["copy"]


def test_single_and_double_precision_have_one_signature(monkeypatch):
    names, copies = sorted(extractors()), present_copies()

    def all_marks():
        monkeypatch.setattr(signature, "_KNOWN", {})
        marks = [{"extractor": of_extractor(make_extractor(name))} for name in names]
        return marks + [{"copy": of_copy(one, 44100)} for one in copies.values()]

    single = all_marks()
    import torch

    rfft, transform, apply = scipy.fft.rfft, torch.stft, stft.FilterBank.apply
    monkeypatch.setattr(
        scipy.fft, "rfft", lambda x, n, axis, **_: rfft(x.astype(np.float64), n, axis=axis).astype(np.complex64)
    )
    monkeypatch.setattr(stft.FilterBank, "apply", lambda self, power, out: apply(self, power.astype(np.float64), out))
    monkeypatch.setattr(
        torch, "stft", lambda x, *a, window, **k: transform(x.double(), *a, window=window.double(), **k).cfloat()
    )
    double = all_marks()
    assert single != double
    assert [differences(one, other) for one, other in zip(single, double, strict=True)] == [[]] * len(single)


@pytest.mark.parametrize("found", [None, {}, [], "x", {"extractor": 1}, {"extractor": {"shape": [3], "rms": "a"}}])
def test_what_is_no_signature_differs(found):
    assert differences(found, {"extractor": mark_of(np.ones(3))}) == ["extractor"]


def test_a_signature_of_more_code_differs():
    one = mark_of(np.ones(3))
    assert differences({"extractor": one, "copy": one}, {"extractor": one}) == ["copy"]


def test_an_extractor_that_cannot_use_the_trial_sound_is_one_line():
    class Choosy(Extractor):
        name, rate, hop = "choosy", 8000, 1

        def params(self):
            return {}

        def __call__(self, samples, rate):
            raise ValueError("too many samples")

    with pytest.raises(DataError, match=r"^extractor choosy: cannot be tried .*too many samples.* `example`"):
        of_extractor(Choosy())


def test_the_trial_sound_has_what_faults_show_on():
    sound = trial_sound(44100)
    assert np.array_equal(sound, np.rint(sound * 32768) / 32768)  # the same on every machine
    assert not sound[2 * 44100 :].any() and 0.4 < np.abs(sound).max() < 1
    bands = np.abs(np.fft.rfft(sound[:44100]))[: 22000 // 100 * 100].reshape(100, -1).mean(axis=1)
    assert bands.min() > bands.max() / 1000  # something everywhere, so that no bin is nothing but rounding


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("samples.sum(axis=1", "samples.mean(axis=1"),
        ("soxr.resample(mono, found_rate, rate)", 'soxr.resample(mono, found_rate, rate, quality="LQ")'),
        ("np.rint(fitted * FULL_SCALE)", "np.floor(fitted * FULL_SCALE)"),
        ("mono[:frames]", "mono[-frames:]"),
        ("return samples, rate\n", "return samples[::-1], rate\n"),
    ],
)
def test_a_change_of_a_readers_code_changes_its_signature(old, new, monkeypatch):
    kept = {"readers": of_readers()}
    mutated(monkeypatch, ["datasets.audio", signature.__name__], "datasets.audio", old, new)
    assert differences(kept, {"readers": sys.modules[signature.__name__].of_readers()}) == ["readers"]


# -- what it is for -----------------------------------------------------------------------------------------------


def opened(folder, extractor, variant=None):
    dataset = FakeClips(per=1)
    items = list(dataset.index()["item"])[:3]
    labels = list(dataset.index()["label"])[:3]
    options = {} if variant is None else {"variant": variant}
    return FeatureCache(folder).open(dataset, extractor, items, labels, **options), dataset


def test_changed_code_never_reads_old_features_and_mended_code_never_reads_wrong_ones(tmp_path, monkeypatch, caplog):
    right = np.array(opened(tmp_path, make_extractor("log_gammatone_delta"))[0].array)
    with monkeypatch.context() as patch:
        patch.setattr(signature, "_KNOWN", {})
        wrong = mutated(
            patch, MODULES, "datasets.features.log_gammatone", 'window("hamming"', 'window("hann"'
        ).LogGammatone()
        with caplog.at_level(logging.WARNING):
            found, dataset = opened(tmp_path, wrong)
        assert dataset.loaded and np.abs(np.array(found.array) - right).max() > 0.1
        (line,) = caplog.messages
        assert ".npy: made by other code (another signature of extractor); extracting these features again" in line
    caplog.clear()
    found, dataset = opened(tmp_path, make_extractor("log_gammatone_delta"))
    assert np.array_equal(found.array, right) and len(caplog.messages) == 1
    assert set(found.signature) == {"readers", "clip", "extractor"}
    assert found.signature["extractor"] == of_extractor(make_extractor("log_gammatone_delta"))
    dataset.loaded.clear()
    assert opened(tmp_path, make_extractor("log_gammatone_delta"))[1].loaded == []


def test_a_dataset_that_gives_other_samples_of_the_same_files_never_reads_old_features(tmp_path, monkeypatch, caplog):
    right = np.array(opened(tmp_path, make_extractor("log_mel_baseline"))[0].array)
    load = FakeClips.load
    monkeypatch.setattr(FakeClips, "load", lambda self, item: load(self, item)[::-1])
    monkeypatch.setattr(signature, "_KNOWN", {})
    assert not np.array_equal(opened(tmp_path, make_extractor("log_mel_baseline"))[0].array, right)
    assert "made by other code (another signature of clip)" in caplog.text


@pytest.mark.parametrize("kind", [STRETCHED, SHIFTED, delayed(1)], ids=lambda kind: kind.name)
def test_every_seed_has_copies_of_its_own(tmp_path, kind):
    extractor = make_extractor("log_mel_delta_piczak")
    keys, arrays = [], []
    for seed in (0, 1, 0):
        found = opened(tmp_path, extractor, kind.seeded(seed))[0]
        keys.append(found.key)
        arrays.append(np.array(found.array))
    assert keys[0] == keys[2] != keys[1]
    assert arrays[0].shape != arrays[1].shape or not np.array_equal(arrays[0], arrays[1])
