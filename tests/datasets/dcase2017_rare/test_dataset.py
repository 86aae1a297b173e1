import pickle
import shutil
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

from datasets.dcase2017_rare import DCASE2017Rare
from datasets.dcase2017_rare.census import take_census
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION, OFFICIAL_PARAMS, SYNTHESIZER, Layout
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS, MixingParams
from datasets.dcase2017_rare.synthesis import synthesize
from datasets.errors import DataError
from tests import ROOT


@pytest.fixture
def copy(miniature_rare, tmp_path):
    """A copy of the miniature to break."""
    shutil.copytree(miniature_rare, tmp_path / "rare")
    return tmp_path / "rare"


def lists_of(root, subset):
    return Layout(root).lists(subset)


def test_official_folders_are_named_by_the_hash_of_their_parameters():
    assert OFFICIAL_PARAMS["devtrain"].hash == OFFICIAL_PARAMS["devtest"].hash == "20b255387a2d0cddc0a3dff5014875e7"
    assert OFFICIAL_PARAMS["evaltest"].hash == "bbb81504db15a03680a0044474633b67"


def test_without_parameter_files_the_official_parameters_count(copy):
    dataset = DCASE2017Rare(copy)
    assert dataset.params("evaltest") == MixingParams(mixtures_per_class=2, seed=13)
    shutil.rmtree(copy / EVALUATION / SYNTHESIZER)
    assert dataset.params("evaltest") == MixingParams(seed=13)
    with pytest.raises(DataError, match="unknown subset 'devel'"):
        dataset.params("devel")


@pytest.mark.parametrize("event", CLASSES)
def test_mixtures_of_every_subset(miniature_rare, event):
    dataset = DCASE2017Rare(miniature_rare, event)
    assert dataset.classes == (event,)
    for subset in SUBSETS:
        mixtures = dataset.mixtures(subset)
        reference = mixtures.reference()
        assert set(reference["label"]) == {event, ""} and set(reference["fold"]) == {1}
        assert all(item.startswith(f"mixture_{subset}_{event}_") for item in mixtures.items)
    assert len(mixtures.items) == 2 and all(mixtures.ready_path(item) for item in mixtures.items)
    assert mixtures.load(mixtures.items[0]).shape == (3 * 44100,)


def test_flagged_mixtures_are_withdrawn_from_training_and_marked_in_tests(miniature_rare):
    dataset = DCASE2017Rare(miniature_rare, "babycry")
    marked = {subset: dataset.mixtures(subset).reference()["official"] for subset in SUBSETS}
    assert marked["devtrain"].all() and len(marked["devtrain"]) < 24
    assert 0 < marked["devtest"].sum() < len(marked["devtest"]) == 24
    assert len(dataset.mixtures("devtrain", screening="replace").items) == 24


def test_published_recipes_and_audio_are_those_of_the_subsets_own_parameters(copy):
    dataset = DCASE2017Rare(copy)
    own, other = dataset.mixtures("evaltest"), dataset.mixtures("evaltest", MixingParams(mixtures_per_class=4))
    item = own.items[0]
    assert own.ready_path(item) and not any(other.ready_path(name) for name in other.items)
    written = own.load(item)
    own.ready_path(item).unlink()
    np.testing.assert_array_equal(dataset.mixtures("evaltest").load(item), written)  # mixed from the same recipe
    shutil.rmtree(dataset.layout.mixtures("evaltest"))
    assert dataset.mixtures("evaltest").items == own.items  # drawn again


def test_evaluation_mixtures_need_no_sources(copy):
    shutil.rmtree(copy / EVALUATION / "data" / "source_data")
    dataset = DCASE2017Rare(copy, "gunshot")
    mixtures = dataset.mixtures("evaltest")
    assert mixtures.load(mixtures.items[0]).any() and mixtures.reference()["official"].all()
    assert dataset.subsets_with_lists() == ("devtrain", "devtest")
    assert len(pickle.loads(pickle.dumps(mixtures)).items) == 2
    with pytest.raises(DataError, match=r"bgs_evaltest\.yaml"):
        dataset.mixtures("evaltest", MixingParams())


