"""An ear gives of a file what its data module gives of the test item; the data module is the oracle."""

import numpy as np
import pytest
import soundfile
import torch

from datasets import registry
from datasets.batches.hearing.ear import Ear, ear_of
from datasets.batches.hearing.sound import read_sound
from datasets.errors import DataError
from tests.conftest import written

CONDITIONER = {"class_path": "models.edc.EventConditioning", "init_args": {"alpha": 7.0}}
#: Data modules of every kind, as papers use them: dataset, arguments.
CASES = {
    "segments": ("esc50", {"subset": "esc10", "limit": 12}),
    "overlapping": ("esc50", {"subset": "esc10", "limit": 12, "segment_frames": 32, "segment_hop": 16}),
    "windows": (
        "esc50",
        {"subset": "esc10", "limit": 12, "extractor": "log_mel_delta_piczak", "segment_frames": 41, "segment_hop": 20},
    ),
    "vectors": ("esc50", {"subset": "esc10", "limit": 12, "extractor": "mfcc_zcr"}),
    "files": ("esc50", {"subset": "esc10", "limit": 12, "extractor": "mfcc_zcr_interleaved"}),
    "bands": (
        "dcase2016_asc",
        {"limit": 15, "extractor": "log_mel_scenes", "n_mels": 60, "standardize": "band", "segment_frames": 50},
    ),
    "frames of scenes": ("dcase2016_asc", {"limit": 15, "extractor": "mfcc_scenes", "segment_frames": None}),
    "clips": ("dcase2018_domestic", {"limit": 12}),
    "conditioned": ("dcase2018_domestic", {"limit": 12, "mode": "am", "conditioner": CONDITIONER}),
    "short clips": ("chime_home", {"limit": 12, "pad": "min"}),
    "chunks": ("dcase2017_rare", {"mixtures": 12, "chunk_frames": 32, "chunk_hop": 32, "n_mels": 16, "context": 2}),
    "seconds": ("maestro_real", {"chunk_seconds": 3, "limit": 8}),
    "labels of seconds": ("maestro_real", {"chunk_seconds": 3, "labels": "second", "hop": 800, "limit": 8}),
    "one pass": (
        "maestro_real",
        {"chunk_seconds": None, "sequence_frames": 4, "extractor": "magnitude_maestro", "standardize": True},
    ),
}


@pytest.fixture(scope="module")
def made(session_folder, tmp_path_factory):
    """The data module of a case, ready."""
    cache, kept = tmp_path_factory.mktemp("cache"), {}

    def make(case):
        name, options = CASES[case]
        if case not in kept:
            root = written(session_folder, name)
            module = getattr(__import__(f"datasets.{name}", fromlist=["x"]), DATA[name])
            kept[case] = module(root, cache=cache, **options)
            kept[case].setup()
        return kept[case]

    return make


DATA = {
    "esc50": "ESC50DataModule",
    "dcase2016_asc": "DCASE2016ASCDataModule",
    "dcase2017_rare": "DCASE2017RareDataModule",
    "dcase2018_domestic": "DCASE2018DomesticDataModule",
    "chime_home": "CHiMEHomeDataModule",
    "maestro_real": "MaestroRealDataModule",
}


def test_every_dataset_has_a_case():
    assert {name for name, _ in CASES.values()} == set(registry.names()) == set(DATA)


def sound_of(module, folder):
    """A test item and its sound in a file of floats, which loses nothing."""
    name, items = next(iter(module.test_sets.items()))
    load = module.recordings(name).load if hasattr(module, "recordings") else module.dataset.load
    path = folder / "item.wav"
    soundfile.write(path, load(items[0]), module.extractor.rate, subtype="FLOAT")
    return path


def tensors(x):
    return [x] if isinstance(x, torch.Tensor) else [one for one in x if one is not None]


@pytest.mark.parametrize("case", CASES)
def test_a_test_item_is_heard_as_its_data_module_gives_it(case, made, tmp_path):
    module = made(case)
    facts = module.ear().facts()
    torch.save(facts, tmp_path / "facts.pt")  # plain values and tensors survive without anything being unpickled
    ear = ear_of(torch.load(tmp_path / "facts.pt", weights_only=True))
    assert isinstance(ear, Ear) and ear.task == module.task and ear.classes == tuple(module.classes)
    (piece,) = ear(sound_of(module, tmp_path)).pieces
    if facts["class_path"].endswith("VectorEar"):
        expected = torch.from_numpy(module.arrays(next(iter(module.test_sets)))[0][:1])
        piece = piece._replace(x=torch.from_numpy(piece.x))
    else:
        batch = next(iter(module.predict_dataloader()[0]))
        expected = batch if not isinstance(batch, torch.Tensor) else batch[:1]
    for one, other in zip(tensors(piece.x), tensors(expected), strict=True):
        # A batch may repeat segments of clips that have fewer than others.
        other = other[:, : one.shape[1]] if one.ndim == 5 else other
        assert one.dtype == other.dtype and torch.equal(one, other)


@pytest.mark.parametrize("case", CASES)
def test_parts_lie_where_they_are_heard(case, made, tmp_path):
    heard = made(case).ear()(sound_of(made(case), tmp_path))
    (piece,) = heard.pieces
    if piece.spans is None:
        assert case in ("vectors", "files", "frames of scenes", "windows")
        return
    begins, ends = piece.spans.T
    assert begins[0] == 0 and (np.diff(begins) > 0).all() and (ends > begins).all()
    assert abs(ends[-1] - heard.seconds) < 1.5  # less than a segment is left


