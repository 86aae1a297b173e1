import pandas as pd
import pytest
import torch

from datasets.batches.targets import multi_hot
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
