from dataclasses import replace

import numpy as np
import pytest

from datasets.dcase2017_rare.mixtures.draws import README_NAMES, draw_all
from datasets.dcase2017_rare.mixtures.names import MixtureName
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes
from datasets.errors import DataError
from tests.datasets.dcase2017_rare.rare_corpus import listed_sources

COUNTS = {"devtrain": (106, 96, 134), "devtest": (42, 43, 53), "evaltest": (61, 58, 76)}
#: How many backgrounds evaltest has is not known here. Of 376 to 389, only 378, 379, 384 and 387 leave its mixture 000
#: without an event, as the published hash says.
SIZES = {"devtrain": 844, "devtest": 277, "evaltest": 387}


def numbered(subset, fresh_onsets=False, params=None, seconds=30.0):
    """The draws from backgrounds that are called by their index."""
    sources = listed_sources(subset, [(str(number), "scene") for number in range(SIZES[subset])], COUNTS[subset])
    return draw_all(sources, params or MixingParams(seed=13 if subset == "evaltest" else 42), fresh_onsets, seconds)


# Published: the names in the patch's affected_files.txt, and the hashes of their mixtures without an event.
@pytest.mark.parametrize(
    ("subset", "indices", "mixtures"),
    [
        ("devtrain", {36, 157, 159, 160, 664}, [66, 67, 99, 145, 152, 164, 216, 332, 392]),
        ("devtest", {96, 99}, [38, 154, 161, 225]),
    ],
)
def test_flagged_backgrounds_make_the_mixtures_that_the_patch_withdraws(subset, indices, mixtures):
    draws = numbered(subset)["babycry"]
    assert [number for number, draw in enumerate(draws) if int(draw.background.filepath) in indices] == mixtures


@pytest.mark.parametrize(
    ("subset", "number", "index"),
    [("devtrain", 66, 36), ("devtrain", 152, 36), ("devtest", 161, 99), ("evaltest", 0, 123)],
)
def test_published_mixtures_without_event(subset, number, index):
    draw = numbered(subset)["babycry"][number]
    assert draw.event is None and draw.onset is None and draw.ebr == -np.inf
    assert draw.background.filepath == str(index)


@pytest.mark.parametrize(("subset", "used"), [("devtrain", (93, 87, 114)), ("devtest", (42, 43, 52))])
def test_distinct_events_used(subset, used):
    draws = numbered(subset)
    assert tuple(len({draw.event for draw in draws[label] if draw.event}) for label in CLASSES) == used
    assert [sum(draw.event is not None for draw in draws[label]) for label in CLASSES] == [250] * 3


def test_mixtures_of_one_event_share_its_onset_unless_told_otherwise():
    shared, fresh = numbered("devtrain"), numbered("devtrain", fresh_onsets=True)
    for label in CLASSES:
        last = {draw.event: draw.onset for draw in fresh[label] if draw.event}
        assert all(draw.onset == last[draw.event] for draw in shared[label] if draw.event)
        assert len({draw.onset for draw in fresh[label] if draw.event}) == 250
        assert len({draw.onset for draw in shared[label] if draw.event}) == len(last)
        # All else is equal: the switch changes no other draw.
        assert [replace(draw, onset=None) for draw in shared[label]] == [
            replace(draw, onset=None) for draw in fresh[label]
        ]


def test_events_end_within_their_background_and_ratios_are_those_asked_for():
    draws = numbered("devtest", params=MixingParams(ebrs=(-3, 9.5)), seconds=1.25)
    for draw in draws["gunshot"]:
        assert draw.event is None or (0 <= draw.onset < 0.25 and draw.ebr in (-3.0, 9.5))
    assert {draw.ebr for draw in draws["gunshot"]} == {-3.0, 9.5, -np.inf}


def test_refuses_events_that_do_not_fit():
    with pytest.raises(DataError, match=r"babycry/\d+\.wav: the event \[0\.0, 1\.0\] is longer"):
        numbered("devtest", seconds=0.5)


def official_list(data_root, split):
    folder = data_root / "dcase2016_asc" / "dev"
    rows = [line.split("\t")[:2] for line in (folder / "meta.txt").read_text().splitlines() if line.strip()]
    lines = (folder / "evaluation_setup" / "fold1_train.txt").read_text().splitlines()
    train = {line.split("\t")[0] for line in lines if line.strip()}
    return [row for row in rows if (row[0] in train) == (split == "train")]


@pytest.mark.real
def test_names_of_withdrawn_mixtures_without_event_are_the_published_ones(data_root):
    published = set((data_root / "dcase2017_rare" / "affected_files.txt").read_text().split())
    # Which 36 and 13 files were removed is not listed; before the first withdrawn ones 0 and 6 of them were.
    train, test = official_list(data_root, "train")[:844], official_list(data_root, "test")[6 : 6 + 277]
    assert train[36][0] == "audio/a012_30_60.wav" and test[99][0] == "audio/a131_210_240.wav"
    found = set()
    for subset, backgrounds in (("devtrain", train), ("devtest", test)):
        sources = listed_sources(subset, backgrounds, COUNTS[subset])
        draws = draw_all(sources, MixingParams(), seconds=30.0)["babycry"]
        silent = replace(sources, events={label: sources.events[label] for label in CLASSES})
        for number, draw in enumerate(draws):
            if draw.event is None and draw.background.filepath in (train[36][0], test[99][0]):
                found.add(name_of(silent, draw, number))
    assert found == {name for name in published if any(f"_{number}_" in name for number in ("066", "152", "161"))}


@pytest.mark.real
@pytest.mark.parametrize("name", README_NAMES)
def test_no_background_alone_has_a_name_that_the_readme_shows(data_root, name):
    """So each of these mixtures has an event, as drawn: without one, the name is the hash of the background."""
    folder, shown = data_root / "dcase2016_asc", MixtureName.parse(name)
    lines = [line for one in ("dev", "eval") for line in (folder / one / "meta.txt").read_text().splitlines()]
    rows = [line.split("\t")[:2] for line in lines if line.strip()]
    names = {Recipe(path, scene, -np.inf, "").named(shown.subset, shown.label, 0).name for path, scene in rows}
    assert len(names) == 1170 + 390 and name not in names
    assert numbered(shown.subset)[shown.label][shown.number].event is not None


def name_of(sources, draw, number):
    recipe = Recipe(draw.background.filepath, draw.background.classname, draw.ebr, "")
    return recipe.named(sources.subset, "babycry", number).name


def test_recipes_of_mixtures_without_event_need_no_sound():
    backgrounds = [("audio/79.wav", "beach")]
    recipes = draw_recipes(listed_sources("evaltest", backgrounds), MixingParams(3, 0.0, seed=13))
    assert recipes["babycry"][0].name == "mixture_evaltest_babycry_000_35c7bc20a21ec8fbb7097c6fb71487b5.wav"