def noise(path, seconds, rate=44100, channels=1):
    samples = np.random.default_rng(0).normal(0, 0.1, (max(1, round(seconds * rate)), channels))
    soundfile.write(path, samples, rate)
    return path


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("seconds", "rate", "channels"), [(0.01, 44100, 1), (9.3, 96000, 8), (31.0, 8000, 2)])
def test_any_length_rate_and_number_of_channels_is_heard(case, seconds, rate, channels, made, tmp_path):
    if case == "files" and channels == 8:
        pytest.skip("its extractor reads files itself, as the notebook did")
    heard = made(case).ear()(noise(tmp_path / "noise.wav", seconds, rate, channels))
    assert heard.pieces and heard.seconds == pytest.approx(seconds, abs=0.01)
    assert all(one.isfinite().all() for piece in heard.pieces for one in map(torch.as_tensor, tensors_of(piece.x)))
    assert any("resampled" in note for note in heard.notes) == (rate != made(case).extractor.rate)
    assert any("channels" in note for note in heard.notes) == (channels > 1)


def tensors_of(x):
    return [x] if isinstance(x, np.ndarray) else tensors(x)


def test_what_is_judged_together_is_what_is_judged_alone(made, tmp_path):
    ear = made("overlapping").ear()
    heard = ear(noise(tmp_path / "noise.wav", 20.0))
    assert [piece.x.shape[1] for piece in heard.pieces] == [64, 42]
    features = ear.extractor(read_sound(tmp_path / "noise.wav", 44100).samples, 44100)
    whole = (torch.from_numpy(features) - ear.mean[:, None, None]) / ear.std[:, None, None]
    for place, x in enumerate(torch.cat([piece.x[0] for piece in heard.pieces])):
        assert torch.equal(x, whole[:, :, 16 * place : 16 * place + 32])


def test_resampling_keeps_a_tone_and_channels_are_averaged(tmp_path):
    times = np.arange(48000) / 48000
    tone = np.sin(2 * np.pi * 440 * times)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, 0 * tone], axis=1), 48000, subtype="FLOAT")
    sound = read_sound(tmp_path / "tone.wav", 16000)
    wanted = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000) / 2
    assert sound.rate == 16000 and len(sound.samples) == 16000 and sound.seconds == 1.0
    assert np.abs(sound.samples - wanted)[500:-500].max() < 1e-3


def test_what_is_no_sound_is_one_line(tmp_path):
    (tmp_path / "text.wav").write_text("hello\n")
    (tmp_path / "empty.wav").touch()
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 44100)
    soundfile.write(tmp_path / "silent.wav", np.zeros(44100), 44100)
    cut = noise(tmp_path / "cut.wav", 1.0)
    cut.write_bytes(cut.read_bytes()[:5000])
    for name, said in (
        ("text", "not decodable"), ("empty", "0 bytes"), ("none", "0 frames"), ("silent", "zero"), ("cut", "truncated"),
        ("missing", "no such file"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=said) as found:
            read_sound(tmp_path / f"{name}.wav", 44100)
        assert "\n" not in str(found.value) and f"{name}.wav" in str(found.value)
    with pytest.raises(DataError, match="is no file"):
        read_sound(tmp_path, 44100)


def test_hours_are_to_be_cut_first(tmp_path):
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 8, 1, subtype="PCM_U8") as file:
        file.write(np.zeros(8 * 3700))
    with pytest.raises(DataError, match="too long"):
        read_sound(tmp_path / "long.wav", 44100)


EXTRACTOR = {"class_path": "datasets.features.log_gammatone.LogGammatone", "init_args": {}}
GOOD = {
    "class_path": "datasets.batches.hearing.clips.ClipEar", "extractor": EXTRACTOR, "classes": ["dog"],
    "mean": torch.zeros(2), "std": torch.ones(2), "segment_frames": 128, "segment_hop": 64,
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"class_path": "os.system"},
        {"class_path": "datasets.batches.hearing.ear.cut"},
        {"class_path": "datasets.batches.hearing.ear.Path"},
        {"class_path": "datasets.batches.hearing.nothing.Ear"},
        {"extractor": {"class_path": "os.system", "init_args": {"command": "touch bad"}}},
        {"extractor": {"class_path": "subprocess.Popen", "init_args": {"args": ["touch", "bad"]}}},
        {"extractor": None},
        {"extractor": {**EXTRACTOR, "init_args": {"loud": 1}}},
        {"classes": []},
        {"mean": "0"},
        {"mean": torch.tensor([float("nan")] * 2)},
        {"segment_length": 3},
    ],
)
def test_facts_of_somebody_elses_make_no_other_object(change, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ear_of(GOOD).classes == ("dog",)
    with pytest.raises(DataError, match="not told rightly"):
        ear_of({**GOOD, **change})
    assert not list(tmp_path.iterdir())


def test_a_conditioner_of_somebody_elses_runs_no_other_code(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = made("conditioned").ear().facts()
    for path, arguments in (("os.system", {"command": "touch bad"}), ("subprocess.Popen", {"args": ["touch", "bad"]})):
        ear = ear_of({**facts, "conditioner": {"class_path": path, "init_args": arguments}})
        with pytest.raises(DataError, match="conditioner"):
            ear(noise(tmp_path / "noise.wav", 1.0))
    assert [one.name for one in tmp_path.iterdir()] == ["noise.wav"]
