import json
import pickle

import numpy as np
import pytest

from datasets.dcase2018_domestic import DCASE2018Domestic
from datasets.dcase2018_domestic.census import length_finding, take_census
from datasets.dcase2018_domestic.layout import CLEAN, ORIGINAL, REMOVED, TEST_AUDIO, TRAIN_AUDIO, WEAK
from datasets.dcase2018_domestic.lists import read_names, read_strong
from datasets.errors import DataError
from tests.datasets.dcase2018_domestic.domestic_corpus import copied, write_clip


@pytest.fixture
def root(miniature_domestic, tmp_path):
    return copied(miniature_domestic, tmp_path / "domestic", declared=True)


def test_miniature_is_complete_and_checked_once(miniature_domestic, tmp_path):
    told = []
    dataset = DCASE2018Domestic(miniature_domestic, cache=tmp_path)
    census = take_census(dataset, progress=lambda *pair: told.append(pair))
    assert census.complete and census.expected == census.found == 114 and told[-1] == (114, 114)
    assert census.summary() == (
        "114 of 114 clips (miniature): all usable; training 58 of 58, validation 14 of 14, test-original 42 of 42, "
        "test-clean 42 of 42"
    )
    assert "known leak: 6 clips of test-original" in census.to_markdown()
    assert json.loads(json.dumps(census.to_dict()))["splits"]["validation"] == [14, 14]
    again = []
    assert take_census(dataset, progress=lambda *pair: again.append(pair)) == census and again == []


def test_every_finding_has_its_reason(root):
    frames = {part: DCASE2018Domestic(root).parts().named[part] for part in ("train", "validation", "test")}
    train, validation = list(frames["train"].index), list(frames["validation"].index)
    clean = [item for item in frames["test"].index if frames["test"]["clean"][item]]
    leaking = read_names(root / REMOVED)
    broken = {
        "length": lambda path: write_clip(path, 1.2),
        "rate": lambda path: write_clip(path, 1.0, rate=16000),
        "channels": lambda path: write_clip(path, 1.0, channels=6),
        "silent": lambda path: write_clip(path, 1.0, scale=0),
        "nan": lambda path: write_clip(path, samples=np.full(100, np.nan)),
        "truncated": lambda path: write_clip(path, 0.03),
        "unreadable": lambda path: path.write_bytes(b"no sound"),
        "empty": lambda path: path.write_bytes(b""),
    }
    for (_, change), item in zip(broken.items(), clean, strict=False):
        change(root / TEST_AUDIO / item)
    gone = {train[-1]: TRAIN_AUDIO, validation[-1]: TRAIN_AUDIO, clean[-1]: TEST_AUDIO, leaking[0]: TRAIN_AUDIO}
    for item, folder in gone.items():
        (root / folder / item).unlink()
    write_clip(root / TEST_AUDIO / "dog.wav", 0.1)
    census = take_census(DCASE2018Domestic(root))
    assert census.missing == {
        item: f"listed in {WEAK if folder == TRAIN_AUDIO else CLEAN}, but not in {folder}"
        for item, folder in gone.items()
    }
    assert {kind: list(found) for kind, found in census.faults.items()} == {
        kind: [item] for kind, item in zip(broken, clean, strict=False)
    }
    assert census.faults["length"][clean[0]] == "1.20 s instead of 1 s"
    assert f"- length: {clean[0]}: 1.20 s instead of 1 s\n" in census.to_markdown()
    assert census.extra == {f"{TEST_AUDIO}/dog.wav": "in no list"}
    assert not census.complete and (census.found, census.expected) == (110, 114)
    is_train = leaking[0] in train
    assert census.splits == {
        "training": (58 - 1 - is_train, 58),
        "validation": (14 - 2 + is_train, 14),
        "test-original": (41 - (clean[-1] in read_strong(root / ORIGINAL)), 42),
        "test-clean": (41, 42),
    }


def test_a_clip_that_is_a_little_longer_or_shorter_is_usable(root):
    items = list(DCASE2018Domestic(root).paths())
    for item, seconds in zip(items, (1.09, 0.91, 0.3), strict=False):
        write_clip(root / TRAIN_AUDIO / item, seconds)
    census = take_census(DCASE2018Domestic(root))
    assert census.complete and census.notes == {"cut": {items[2]: "0.30 s instead of 1 s"}}
    assert census.summary().endswith("; noted: 1 cut")


@pytest.mark.parametrize(
    ("times", "seconds", "found"),
    [
        ("0.000_4.000", 4.0, ("", "")),
        ("0.000_4.000", 10.0, ("length", "10.00 s instead of 4 s")),
        ("30.000_40.000", 10.06, ("", "")),
        ("30.000_40.000", 4.0, ("cut", "4.00 s instead of 10 s")),
        ("30.000_40.000", 0.0, ("truncated", "0 ms, less than one window of 40 ms")),
    ],
)
def test_the_length_of_a_clip_is_the_one_that_its_name_tells(times, seconds, found):
    assert length_finding(f"Y-Zjgm_sZd10_{times}.wav", seconds) == found


def test_results_are_not_remembered_for_other_files(root, tmp_path):
    dataset = DCASE2018Domestic(root, cache=tmp_path / "cache")
    assert take_census(dataset).complete
    item = next(iter(dataset.paths()))
    write_clip(root / TRAIN_AUDIO / item, 1.0, rate=8000)
    assert list(take_census(DCASE2018Domestic(root, cache=tmp_path / "cache")).faults["rate"]) == [item]


def test_lists_that_are_not_the_official_ones_are_told_in_a_real_root(root):
    (root / "miniature.json").unlink()
    census = take_census(DCASE2018Domestic(root))
    assert set(census.faults["altered"]) == {WEAK, CLEAN, ORIGINAL, REMOVED, "metadata/eval/eval.csv"}
    assert "md5 differs" in census.faults["altered"][WEAK] and census.release == "as published"


def test_removed_clips_have_to_be_those_between_the_two_lists(root):
    (root / REMOVED).write_text("\n".join((root / REMOVED).read_text().split("\n")[:-2]) + "\n")
    assert list(take_census(DCASE2018Domestic(root)).faults["altered"]) == [REMOVED]
    (root / REMOVED).write_text("filename\ndog.wav\n")
    with pytest.raises(DataError, match=r"files_to_remove\.csv:2: 'dog\.wav' is no official name"):
        take_census(DCASE2018Domestic(root))


def test_clip_that_lies_in_both_folders(root):
    leaking = read_names(root / REMOVED)[0]
    write_clip(root / TEST_AUDIO / leaking, 1.0)
    census = take_census(DCASE2018Domestic(root))
    assert census.complete
    assert census.extra == {f"{TEST_AUDIO}/{leaking}": "not used, the clip lies elsewhere too"}


def test_census_of_features_names_what_a_pickle_asks_for(root):
    item = list(DCASE2018Domestic(root).labels("train"))[-1]
    path = root / "features" / "train" / item.replace(".wav", ".cpickle")
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps(print))
    census = take_census(DCASE2018Domestic(root, source="features"))
    assert "asks for builtins.print" in census.faults["unreadable"][item]
    assert census.summary().startswith(
        "1 of 114 released features (miniature): 113 missing, 1 unreadable; training 1 of"
    )