def test_fingerprint_follows_the_data_files_and_nothing_else(copy, tmp_path):
    cache = tmp_path / "cache"
    first = DCASE2017Rare(copy, cache=cache).fingerprint()
    (copy / DEVELOPMENT / "README.md").write_text("another licence")
    assert DCASE2017Rare(copy, "gunshot", cache=cache).fingerprint() == first == DCASE2017Rare(copy).fingerprint()
    seen = {first}
    dataset = DCASE2017Rare(copy)
    background = dataset.sources("devtest").background_path(dataset.sources("devtest").backgrounds[0].filepath)
    audio = dataset.layout.ready_audio("evaltest")[0]
    recipes = dataset.layout.recipes("evaltest", "gunshot")
    for path in (background, audio, recipes, dataset.layout.params_file("devtrain"), *lists_of(copy, "devtrain")):
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(DCASE2017Rare(copy, cache=cache).fingerprint())
    assert len(seen) == 7


def test_files_are_all_that_another_machine_needs(miniature_rare, tmp_path):
    dataset = DCASE2017Rare(miniature_rare)
    for path in dataset.files():
        place = tmp_path / "there" / path.relative_to(miniature_rare)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    there = DCASE2017Rare(tmp_path / "there")
    assert there.fingerprint() == dataset.fingerprint()
    assert take_census(there).complete
    assert (tmp_path / "there" / EVALUATION / "LICENSE.txt").is_file()


def test_ready_made_mixtures_without_lists_are_official_where_their_event_list_has_them(copy):
    """Imported alone, without the sources whose screening the published event lists follow."""
    dataset = DCASE2017Rare(copy, "babycry")
    show = nullcontext(lambda done, total: None)
    tuple(synthesize(dataset, dataset.layout.data("devtest"), lambda _: show, ["devtest"]))
    wanted = dataset.mixtures("devtest").reference()["official"]
    assert dataset.published("devtest") is not None and 0 < wanted.sum() < len(wanted)
    for path in lists_of(copy, "devtest"):
        path.unlink()
    alone = DCASE2017Rare(copy, "babycry").mixtures("devtest")
    assert alone.sources.backgrounds == () and alone.reference()["official"].equals(wanted)
    path = dataset.layout.event_list("devtest", "babycry")
    assert path.name not in take_census(DCASE2017Rare(copy)).missing  # whole, as far as it tells
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    assert "mixtures lacking" in take_census(DCASE2017Rare(copy)).missing[path.name]
    path.write_text("")
    assert DCASE2017Rare(copy, "babycry").mixtures("devtest").reference()["official"].all()


def test_bad_arguments_are_one_line(miniature_rare, tmp_path):
    with pytest.raises(DataError, match=r"unknown class 'dog'.*babycry, glassbreak, gunshot"):
        DCASE2017Rare(miniature_rare, "dog")
    with pytest.raises(DataError, match="no such folder; run `python -m benchmarks data fetch dcase2017_rare`"):
        DCASE2017Rare(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "{}", '{"expected": {"backgrounds": 1}}', "[]"])
def test_bad_declaration_is_one_line(copy, text):
    (copy / "miniature.json").write_text(text)
    with pytest.raises(DataError, match="not a declaration of a miniature; delete the folder"):
        take_census(DCASE2017Rare(copy))


def test_sources_decode_no_audio(copy):
    for path in copy.rglob("*.wav"):
        path.write_bytes(b"no sound")
    sources = DCASE2017Rare(copy).sources("devtrain")
    assert len(sources.backgrounds) == 5 and {
        label: len(some) for label, some in sources.events.items()
    } == dict.fromkeys(CLASSES, 10)


def test_import_is_light():
    code = (
        "import sys, datasets.dcase2017_rare as package; package.DCASE2017Rare('.')\n"
        "heavy = {'torch', 'scipy', 'pandas', 'soundfile', 'librosa'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_synthesized_mixtures_are_those_of_the_dataset(miniature_rare, tmp_path):
    dataset, params = DCASE2017Rare(miniature_rare, "gunshot"), MixingParams(mixtures_per_class=2, seed=5)
    told = []
    changes = {"mixtures_per_class": params.mixtures_per_class, "seed": params.seed}

    def run():
        show = nullcontext(lambda *pair: told.append(pair))
        return list(synthesize(dataset, tmp_path, lambda _: show, ["devtest"], changes, write_audio=True))

    ((subset, folder),) = run()
    assert subset == "devtest" and told[-1] == (6, 6)
    mixtures = dataset.mixtures("devtest", params)
    assert sorted(path.name for path in (folder / "audio").glob("*gunshot*.wav")) == sorted(mixtures.items)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.wav")}
    next(iter(before)).unlink()
    run()
    changed = [path for path, stamp in before.items() if path.stat().st_mtime_ns != stamp]
    assert changed == [next(iter(before))]
