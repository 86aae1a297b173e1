import pandas as pd
import pytest
import torch

from datasets.batches.tag_lists import multi_hot, spread
from datasets.errors import DataError

CLASSES = ("cat", "dog", "speech")


def part(labels):
    return pd.DataFrame({"label": labels.values()}, index=pd.Index(labels.keys(), name="item"))


def test_labels_become_ones_in_the_order_of_the_classes():
    found = multi_hot(part({"b": "dog,speech", "a": "", "c": "cat"}), CLASSES)
    assert found.dtype == torch.float32
    assert found.tolist() == [[0, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert multi_hot(part({}), CLASSES).shape == (0, 3)


def test_an_unknown_label_names_its_clip():
    with pytest.raises(DataError, match=r"^b: label 'bird' is none of the classes cat, dog, speech"):
        multi_hot(part({"a": "cat", "b": "cat,bird"}), CLASSES)


def test_a_limit_takes_what_fewest_have_by_name_and_keeps_the_order():
    labels = {f"{n:02d}": "speech" for n in range(40)} | {"90": "speech,cat", "91": "dog", "92": "", "93": "dog"}
    clips = part(dict(reversed(labels.items())))
    assert list(spread(clips, 4).index) == ["92", "91", "90", "00"]
    assert list(spread(clips, 6).index) == ["93", "92", "91", "90", "01", "00"]
    counts = multi_hot(spread(clips, 20), CLASSES).sum(0)
    assert counts.tolist() == [1, 2, 17]


def test_a_small_limit_takes_as_many_classes_as_it_can():
    clips = part({f"{n:02d}": CLASSES[n // 10] for n in range(30)})
    assert sorted(spread(clips, 2)["label"]) == ["cat", "dog"]
    assert sorted(spread(clips, 3)["label"]) == sorted(CLASSES)


@pytest.mark.parametrize("limit", [None, 0, 3, 30])
def test_without_a_smaller_limit_all_clips_stay(limit):
    clips = part({"b": "cat", "a": "cat", "c": ""})
    assert spread(clips, limit).equals(clips)
