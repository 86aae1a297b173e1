import shutil

import numpy as np
import pytest
import soundfile

from datasets.dcase2017_rare import synthesis
from datasets.dcase2017_rare.mixtures.event_lists import read_event_list
from datasets.dcase2017_rare.mixtures.mixture_set import MixtureSet
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipe_files import read_recipes, write_recipes
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.dcase2017_rare.synthesis import event_list_path, recipe_path, subset_folder, write_subset
from datasets.errors import DataError
from tests.datasets.dcase2017_rare.rare_corpus import PARAMS, RATE, write_corpus


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = write_corpus(tmp_path_factory.mktemp("corpus") / "source_data", flagged={"babycry": [1]})
    return Sources.read(folder, "devtest")


@pytest.fixture(scope="module")
def whole(sources, tmp_path_factory):
    """The folder of a complete set; not to be changed."""
    told = []
    out = write_subset(sources, PARAMS, tmp_path_factory.mktemp("data"), progress=lambda *at: told.append(at), jobs=2)
    assert told == [(done, 24) for done in range(1, 25)]
    return out


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_layout_is_the_official_one(sources, whole):
    assert whole.parts[-3:] == ("mixture_data", "devtest", PARAMS.hash)
    recipes = draw_recipes(sources, PARAMS)
    withdrawn = {one.name for one in recipes["babycry"] if one.bg_path == "audio/a001_0_30.wav"}
    assert withdrawn
    meta = {
        f"meta/{kind}_devtest_{label}.{end}"
        for label in CLASSES
        for kind, end in (("mixture_recipes", "yaml"), ("event_list", "csv"))
    }
    names = {one.name for some in recipes.values() for one in some}
    audio = {f"audio/{name}{'_old_dontuse' if name in withdrawn else ''}" for name in names}
    assert set(contents(whole)) == meta | audio | {"meta/event_list_devtest_babycry.csv_old_dontuse"}


def test_recipes_and_lists_agree(sources, whole):
    for label, recipes in draw_recipes(sources, PARAMS).items():
        assert read_recipes(recipe_path(whole, "devtest", label)) == recipes
        official = MixtureSet.select(sources, label, PARAMS).reference()["official"]
        lines = read_event_list(event_list_path(whole, "devtest", label))
        assert [line.name for line in lines] == list(official.index[official])
        times = {one.name: (one.onset, one.offset) for one in recipes}
        assert all((line.onset, line.offset) == times[line.name] for line in lines)


def test_audio_is_24_bit_mono(whole):
    info = soundfile.info(str(next((whole / "audio").glob("*gunshot*.wav"))))
    assert (info.samplerate, info.channels, info.subtype, info.format, info.frames) == (
        RATE,
        1,
        "PCM_24",
        "WAV",
        2 * RATE,
    )


def test_without_audio_there_is_only_meta(sources, whole, tmp_path):
    out = write_subset(sources, PARAMS, tmp_path, write_audio=False)
    expected = {name: content for name, content in contents(whole).items() if name.startswith("meta/")}
    assert contents(out) == expected


def test_continues_where_it_was_interrupted(sources, whole, tmp_path, monkeypatch):
    copy = tmp_path / "mixture_data" / "devtest" / PARAMS.hash
    shutil.copytree(whole, copy)
    audio = sorted((copy / "audio").glob("*.wav"))
    audio[0].unlink()
    audio[1].write_bytes(audio[1].read_bytes()[:-600])
    withdrawn = next((copy / "audio").glob("*_old_dontuse"))
    withdrawn.rename(withdrawn.with_name(withdrawn.name.removesuffix("_old_dontuse")))  # not yet patched
    recipe_path(copy, "devtest", "gunshot").unlink()
    made, real = [], MixtureSet.mixed
    monkeypatch.setattr(MixtureSet, "mixed", lambda self, item: made.append(item) or real(self, item))
    write_subset(sources, PARAMS, tmp_path, jobs=1)
    assert sorted(made) == [audio[0].name, audio[1].name]
    assert contents(copy) == contents(whole)


def test_recipes_that_are_there_are_followed(sources, tmp_path):
    folder = subset_folder(tmp_path, "devtest", PARAMS)
    other = draw_recipes(sources, MixingParams(3, 1.0, seed=99))
    for label in CLASSES:
        write_recipes(recipe_path(folder, "devtest", label), other[label])
    write_subset(sources, PARAMS, tmp_path, jobs=1)
    found = {path.name.removesuffix("_old_dontuse") for path in (folder / "audio").iterdir()}
    assert found == {one.name for some in other.values() for one in some}


def test_fresh_onsets_lie_apart(sources, whole, tmp_path):
    out = write_subset(sources, PARAMS, tmp_path, write_audio=False, fresh_onsets=True)
    assert out.name != PARAMS.hash
    assert (
        contents(out)["meta/mixture_recipes_devtest_babycry.yaml"]
        != contents(whole)["meta/mixture_recipes_devtest_babycry.yaml"]
    )


def test_a_bad_source_leaves_nothing_behind(tmp_path):
    sources = Sources.read(write_corpus(tmp_path / "source_data"), "devtest")
    sources.event_path("gunshot/30.wav").write_bytes(b"no sound")
    with pytest.raises(DataError, match=r"30\.wav"):
        write_subset(sources, PARAMS, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_an_error_among_the_audio_leaves_whole_files_only(sources, whole, tmp_path, monkeypatch):
    real = soundfile.write

    def failing(path, samples, *rest, **form):
        if len(list((tmp_path / "mixture_data").rglob("*.wav"))) > 3:
            real(path, samples[:100], *rest, **form)
            raise OSError(28, "No space left on device")
        real(path, samples, *rest, **form)

    monkeypatch.setattr(soundfile, "write", failing)
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        write_subset(sources, PARAMS, tmp_path, jobs=2)
    found = contents(tmp_path / "mixture_data" / "devtest" / PARAMS.hash)
    assert 0 < len([name for name in found if name.startswith("audio/")]) < 24
    assert found.items() <= contents(whole).items()


def test_mixtures_made_in_threads_are_those_made_alone(sources, whole):
    for label in CLASSES:
        mixtures = MixtureSet(sources, label, draw_recipes(sources, PARAMS, events=(label,))[label])
        for item in mixtures.items:
            path = synthesis.subset_folder(whole.parents[2], "devtest", PARAMS) / "audio" / item
            path = path if path.exists() else path.with_name(item + "_old_dontuse")
            np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], mixtures.load(item))
