import json
import shutil

import numpy as np
import pytest
import soundfile

from datasets.dcase2017_rare import DCASE2017Rare
from datasets.dcase2017_rare.census import take_census
from datasets.dcase2017_rare.layout import OFFICIAL, Layout


@pytest.fixture
def copy(miniature_rare, tmp_path):
    """A copy of the miniature to break."""
    shutil.copytree(miniature_rare, tmp_path / "rare")
    return tmp_path / "rare"


def sound(seconds=3.0, rate=44100, channels=1, level=0.1):
    return level * np.random.default_rng(1).standard_normal((round(seconds * rate), channels))


def test_miniature_is_complete_and_checked_once(miniature_rare, tmp_path):
    told = []
    dataset = DCASE2017Rare(miniature_rare, cache=tmp_path)
    census = take_census(dataset, progress=lambda *pair: told.append(pair))
    backgrounds, events, mixtures = 5 + 3 + 2, 3 * (10 + 5 + 3), 3 * 2
    assert census.complete and census.expected == census.found == backgrounds + events + mixtures
    assert census.summary() == "70 of 70 sources and mixtures (miniature): all usable"
    assert told[-1] == (backgrounds + 3 * (8 + 4 + 3) + mixtures,) * 2  # each file once
    told.clear()
    again = take_census(
        DCASE2017Rare(miniature_rare, "gunshot", cache=tmp_path), progress=lambda *pair: told.append(pair)
    )
    assert again == census and not told


def test_every_fault_is_found_with_its_name(copy):
    source, mixtures = Layout(copy).source_data("devtrain"), Layout(copy).ready_audio("evaltest")
    backgrounds = sorted((source / "bgs" / "audio").iterdir())
    originals = sorted((source / "events" / "gunshot").glob("*.wav"))
    faults = {
        "rate": (backgrounds[0], lambda path: soundfile.write(path, sound(), 48000)),
        "length": (backgrounds[1], lambda path: soundfile.write(path, sound(2.0), 44100)),
        "silent": (backgrounds[2], lambda path: soundfile.write(path, 0 * sound(), 44100)),
        "truncated": (backgrounds[3], lambda path: path.write_bytes(path.read_bytes()[:5000])),
        "empty": (originals[0], lambda path: path.write_bytes(b"")),
        "unreadable": (originals[1], lambda path: path.write_bytes(b"?" * 1000)),
        "nan": (mixtures[0], lambda path: soundfile.write(path, np.nan * sound(), 44100, subtype="FLOAT")),
        "channels": (mixtures[1], lambda path: soundfile.write(path, sound(channels=2), 44100)),
    }
    for path, fault in faults.values():
        fault(path)
    soundfile.write(originals[2], sound(0.1), 44100)  # ends before its event does
    soundfile.write(originals[3], sound(3.0, 22050), 22050)
    census = take_census(DCASE2017Rare(copy))
    assert not census.complete and census.found == census.expected
    found = {kind: {name.rsplit("/")[-1] for name in names} for kind, names in census.faults.items()}
    expected = {kind: {path.name} for kind, (path, _) in faults.items()}
    expected["length"].add(originals[2].name)
    expected["rate"].add(originals[3].name)
    assert found == expected
    assert f"- empty: events/gunshot/{originals[0].name}: " in census.to_markdown()
    assert json.loads(json.dumps(census.to_dict()))["complete"] is False


def test_missing_and_extra_files_are_named(copy):
    layout = Layout(copy)
    source = layout.source_data("devtrain")
    (source / "bgs" / "audio" / "a001_0_30.wav").unlink()
    (source / "events" / "babycry" / "9001.wav").unlink()
    (source / "events" / "babycry" / "dog.wav").write_bytes(b"")
    mixture = layout.ready_audio("evaltest")[0]
    mixture.rename(mixture.with_name("mixture_evaltest_babycry_999_" + "0" * 32 + ".wav"))
    census = take_census(DCASE2017Rare(copy))
    assert set(census.missing) == {"bgs/audio/a001_0_30.wav", "events/babycry/9001.wav", mixture.name}
    assert set(census.extra) == {
        "events/babycry/dog.wav",
        mixture.with_name(f"mixture_evaltest_babycry_999_{'0' * 32}.wav").name,
    }
    assert census.expected - census.found == 3
    assert not census.faults and not census.complete


def test_lists_that_lack_entries_are_incomplete(copy):
    layout = Layout(copy)
    backgrounds, _ = layout.lists("devtest")
    lines = backgrounds.read_text().splitlines()
    backgrounds.write_text("\n".join(lines[:-3]) + "\n")
    layout.lists("devtrain")[1].unlink()
    shutil.rmtree(layout.mixtures("evaltest") / "meta")
    census = take_census(DCASE2017Rare(copy))
    assert census.missing["devtest backgrounds"] == "1 of 3 lacking in the list"
    assert "nothing can be mixed" in census.missing["cv_setup/events_devtrain.yaml"]
    assert "nobody knows" in census.missing["evaltest mixtures"] and "evaltest gunshot recipes" in census.missing
    assert not census.complete


def test_recipes_and_event_lists_are_compared(copy):
    layout = Layout(copy)
    event_list = layout.event_list("evaltest", "gunshot")
    event_list.write_text(event_list.read_text().splitlines()[0] + "\n")
    recipes = layout.recipes("evaltest", "babycry")
    text = recipes.read_text()
    recipes.write_text(text[: text.index("- annotation_string", 1)])
    census = take_census(DCASE2017Rare(copy))
    assert "1 of 2 mixtures lacking" in census.missing[event_list.name]
    assert census.missing["evaltest babycry recipes"] == "1 of 2 lacking"
    assert len(census.extra) == 1  # the audio of the lost recipe


def test_without_a_declaration_the_official_counts_hold(copy):
    (copy / "miniature.json").unlink()
    census = take_census(DCASE2017Rare(copy))
    assert census.release == "as published" and census.expected == 844 + 277 + 336 + 138 + 2 + 195 + 1500
    assert census.missing["devtrain gunshot events"] == "124 of 134 lacking in the list"
    assert set(census.faults) == {"length", "altered"}  # backgrounds and mixtures of 3 s
    reasons = set(census.faults["altered"].values())
    assert reasons == {"not the official parameters of its mixtures"}, "with them other mixtures would be made"
    assert OFFICIAL.background_seconds == 30.0


def test_evaluation_sources_may_be_absent_in_the_real_set(copy):
    shutil.rmtree(Layout(copy).source_data("evaltest"))
    assert any("evaltest.yaml" in name for name in take_census(DCASE2017Rare(copy)).missing)
    (copy / "miniature.json").unlink()
    assert not any("evaltest.yaml" in name for name in take_census(DCASE2017Rare(copy)).missing)
