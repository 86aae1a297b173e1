import json

import numpy as np
import pytest
import soundfile

from datasets.errors import DataError
from datasets.maestro_real import MaestroReal
from datasets.maestro_real.layout import CLASSES, DEVELOPMENT, EVALUATION, ITEMS, SCENES, SCORED
from datasets.maestro_real.miniature import write
from datasets.maestro_real.scenes.annotators import ANNOTATORS, ERRORS, annotate
from datasets.maestro_real.scenes.events import SCENES as RECIPES
from datasets.maestro_real.scenes.events import Event, draw_events, presence
from datasets.maestro_real.scenes.parametric import SOUNDS, render


def test_it_has_official_names_and_five_recordings_of_every_scene(tiny):
    for record, count in ((DEVELOPMENT, 5), (EVALUATION, 1)):
        names = {scene: {path.stem for path in (tiny / record / scene).iterdir()} for scene in SCENES}
        assert all(len(some) == count and some <= set(ITEMS[record][scene]) for scene, some in names.items())
    dataset = MaestroReal(tiny)
    for fold in dataset.folds:
        assert [len(set(map(dataset.scene, frame.index))) for frame in dataset.parts(fold).named.values()] == [5] * 4


def test_recordings_are_16_bit_stereo_and_end_within_a_second(tiny):
    for item, seconds in MaestroReal(tiny).lists.durations.items():
        info = soundfile.info(MaestroReal(tiny).layout.audio(item))
        assert (info.samplerate, info.channels, info.subtype) == (44100, 2, "PCM_16")
        assert info.frames == round(seconds * 44100) and seconds % 1 > 0


def test_what_it_declares_is_how_its_labels_were_made(tiny):
    declared = json.loads((tiny / "miniature.json").read_text())
    assert declared["annotators"]["count"] == ANNOTATORS == 5
    assert declared["annotators"]["errors"] == {label: list(one) for label, one in ERRORS.items()}
    assert declared["recordings"][DEVELOPMENT] == dict.fromkeys(SCENES, 5) and declared["seconds"] == 3.5
    dataset = MaestroReal(tiny)
    for item in dataset.lists.durations:
        soft = dataset._soft(item)
        assert np.allclose(soft * ANNOTATORS, np.rint(soft * ANNOTATORS))
        heard = {label for label, on in zip(CLASSES, soft.any(axis=0), strict=True) if on}
        assert heard <= set(RECIPES[dataset.scene(item)])


def test_annotators_err_as_often_as_they_are_said_to():
    shares = np.zeros((4000, len(CLASSES)))
    shares[::2] = 1
    soft = annotate(shares, CLASSES, np.random.default_rng(0))
    for column, label in enumerate(CLASSES):
        assert 1 - soft[::2, column].mean() == pytest.approx(ERRORS[label].miss, abs=0.02)
        assert soft[1::2, column].mean() == pytest.approx(ERRORS[label].false_alarm, abs=0.02)
    asked = annotate(shares, ("car",), np.random.default_rng(0))
    assert asked[:, 1].any() and not np.delete(asked, 1, axis=1).any()


def test_a_second_is_shared_by_what_sounds_in_it():
    events = [Event("car", 0.25, 2.5, 0.0), Event("car", 0.5, 0.75, 0.0), Event("announcement", 2.9, 3.2, 0.0)]
    shares = presence(events, 3)
    assert np.allclose(shares[:, 1], [1.0, 1.0, 0.5]) and np.isclose(shares[2, CLASSES.index("announcement")], 0.1)
    assert np.isclose(shares.sum(), 2.6)


def test_every_class_has_a_sound_and_a_scene_and_is_heard_where_asked():
    assert tuple(SOUNDS) == CLASSES and tuple(RECIPES) == SCENES
    assert set().union(*RECIPES.values()) == set(CLASSES)
    for scene in SCENES:
        events = draw_events(scene, 12.0, np.random.default_rng(0), at_least=1)
        assert {event.label for event in events} == set(RECIPES[scene])
        assert all(0 <= event.onset < event.offset <= 12 for event in events)


@pytest.mark.parametrize("label", CLASSES)
def test_a_sound_is_finite_and_the_same_for_the_same_draws(label):
    def made(seed):
        return SOUNDS[label](np.arange(66150) / 44100, np.random.default_rng(seed))

    assert np.array_equal(made(1), made(1)) and not np.array_equal(made(1), made(2))
    assert np.isfinite(made(1)).all() and made(1).shape == (66150,) and made(1).std() > 0


def test_a_metro_that_comes_gets_louder_and_brighter_and_one_that_leaves_the_other_way_round():
    def shares(label):
        samples = SOUNDS[label](np.arange(4 * 44100) / 44100, np.random.default_rng(0))
        spectra = [np.abs(np.fft.rfft(half)) ** 2 for half in np.split(samples, 2)]
        return [one.sum() for one in spectra], [one[1280:].sum() / one.sum() for one in spectra]  # above 640 Hz

    for label, order in (("metro approaching", 1), ("metro leaving", -1)):
        (first, second), (dark, bright) = (pair[::order] for pair in shares(label))
        assert second > 2 * first and bright > 2 * dark


def test_a_recording_is_stereo_and_depends_on_its_draws():
    events = [Event("birds_singing", 0.2, 0.7, 6.0)]

    def made(seed):
        return render("residential_area", events, 44100, np.random.default_rng(seed))

    assert np.array_equal(made(1), made(1)) and made(1).shape == (44100, 2) and np.abs(made(1)).max() < 1
    assert not np.allclose(made(1)[:, 0], made(1)[:, 1]) and not np.allclose(made(1), made(2))


@pytest.mark.parametrize("options", [{"seconds": 1.5}, {"evaluation": 6}])
def test_a_miniature_that_would_hold_nothing_is_refused(tmp_path, options):
    with pytest.raises(DataError, match="a miniature needs recordings of 2 s or more, and at most 5 of evaluation"):
        write(tmp_path / "none", **options)


def test_scored_classes_are_among_those_of_some_scene_each():
    assert all(any(label in recipe for recipe in RECIPES.values()) for label in SCORED)
