import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile

from datasets.dcase2017_rare.mixtures.mixture_set import MixtureSet
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.dcase2017_rare.synthesis import write_subset
from datasets.errors import DataError
from datasets.features import Extractor
from datasets.features.cache import FeatureCache
from tests.datasets.dcase2017_rare.rare_corpus import PARAMS, RATE, plain_mixture, through_a_file, write_corpus


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sources of devtest in which background 1 has cries; not to be changed."""
    return write_corpus(tmp_path_factory.mktemp("corpus") / "source_data", flagged={"babycry": [1]})


@pytest.fixture(scope="module")
def sources(folder):
    return Sources.read(folder, "devtest")


@pytest.fixture(scope="module")
def recipes(sources):
    return draw_recipes(sources, PARAMS)


@pytest.mark.parametrize("label", CLASSES)
def test_mixtures_are_those_of_the_plain_arithmetic_in_a_24_bit_file(tmp_path, folder, sources, recipes, label):
    mixtures = MixtureSet(sources, label, recipes[label], cache=tmp_path / "cache")
    for recipe in recipes[label]:
        samples = mixtures.load(recipe.name)
        assert samples.dtype == np.float32 and samples.shape == (2 * RATE,)
        expected = through_a_file(tmp_path / "plain.wav", plain_mixture(folder, recipe))
        # 32-bit float backgrounds and float64 arithmetic: nothing is lost.
        np.testing.assert_array_equal(samples, expected)


def test_features_are_equal_with_and_without_audio_on_disk(tmp_path, sources, recipes):
    out = write_subset(sources, PARAMS, tmp_path, jobs=2)
    ready = MixtureSet(sources, "gunshot", recipes["gunshot"], out / "audio")
    mixed = MixtureSet(sources, "gunshot", recipes["gunshot"])
    assert all(ready.ready_path(item) for item in ready.items) and not any(map(mixed.ready_path, mixed.items))
    for item in ready.items:
        np.testing.assert_array_equal(ready.load(item), mixed.load(item))


def test_reference(sources, recipes):
    mixtures = MixtureSet.select(sources, "babycry", PARAMS)
    reference = mixtures.reference()
    assert list(reference.index) == list(mixtures.items) and reference.index.name == "item"
    assert list(reference.columns) == ["label", "onset", "offset", "unit", "fold", "official"]
    for recipe, (_, row) in zip(recipes["babycry"], reference.iterrows(), strict=True):
        if recipe.event_present:
            assert (row["label"], row["onset"], row["offset"]) == ("babycry", recipe.onset, recipe.offset)
            assert row["unit"] == recipe.event_path
        else:
            assert row["label"] == "" and np.isnan(row["onset"]) and np.isnan(row["offset"])
            assert row["unit"] == recipe.bg_path
        assert row["official"] == (recipe.bg_path != "audio/a001_0_30.wav") and row["fold"] == 1
    assert 0 < reference["official"].sum() < 8
    assert pd.api.types.is_float_dtype(reference["onset"]) and reference["official"].dtype == bool


def test_screening_of_test_sets(sources, recipes):
    withdraw, replaced, off = (
        MixtureSet.select(sources, "babycry", PARAMS, screening=screening)
        for screening in ("withdraw", "replace", "off")
    )
    assert withdraw.recipes == off.recipes == recipes["babycry"]
    assert off.reference()["official"].all() and replaced.reference()["official"].all()
    assert len(replaced.items) == 8 and "audio/a001_0_30.wav" not in {one.bg_path for one in replaced.recipes}
    assert set(withdraw.items) - set(replaced.items) == withdraw.withdrawn
    assert set(withdraw.without_withdrawn().items) == set(withdraw.items) - withdraw.withdrawn
    assert MixtureSet.select(sources, "gunshot", PARAMS).withdrawn == frozenset()


def test_the_training_set_drops_what_is_withdrawn(tmp_path):
    sources = Sources.read(write_corpus(tmp_path, "devtrain", flagged={"babycry": [1]}), "devtrain")
    off, withdraw = (MixtureSet.select(sources, "babycry", PARAMS, screening=one) for one in ("off", "withdraw"))
    assert 0 < len(withdraw.items) < len(off.items) == 8
    assert withdraw.recipes == tuple(one for one in off.recipes if one.bg_path != "audio/a001_0_30.wav")
    assert len(MixtureSet.select(sources, "babycry", PARAMS, screening="replace").items) == 8


def test_published_recipes_are_followed(sources, recipes):
    other = MixingParams(3, 1.0, seed=1)
    assert MixtureSet.select(sources, "gunshot", other, recipes["gunshot"]).recipes == recipes["gunshot"]


def test_fresh_onsets_are_a_switch(sources):
    params = MixingParams(40, 0.9)
    shared, fresh = (MixtureSet.select(sources, "gunshot", params, fresh_onsets=one) for one in (False, True))
    assert shared.reference()["onset"].nunique() == 1 and fresh.reference()["onset"].nunique() == 36


def test_fingerprint_follows_recipes_and_files(tmp_path, folder, recipes):
    copy = tmp_path / "source_data"
    shutil.copytree(folder, copy)
    sources = Sources.read(copy, "devtest")
    mixtures = MixtureSet(sources, "gunshot", recipes["gunshot"], cache=tmp_path / "cache")
    first = mixtures.fingerprint()
    assert len(first) == 16 and int(first, 16) >= 0
    # Where the corpus lies does not count, and neither does the cache.
    assert MixtureSet(Sources.read(folder, "devtest"), "gunshot", recipes["gunshot"]).fingerprint() == first
    assert MixtureSet(sources, "gunshot", recipes["gunshot"][:-1]).fingerprint() != first
    soundfile.write(sources.event_path("gunshot/30.wav"), np.full(RATE, 0.1), RATE)
    changed = MixtureSet(sources, "gunshot", recipes["gunshot"], cache=tmp_path / "cache").fingerprint()
    assert changed != first


def test_a_pickle_is_small_and_loads_the_same(sources, recipes, tmp_path):
    mixtures = MixtureSet(sources, "babycry", recipes["babycry"], cache=tmp_path)
    item = mixtures.items[0]
    expected = mixtures.load(item)
    pickled = pickle.dumps(mixtures)
    assert len(pickled) < 30_000
    np.testing.assert_array_equal(pickle.loads(pickled).load(item), expected)


class Levels(Extractor):
    """An extractor for tests: the level of each tenth of a second."""

    name, version, rate, hop = "levels", 1, 44100, 4410

    def params(self):
        return {}

    def __call__(self, samples, rate):
        return np.sqrt((samples.reshape(-1, rate // 10) ** 2).mean(axis=1, dtype=float)).astype(np.float32)


def test_the_feature_cache_takes_it(sources, recipes, tmp_path):
    mixtures = MixtureSet(sources, "babycry", recipes["babycry"], cache=tmp_path)
    features = FeatureCache(tmp_path).open(mixtures, Levels(), mixtures.items, [""] * 8, jobs=1)
    assert features.array.shape == (8, 20) and features.items == mixtures.items


def ready(folder, item, samples, rate=RATE):
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / item, samples, rate, subtype="PCM_24")
    return folder / item


@pytest.mark.parametrize("suffix", ["", "_old_dontuse"])
def test_a_ready_made_file_is_taken_as_it_is(sources, recipes, tmp_path, suffix):
    item = recipes["babycry"][0].name
    path = ready(tmp_path / "audio", item, np.linspace(-0.5, 0.5, 2 * RATE))
    path.rename(path.with_name(item + suffix))
    mixtures = MixtureSet(sources, "babycry", recipes["babycry"], tmp_path / "audio")
    assert mixtures.load(item)[0] == -0.5 and mixtures.ready_path(item).name == item + suffix
    assert tmp_path / "audio" / (item + suffix) in mixtures.files()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda path: ready(path.parent, path.name, np.full(100, 0.1), 22050), "22050 Hz instead of 44100"),
        (lambda path: ready(path.parent, path.name, np.full((100, 2), 0.1)), "2 channels instead of 1"),
        (lambda path: path.write_bytes(path.read_bytes()[:-500]), "truncated"),
        (lambda path: path.write_bytes(path.read_bytes()[:22] + b"\0\0" + path.read_bytes()[24:]), "not decodable"),
        (lambda path: path.write_bytes(b""), "0 bytes"),
    ],
)
def test_a_bad_ready_made_file_is_one_line(sources, recipes, tmp_path, change, word):
    item = recipes["babycry"][0].name
    change(ready(tmp_path / "audio", item, np.full(1000, 0.1)))
    with pytest.raises(DataError) as caught:
        MixtureSet(sources, "babycry", recipes["babycry"], tmp_path / "audio").load(item)
    assert item in str(caught.value) and word in str(caught.value) and "\n" not in str(caught.value)


def test_refuses_what_is_not_of_this_set(sources, recipes):
    with pytest.raises(DataError, match="no such mixture of devtest babycry"):
        MixtureSet(sources, "babycry", recipes["babycry"]).load(recipes["gunshot"][0].name)
    with pytest.raises(DataError, match="not a mixture of devtest babycry"):
        MixtureSet(sources, "babycry", recipes["gunshot"])
    with pytest.raises(DataError, match="known: babycry, glassbreak, gunshot"):
        MixtureSet.select(sources, "dogbark", PARAMS)
    with pytest.raises(DataError, match="known: withdraw, replace, off"):
        MixtureSet.select(sources, "babycry", PARAMS, screening="none")
