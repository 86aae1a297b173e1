import numpy as np
import pandas as pd
import pytest

from datasets.batches.limits import limited_by_class, limited_by_event, limited_by_tags
from datasets.batches.targets import multi_hot

CLASSES = ("cat", "dog", "speech")


def part(labels):
    return pd.DataFrame({"label": labels.values()}, index=pd.Index(labels.keys(), name="item"))


def test_a_limit_takes_what_fewest_have_by_name_and_keeps_the_order():
    labels = {f"{n:02d}": "speech" for n in range(40)} | {"90": "speech,cat", "91": "dog", "92": "", "93": "dog"}
    clips = part(dict(reversed(labels.items())))
    assert list(limited_by_tags(clips, 4).index) == ["92", "91", "90", "00"]
    assert list(limited_by_tags(clips, 6).index) == ["93", "92", "91", "90", "01", "00"]
    counts = multi_hot(limited_by_tags(clips, 20), CLASSES).sum(0)
    assert counts.tolist() == [1, 2, 17]


def test_a_small_limit_takes_as_many_classes_as_it_can():
    clips = part({f"{n:02d}": CLASSES[n // 10] for n in range(30)})
    assert sorted(limited_by_tags(clips, 2)["label"]) == ["cat", "dog"]
    assert sorted(limited_by_tags(clips, 3)["label"]) == sorted(CLASSES)


@pytest.mark.parametrize("limit", [None, 0, 3, 30])
def test_without_a_smaller_limit_all_clips_stay(limit):
    clips = part({"b": "cat", "a": "cat", "c": ""})
    assert limited_by_tags(clips, limit).equals(clips)


def test_one_clip_of_each_class_in_turn_by_name():
    clips = part({"e": "dog", "d": "cat", "c": "cat", "b": "dog", "a": "cat"})
    assert list(limited_by_class(clips, 2, CLASSES).index) == ["a", "b"]
    assert list(limited_by_class(clips, 3, CLASSES).index) == ["a", "b", "c"]
    assert limited_by_class(clips, 4, CLASSES)["label"].to_dict() == {"a": "cat", "b": "dog", "c": "cat", "e": "dog"}
    assert limited_by_class(clips, None, CLASSES).equals(clips)


def test_recordings_with_and_without_an_event_in_turn():
    items = ["f", "a", "b", "c", "d", "e"]
    reference = pd.DataFrame({"onset": [1.0, np.nan, 2.0, 3.0, np.nan, 0.0]}, index=pd.Index(items, name="item"))
    assert limited_by_event(items, reference, 3) == ["f", "a", "b"]
    assert limited_by_event(items, reference, 4) == ["f", "a", "b", "d"]
    assert limited_by_event(items, reference, None) == items
