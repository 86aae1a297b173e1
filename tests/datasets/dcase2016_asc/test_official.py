"""The official lists, against published facts about them."""

from collections import Counter

import pytest

from datasets.dcase2016_asc import DCASE2016ASC
from datasets.dcase2016_asc.census import take_census
from datasets.dcase2016_asc.layout import CLASSES, FOLDS
from datasets.dcase2016_asc.listing import location_of
from datasets.dcase2016_asc.splits import OFFICIAL_VALIDATION, choose_validation

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def dataset(official):
    return DCASE2016ASC(official)


def test_the_development_set_has_78_files_of_each_scene(dataset):
    scenes = dataset.development.scenes
    assert len(scenes) == 1170 and Counter(scenes.values()) == dict.fromkeys(CLASSES, 78)
    assert Counter(item[0] for item in scenes) == {"a": 591, "b": 579}
    assert len({location_of(item) for item in scenes}) == 177
    assert list(scenes) == sorted(scenes)


def test_the_folds_have_the_published_sizes_and_partition_the_set_by_location(dataset):
    folds = dataset.development.folds
    sizes = [(len(fold.train.rows), len(fold.test.rows)) for fold in folds.values()]
    assert sizes == [(880, 290), (880, 290), (872, 298), (878, 292)]
    assert sorted(item for fold in folds.values() for item in fold.test.by_item) == sorted(dataset.development.scenes)
    for fold in folds.values():
        places = [{location_of(item) for item in one.by_item} for one in (fold.train, fold.test)]
        assert not places[0] & places[1]


def test_the_evaluation_set_has_26_files_of_each_scene_at_other_locations(dataset):
    evaluation = dataset.evaluation
    assert len(evaluation.items) == 390 and Counter(evaluation.scenes.values()) == dict.fromkeys(CLASSES, 26)
    places = set(evaluation.units.values())
    assert len(places) == 71 and not places & {location_of(item) for item in dataset.development.scenes}
    # The PB-CNN paper's Fig. 9 calls 368 a train and 385 a bus.
    assert [evaluation.scenes[f"{number}.wav"] for number in (208, 368, 385)] == ["metro_station", "bus", "train"]


@pytest.mark.parametrize(("training", "folds"), [("folds", FOLDS), ("all", (1,)), ("leaky", FOLDS)])
def test_the_validation_file_is_what_the_rule_gives(official, training, folds):
    dataset = DCASE2016ASC(official, training=training)
    assert dataset.folds == folds
    written = dict(line.split("\t") for line in OFFICIAL_VALIDATION.read_text().splitlines())
    for fold in folds:
        listed = dataset.training_list(fold)
        name = {"folds": str(fold), "all": "all", "leaky": f"leaky {fold}"}[training]
        places = choose_validation({item: dataset.development.scenes[item] for item in listed}, name)
        assert written[name] == " ".join(sorted(places))
        validation = dataset.validation_list(fold)
        assert {location_of(item) for item in validation} == places
        assert not places & {location_of(item) for item in set(listed) - set(validation)}
        assert 0.145 < len(validation) / len(listed) < 0.155
        scenes = Counter(dataset.development.scenes[item] for item in validation)
        assert set(scenes) == set(CLASSES) and max(scenes.values()) <= 15


def test_the_leaky_splits_test_290_files_each_and_leak(official):
    dataset = DCASE2016ASC(official, training="leaky")
    tests = [dataset.test_list(fold) for fold in FOLDS]
    assert [len(test) for test in tests] == [290] * 4 and len(set().union(*tests)) == 1160
    for fold, test in zip(FOLDS, tests, strict=True):
        trained = {location_of(item) for item in dataset.training_list(fold)}
        assert len(dataset.training_list(fold)) == 880
        assert sum(location_of(item) in trained for item in test) / len(test) > 0.95


def test_all_training_has_all_files_and_no_test_list(official):
    dataset = DCASE2016ASC(official, training="all")
    assert len(dataset.training_list()) == 1170 and dataset.test_list() == ()
    assert (dataset.listed("train") + dataset.listed("validation"), dataset.listed("evaluation")) == (1170, 390)


def test_lists_alone_are_told_as_what_they_are(dataset):
    census = take_census(dataset, contents=False)
    assert (census.found, census.expected) == (0, 1560)
    assert set(census.missing) == {"development audio", "evaluation audio"}
