import pytest

from datasets.dcase2016_asc import DCASE2016ASC, DCASE2016ASCDataModule
from datasets.dcase2016_asc.module import SHOWN
from datasets.errors import DataError


@pytest.fixture(scope="module")
def made(miniature_scenes, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")

    def make(**options):
        return DCASE2016ASCDataModule(miniature_scenes, cache=cache, jobs=1, **options)

    return make


@pytest.fixture(scope="module")
def dataset(miniature_scenes):
    return DCASE2016ASC(miniature_scenes)


def test_what_is_held_out_validates(made, dataset):
    parts, counts = made(fold=2).parts(), made(fold=2).expected
    assert [len(frame) for frame in parts.named.values()] == [30, 15, 15, 15]
    assert [counts(part) for part in ("train", "validation", "test", "evaluation")] == [30, 15, 15, 15]
    assert not set(parts.train["unit"]) & set(parts.validation["unit"])


def test_the_test_list_validates_where_that_is_asked_for(made, dataset):
    module = made(fold=2, validation="test")
    parts = module.parts()
    assert tuple(parts.train.index) == dataset.training_list(2)
    assert parts.validation.equals(parts.test["test"]) and len(parts.validation) == 15
    assert (module.expected("train"), module.expected("validation"), module.expected("test")) == (45, 15, 15)


def test_nothing_validates_where_that_is_asked_for(made, dataset):
    module = made(fold=2, validation="none")
    parts = module.parts()
    assert tuple(parts.train.index) == dataset.training_list(2) and parts.validation.empty
    assert (module.expected("train"), module.expected("validation")) == (45, 0)


def test_all_and_leaky_are_trained_alike(made):
    assert [len(frame) for frame in made(training="all").parts().named.values()] == [45, 15, 15]
    assert [len(frame) for frame in made(training="all", validation="none").parts().named.values()] == [60, 0, 15]
    leaky = made(training="leaky", fold=3, validation="test").parts()
    assert [len(frame) for frame in leaky.named.values()] == [45, 15, 15, 15]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"validation": "some"}, "unknown validation 'some' of dcase2016_asc; known: held_out, test, none"),
        ({"validation": "test", "training": "all"}, "validation 'test' does not go with training 'all'"),
        ({"training": "half"}, "unknown training 'half'"),
        ({"training": "all", "fold": 2}, "fold 2 of dcase2016_asc does not exist"),
    ],
)
def test_options_that_do_not_exist_or_go_together_are_refused(made, options, reason):
    with pytest.raises(DataError, match=reason):
        made(**options)


def test_probes_are_whole_items_of_three_scenes(made):
    module = made(limit=15)
    module.setup()
    items, x = module.probe_batch()
    evaluation = module.reference("evaluation")
    assert len(items) == len(SHOWN) == len(set(evaluation.loc[items, "label"])) and len(x) == 3
    assert items == list(evaluation.index[:3])
