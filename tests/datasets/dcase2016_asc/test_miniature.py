import warnings

import numpy as np
import pytest
import soundfile

from datasets.dcase2016_asc import DCASE2016ASC
from datasets.dcase2016_asc.layout import CLASSES, DEVELOPMENT, EVALUATION, FOLDS
from datasets.dcase2016_asc.miniature import write
from datasets.dcase2016_asc.scenes.parametric import SCENES, render
from datasets.errors import DataError


def test_it_has_the_files_of_the_records(tiny):
    names = {path.relative_to(tiny / DEVELOPMENT).as_posix() for path in (tiny / DEVELOPMENT).rglob("*.txt")}
    folds = {f"evaluation_setup/fold{fold}_{kind}.txt" for fold in FOLDS for kind in ("train", "test", "evaluate")}
    assert names == {"meta.txt", "error.txt", "LICENCE.txt", *folds}
    names = {path.relative_to(tiny / EVALUATION).as_posix() for path in (tiny / EVALUATION).rglob("*.txt")}
    assert names == {"meta.txt", "LICENCE.txt", "evaluation_setup/evaluate.txt", "evaluation_setup/test.txt"}
    numbers = sorted(int(path.stem) for path in (tiny / EVALUATION / "audio").iterdir())
    assert numbers == list(range(1, 16))
    assert len(list((tiny / DEVELOPMENT / "audio").glob("[ab][0-9][0-9][0-9]_0_30.wav"))) == 60


def test_lists_have_the_orders_of_the_real_ones(tiny):
    meta = (tiny / DEVELOPMENT / "meta.txt").read_text().splitlines()
    assert meta == sorted(meta)
    train = (tiny / DEVELOPMENT / "evaluation_setup" / "fold1_train.txt").read_text().splitlines()
    scenes = [line.split("\t")[1] for line in train]
    assert scenes == sorted(scenes, key=CLASSES.index) and train != sorted(train)
    evaluation = (tiny / EVALUATION / "meta.txt").read_text().splitlines()
    assert evaluation != sorted(evaluation)


@pytest.mark.filterwarnings("ignore:pkg_resources")
def test_dcase_util_reads_it_as_the_real_set(tiny):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dcase_util.datasets import TUTAcousticScenes_2016_DevelopmentSet, TUTAcousticScenes_2016_EvaluationSet
    dataset = DCASE2016ASC(tiny)
    theirs = TUTAcousticScenes_2016_DevelopmentSet(data_path=str(tiny))
    theirs.load()
    assert theirs.scene_labels() == list(dataset.classes) and theirs.folds() == list(dataset.folds)
    for fold in FOLDS:
        lists = (theirs.train(fold), theirs.eval(fold))
        told = [[(item.filename.split("/")[-1], item.scene_label) for item in one] for one in lists]
        truth = dataset.truth("test")["label"]
        assert told[0] == [(item, truth[item]) for item in dataset.training_list(fold)]
        assert told[1] == [(item, truth[item]) for item in dataset.test_list(fold)]
        assert [item.filename.split("/")[-1] for item in theirs.test(fold)] == list(dataset.test_list(fold))
    theirs = TUTAcousticScenes_2016_EvaluationSet(data_path=str(tiny))
    theirs.load()
    told = {item.filename.split("/")[-1]: item.scene_label for item in theirs.meta}
    assert told == dict(dataset.truth("evaluation")["label"])


def test_items_are_24_bit_stereo_and_differ_in_level_by_location(tiny):
    levels = []
    for path in sorted(tiny.glob("*/audio/*.wav")):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype, info.frames) == (44100, 2, "PCM_24", 4410)
        samples = soundfile.read(path)[0]
        assert not np.allclose(samples[:, 0], samples[:, 1]) and np.abs(samples).max() < 1
        levels.append(10 * np.log10(np.mean(samples**2)))
    assert max(levels) - min(levels) > 10


@pytest.mark.parametrize("scene", CLASSES)
def test_a_scene_is_the_same_for_the_same_draws_and_another_for_others(scene):
    def made(place, take):
        return render(scene, 0.2, np.random.default_rng(place), np.random.default_rng(take))

    assert np.array_equal(made(1, 2), made(1, 2)) and made(1, 2).shape == (8820, 2)
    assert not np.allclose(made(1, 2), made(1, 3)) and not np.allclose(made(1, 2), made(4, 2))
    assert np.isfinite(made(5, 6)).all()


def test_every_scene_has_a_recipe_of_its_own():
    assert tuple(SCENES) == CLASSES
    assert len({repr((scene.beds, scene.events)) for scene in SCENES.values()}) == len(CLASSES)


def test_more_items_of_each_location_are_further_parts_of_its_recording(tmp_path):
    write(tmp_path / "more", clip_seconds=0.05, items=2)
    dataset = DCASE2016ASC(tmp_path / "more")
    assert len(dataset.truth("test")) == 120 and dataset.truth("test")["unit"].nunique() == 60
    assert all(item.endswith(("_0_30.wav", "_30_60.wav")) for item in dataset.truth("test").index)
    with pytest.raises(DataError, match="a miniature needs items, not 0 of"):
        write(tmp_path / "none", items=0)
