import json
import shutil

import numpy as np
import pytest

from datasets.dcase2016_asc import DCASE2016ASC
from datasets.dcase2016_asc.census import take_census
from datasets.dcase2016_asc.layout import DEVELOPMENT, EVALUATE, EVALUATION, PER_CLASS, Layout
from tests.datasets.dcase2016_asc.conftest import write_sound

ITEM, OTHER = "a001_0_30.wav", "1.wav"


def census(root, **options):
    return take_census(DCASE2016ASC(root), **options)


def test_everything_is_counted_set_by_set(tiny):
    found = census(tiny)
    assert found.complete and found.parts == {"development": (60, 60), "evaluation": (15, 15)}
    assert (found.found, found.expected, found.missing, found.extra, found.notes) == (75, 75, {}, {}, {})
    assert found.summary().endswith("all usable; development 60 of 60, evaluation 15 of 15")


def test_the_real_set_has_1170_and_390_recordings(copy):
    (copy / "miniature.json").unlink()
    found = census(copy, contents=False)
    assert PER_CLASS == {DEVELOPMENT: 78, EVALUATION: 26}
    assert found.parts == {"development": (60, 1170), "evaluation": (15, 390)}
    assert found.missing["development beach"] == "74 of 78 lacking in the list"
    assert found.missing["evaluation tram"] == "25 of 26 lacking in the list"
    assert not found.complete and found.release == "as published"


@pytest.mark.parametrize("item", [ITEM, OTHER])
@pytest.mark.parametrize(
    ("sound", "kind", "reason"),
    [
        ({"rate": 22050}, "rate", "22050 Hz instead of 44100 Hz"),
        ({"channels": 4}, "channels", "4 channels instead of 2 or 1"),
        ({"seconds": 0.3}, "length", "0.30 s instead of 0.1 s"),
        ({"scale": 0.0}, "silent", "every sample is zero"),
        ({"scale": np.inf, "subtype": "FLOAT"}, "nan", "samples that are NaN or infinite"),
    ],
)
def test_contents_that_cannot_be_used_are_told_by_file_and_reason(copy, item, sound, kind, reason):
    write_sound(Layout(copy).audio(item), **sound)
    found = census(copy)
    assert list(found.faults) == [kind] and list(found.faults[kind]) == [item]
    assert reason in found.faults[kind][item] and not found.complete
    assert found.found == found.expected


@pytest.mark.parametrize(("content", "kind"), [(b"", "empty"), (b"no sound", "unreadable")])
def test_files_that_are_no_sound_are_told(copy, content, kind):
    Layout(copy).audio(ITEM).write_bytes(content)
    assert list(census(copy).faults[kind]) == [ITEM]


def test_files_that_were_cut_are_told(copy):
    path = Layout(copy).audio(OTHER)
    path.write_bytes(path.read_bytes()[:-1000])
    assert list(census(copy).faults["truncated"]) == [OTHER]


def test_missing_and_extra_files_are_named(copy):
    layout = Layout(copy)
    layout.audio(ITEM).rename(layout.audio("a999_0_30.wav"))
    layout.audio(OTHER).unlink()
    found = census(copy)
    assert found.parts == {"development": (59, 60), "evaluation": (14, 15)}
    assert list(found.missing) == [ITEM, OTHER] and list(found.extra) == ["a999_0_30.wav"]
    assert found.missing[ITEM] == f"listed in development, but not in {copy / DEVELOPMENT / 'audio'}"
    assert not found.faults


def test_mono_files_and_copies_are_noted_and_do_no_harm(copy, tmp_path):
    layout = Layout(copy)
    write_sound(layout.audio(ITEM), channels=1)
    shutil.copy(layout.audio("a002_0_30.wav"), layout.audio(OTHER))
    found = take_census(DCASE2016ASC(copy, cache=tmp_path / "cache"))
    assert found.complete and set(found.notes) == {"mono", "duplicate"}
    assert found.notes["mono"] == {ITEM: "one channel instead of two, taken as it is"}
    assert found.notes["duplicate"] == {OTHER: "has the same content as a002_0_30.wav"}
    assert found.summary().endswith("noted: 1 mono, 1 duplicate")
    assert f"- noted, mono: {ITEM}: one channel" in found.to_markdown()
    assert json.loads(json.dumps(found.to_dict()))["notes"] == found.notes
    assert take_census(DCASE2016ASC(copy, cache=tmp_path / "cache")) == found  # as it is remembered


def test_a_set_without_sound_is_one_line(copy):
    shutil.rmtree(copy / EVALUATION / "audio")
    found = census(copy)
    assert (
        list(found.missing) == ["evaluation audio"] and "not one of the 15 files" in found.missing["evaluation audio"]
    )
    assert "\n" not in found.missing["evaluation audio"] and found.parts["evaluation"] == (0, 15)


@pytest.mark.parametrize("record", [DEVELOPMENT, EVALUATION])
def test_either_set_may_be_absent(copy, record):
    shutil.rmtree(copy / record)
    found = census(copy)
    title = {DEVELOPMENT: "development", EVALUATION: "evaluation"}[record]
    assert list(found.missing) == [f"{title} lists"] and "data fetch dcase2016_asc" in found.missing[f"{title} lists"]
    assert not found.faults and not found.complete


def test_evaluation_truth_that_is_lacking_is_told(copy):
    for path in (Layout(copy).meta(EVALUATION), Layout(copy).evaluation_list(EVALUATE)):
        path.unlink()
    found = census(copy)
    assert list(found.missing) == ["evaluation truth"] and found.found == 75
    assert "the challenge's release lacks the truth" in found.missing["evaluation truth"]
    assert found.summary().endswith("evaluation 15 of 15; not here: evaluation truth")


def test_lists_of_folds_that_are_lacking_are_named(copy):
    Layout(copy).fold_list(2, "train").unlink()
    assert list(census(copy).missing) == ["fold2_train.txt"]
    assert census(copy).summary().endswith("not here: fold2_train.txt")
    for kind in ("test", "evaluate"):
        Layout(copy).fold_list(2, kind).unlink()
    assert census(copy).summary().endswith("not here: fold2_train.txt, fold2_test.txt and 1 more")


def test_progress_is_told(tiny):
    told = []
    census(tiny, progress=lambda *at: told.append(at))
    assert told[-1] == (75, 75)
