import numpy as np
import pytest
import yaml

from datasets.dcase2017_rare.mixtures.recipe_files import read_recipes, write_recipes
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes
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
