import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datasets.dcase2017_rare import DCASE2017Rare
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION, Layout
from datasets.dcase2017_rare.miniature import EVENTS, write
from datasets.dcase2017_rare.mixtures.event_lists import read_event_list
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS


def small(root: Path, **changes):
    write(root, **{"background_seconds": 1.0, "evaluation_mixtures": 2, **changes})
    return root


def test_has_the_real_layout(miniature_rare):
    files = {path.relative_to(miniature_rare).as_posix() for path in miniature_rare.rglob("*")}
    synthesizer = "TUT_Rare_sound_events_mixture_synthesizer"
    mixtures = DCASE2017Rare(miniature_rare).params("evaltest").hash
    assert files >= {
        f"{DEVELOPMENT}/README.md",
        f"{DEVELOPMENT}/data/mixture_data/EULA.pdf",
        f"{DEVELOPMENT}/data/source_data/bgs/EULA.pdf",
        f"{DEVELOPMENT}/data/source_data/bgs/audio/a001_0_30.wav",
        f"{DEVELOPMENT}/data/source_data/bgs/bg_screening.csv",
        f"{DEVELOPMENT}/data/source_data/bgs/error.txt",
        f"{DEVELOPMENT}/data/source_data/cv_setup/bgs_devtest.yaml",
        f"{DEVELOPMENT}/data/source_data/cv_setup/events_devtrain.yaml",
        f"{DEVELOPMENT}/{synthesizer}/mixing_params.yaml",
        f"{DEVELOPMENT}/{synthesizer}/mixing_params_devtest_dcase_fixed.yaml",
        f"{EVALUATION}/LICENSE.txt",
        f"{EVALUATION}/FREESOUNDCREDITS.txt",
        f"{EVALUATION}/{synthesizer}/mixing_params_evaltest.yaml",
        f"{EVALUATION}/data/source_data/bgs/audio/1.wav",
        f"{EVALUATION}/data/source_data/cv_setup/events_evaltest.yaml",
        f"{EVALUATION}/data/mixture_data/evaltest/{mixtures}/meta/mixture_recipes_evaltest_babycry.yaml",
        f"{EVALUATION}/data/mixture_data/evaltest/{mixtures}/meta/event_list_evaltest_gunshot.csv",
    }
    for audio in Layout(miniature_rare).source_data("devtrain").glob("events/*/*.wav"):
        assert audio.with_suffix(".yaml").is_file()


def test_formats_and_quirks_are_those_of_the_real_set(miniature_rare):
    dataset = DCASE2017Rare(miniature_rare)
    sources = dataset.sources("devtrain")
    background = soundfile.info(sources.background_path(sources.backgrounds[0].filepath))
    assert (background.samplerate, background.channels, background.subtype) == (44100, 2, "PCM_24")
    ready = soundfile.info(dataset.layout.ready_audio("evaltest")[0])
    assert (ready.samplerate, ready.channels, ready.subtype) == (44100, 1, "PCM_24")
    originals = [soundfile.info(sources.event_path(one.path)) for one in sources.events["gunshot"]]
    assert {(one.samplerate, one.channels) for one in originals} == {(44100, 1), (48000, 2), (44100, 2)}
    paths = [one.path for one in sources.events["gunshot"]]
    assert len(set(paths)) < len(paths)  # some originals hold two events
    for subset in ("devtrain", "devtest"):
        some = dataset.sources(subset)
        assert {one.filepath for one in some.backgrounds} & some.flagged["babycry"]
    assert any("/" in one.classname for one in sources.backgrounds)


@pytest.mark.parametrize("label", CLASSES)
def test_published_lists_tell_where_the_events_are(miniature_rare, label):
    dataset = DCASE2017Rare(miniature_rare, label)
    lines = {line.name: line for line in read_event_list(dataset.layout.event_list("evaltest", label))}
    reference = dataset.mixtures("evaltest").reference()
    assert set(lines) == set(reference.index) and sum(line.label == label for line in lines.values()) == 1
    for item, row in reference[reference["label"] == label].iterrows():
        assert (lines[item].onset, lines[item].offset) == (row["onset"], row["offset"])


@pytest.mark.parametrize("label", CLASSES)
def test_events_stand_out_in_their_own_part_of_the_spectrum(label):
    """The share of energy below 1.5 kHz tells shots from breaking glass; cries are tonal."""
    sound, _, _ = EVENTS[label]
    time = np.arange(44100) / 44100
    low, peaky = [], []
    for seed in range(10):
        power = np.abs(np.fft.rfft(sound(time, np.random.default_rng(seed)))) ** 2
        low.append(power[:1500].sum() / power.sum())
        peaky.append(np.sort(power)[-200:].sum() / power.sum())
    share, tonal = np.median(low), np.median(peaky)
    assert {"babycry": tonal > 0.6, "glassbreak": share < 0.2, "gunshot": share > 0.5 and tonal < 0.6}[label]


def test_is_written_once_and_seed_alone_decides(tmp_path):
    root = small(tmp_path / "a")
    fingerprint = DCASE2017Rare(root).fingerprint()
    clip = next(root.rglob("*.wav"))
    stamp = clip.stat().st_mtime_ns
    small(root)
    assert clip.stat().st_mtime_ns == stamp
    clip.unlink()
    small(root)
    assert DCASE2017Rare(root).fingerprint() == fingerprint
    small(root, seed=1)
    assert json.loads((root / "miniature.json").read_text())["seed"] == 1
    assert DCASE2017Rare(root).fingerprint() != fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_declares_what_it_has(miniature_rare):
    declared = json.loads((miniature_rare / "miniature.json").read_text())
    assert declared["expected"]["background_seconds"] == 3.0
    sources = {subset: DCASE2017Rare(miniature_rare).sources(subset) for subset in SUBSETS}
    assert declared["expected"]["backgrounds"] == {name: len(one.backgrounds) for name, one in sources.items()}
