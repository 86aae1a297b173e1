import numpy as np
import pytest
import yaml

from datasets.dcase2017_rare import yaml_style
from datasets.dcase2017_rare.params import CLASSES, MixingParams
from datasets.dcase2017_rare.recipes import draw_recipes, is_flagged, read_recipes, replace_flagged, write_recipes
from datasets.dcase2017_rare.sources import Sources
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


def test_written_recipes_are_read_back(tmp_path, recipes):
    for some in recipes.values():
        write_recipes(tmp_path / "recipes.yaml", some)
        assert read_recipes(tmp_path / "recipes.yaml") == some


def test_the_file_has_the_official_form(tmp_path, recipes):
    write_recipes(tmp_path / "recipes.yaml", recipes["glassbreak"])
    items = yaml.safe_load((tmp_path / "recipes.yaml").read_text())
    present, absent = (next(item for item in items if item["event_present"] is flag) for flag in (True, False))
    assert sorted(absent) == sorted(
        ["bg_path", "bg_classname", "event_present", "ebr", "mixture_audio_filename", "annotation_string"]
    )
    assert {*present} - {*absent} - {"scaling_factor", "segment_start_seconds", "segment_end_seconds"} == {
        f"event_{name}" for name in ("path", "class", "start_in_mixture_seconds", "length_seconds")
    }
    assert absent["ebr"] == -np.inf and absent["annotation_string"] == absent["mixture_audio_filename"]
    onset, length = present["event_start_in_mixture_seconds"], present["event_length_seconds"]
    times = [repr(onset), repr(onset + length)]
    assert present["annotation_string"].split("\t") == [present["mixture_audio_filename"], *times, "glassbreak"]
    first = (tmp_path / "recipes.yaml").read_text().splitlines()[0]
    assert first.startswith("- annotation_string: ")


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


def set_to(**fields):
    return lambda item: item.update(fields)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (set_to(event_class="dogbark"), "unknown class 'dogbark'"),
        (set_to(event_class="gunshot"), "an event of class gunshot, but the name says babycry"),
        (
            set_to(event_length_seconds=31.0, segment_start_seconds=0, segment_end_seconds=31),
            "longer than the background",
        ),
        (set_to(event_start_in_mixture_seconds=29.9), "leaves the mixture"),
        (set_to(event_start_in_mixture_seconds=-0.1), "leaves the mixture"),
        (set_to(segment_start_seconds=2.5, segment_end_seconds=0.5), "ends before it begins"),
        (set_to(segment_start_seconds=-1), "ends before it begins"),
        (set_to(event_length_seconds=0.1), "but the segment has"),
        (set_to(ebr=1000.0), "ebr 1000.0 is not between"),
        (set_to(ebr="loud"), "ebr is 'loud'"),
        (set_to(scaling_factor=0), "scaling_factor 0"),
        (set_to(scaling_factor=float("nan")), "scaling_factor is nan"),
        (set_to(event_present="maybe"), "event_present is 'maybe'"),
        (set_to(event_present=False), "event_present is false"),
        (set_to(bg_path="../secret.wav"), "bg_path '../secret.wav'"),
        (set_to(event_path="/etc/passwd"), "event_path '/etc/passwd'"),
        (set_to(mixture_audio_filename="../mixture.wav"), "is no mixture's name"),
        (lambda item: item.pop("scaling_factor"), "scaling_factor is missing"),
        (lambda item: item.pop("bg_path"), "bg_path is missing"),
    ],
)
def test_refuses_bad_recipes_by_line_and_name(tmp_path, recipes, change, word):
    path = tmp_path / "mixture_recipes_devtest_babycry.yaml"
    write_recipes(path, recipes["babycry"])
    items = yaml.safe_load(path.read_text())
    position, item = next((number, item) for number, item in enumerate(items) if item["event_present"])
    change(item)
    path.write_text(yaml.safe_dump(items))
    line = 1 + next(n for n, text in enumerate(path.read_text().splitlines()) if item["annotation_string"][:28] in text)
    with pytest.raises(DataError) as caught:
        read_recipes(path)
    message = str(caught.value)
    assert f"{path}:{line}: recipe {position}" in message and word in message and "\n" not in message
    assert item["mixture_audio_filename"] in message


def test_refuses_a_number_that_stands_twice_and_another_class(tmp_path, recipes):
    path = tmp_path / "recipes.yaml"
    write_recipes(path, [recipes["babycry"][0], recipes["babycry"][0]])
    with pytest.raises(DataError, match=r"recipe 1 .*number 0 stands twice"):
        read_recipes(path)
    write_recipes(path, [recipes["babycry"][0], recipes["gunshot"][1]])
    with pytest.raises(DataError, match=r"recipe 1 .*another subset or class"):
        read_recipes(path)
