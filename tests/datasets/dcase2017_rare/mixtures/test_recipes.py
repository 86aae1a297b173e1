import pytest

from datasets.dcase2017_rare.mixtures import yaml_style
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes, is_flagged, replace_flagged
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.errors import DataError
from tests.datasets.dcase2017_rare.rare_corpus import PARAMS, write_corpus


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("corpus") / "source_data", flagged={"babycry": [1, 3]})
    return Sources.read(folder, "devtest")


@pytest.fixture(scope="module")
def recipes(sources):
    return draw_recipes(sources, PARAMS)


def test_each_class_has_its_mixtures_under_official_names(recipes):
    assert tuple(recipes) == CLASSES
    for label, some in recipes.items():
        assert len(some) == 8 and sum(one.event_present for one in some) == 4
        for number, one in enumerate(some):
            # The hash is that of the fields without name and annotation, as an independent dump gives it.
            fields = {key: value for key, value in vars(one).items() if value is not None and "filename" not in key}
            md5 = yaml_style.digest({**fields, "event_present": one.event_present})
            assert one.name == f"mixture_devtest_{label}_{number:03d}_{md5}.wav"


def test_one_class_alone_is_the_same_as_among_all(sources, recipes):
    assert draw_recipes(sources, PARAMS, events=("gunshot",)) == {"gunshot": recipes["gunshot"]}


def test_fresh_onsets_are_within_the_background(sources):
    recipes = draw_recipes(sources, MixingParams(60, 0.9, seed=1), fresh_onsets=True, events=("babycry",))["babycry"]
    present = [one for one in recipes if one.event_present]
    assert len({one.onset for one in present}) == 54
    assert all(one.onset >= 0 and one.offset <= 2.0 for one in present)


def test_replacing_leaves_no_flagged_background_and_all_else_alone(sources):
    before = draw_recipes(sources, MixingParams(30, 0.7), events=("babycry",))["babycry"]
    flagged = [number for number, one in enumerate(before) if is_flagged(one, sources)]
    after = replace_flagged(before, sources, seed=42)
    assert flagged and not any(is_flagged(one, sources) for one in after)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        if number not in flagged:
            assert new == old
            continue
        assert (new.onset, new.ebr, new.event_path, new.segment) == (old.onset, old.ebr, old.event_path, old.segment)
        assert new.name != old.name and new.name.split("_")[3] == old.name.split("_")[3]
        if new.event_present:
            # Noise of 0.02 * (n + 1): the louder background takes the louder event.
            louder = (int(new.bg_path[7:10]) + 1) / (int(old.bg_path[7:10]) + 1)
            assert new.scaling_factor / old.scaling_factor == pytest.approx(louder, rel=0.05)
    assert after == replace_flagged(before, sources, seed=42) != replace_flagged(before, sources, seed=43)


def test_replacing_needs_a_clean_background(tmp_path):
    sources = Sources.read(write_corpus(tmp_path, backgrounds=2, flagged={"gunshot": [0, 1]}), "devtest")
    with pytest.raises(DataError, match="marks every background of devtest for gunshot"):
        replace_flagged(draw_recipes(sources, PARAMS, events=("gunshot",))["gunshot"], sources, 0)
