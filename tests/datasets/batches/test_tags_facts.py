import json
from functools import partial

import numpy as np
import pytest
import torch

from datasets.batches import resident
from tests.datasets.batches.fake_tagged import FakeTagged
from tests.datasets.batches.tagged_epochs import BANDS, FRAMES, SCALED, epoch, made, plain, predicted


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(folder):
    return partial(made, folder)


def test_the_probe_begins_with_a_clip_of_the_first_class_alone(make):
    module = make(conditioner=SCALED)
    items, x = module.probe_batch()
    assert items == ["test-006", *(f"test-{n:03d}" for n in (1, 2, 3, 4, 5, 7)), "train-000"]
    assert x.shape == (8, 1, FRAMES, BANDS)
    found = predicted(module)["test"]
    assert all(
        torch.equal(one, found[module.test_sets["test"].index(item)]) for item, one in zip(items, x, strict=True)
    )


def test_without_a_clip_of_the_first_class_alone_the_first_clip_is_shown(make):
    unlike = dict.fromkeys((f"test-{n:03d}" for n in range(8)), "hiss,tick") | {"train-000": "hum,hiss"}
    items, _ = make(FakeTagged(labels=unlike)).probe_batch()
    assert items[0] == "test-007"
    assert len(make(FakeTagged((6, 2, 200))).probe_batch()[0]) == 151


def test_features_lie_in_memory_once_and_mapped(make):
    resident._resident.clear()
    for options in ({}, {"seed": 1}, {"mode": "am", "conditioner": SCALED}):
        epoch(make(**options))
    assert len(resident._resident) == 2
    for values in resident._resident.values():
        assert values.shape == (24 + 9 + 7, FRAMES, BANDS)  # one clip is in two parts
    assert make()._features["plain"].array.base is not None  # a map of the file


def test_scores_are_per_clip(make):
    assert make().hop is None


def test_provenance_is_plain_and_complete(make):
    facts = json.loads(json.dumps(make().provenance()))
    assert facts["items"] == {
        "train": {"used": 24, "expected": 25}, "validation": {"used": 9, "expected": 10},
        "test": {"used": 8, "expected": 9},
    }  # fmt: skip
    assert facts["extractor"]["name"] == "log_mel_edc" and facts["extractor"]["hop"] == 320
    assert set(facts["features"]) == set(facts["mean"]) == {"plain"}
    assert len(facts["mean"]["plain"]) == len(facts["std"]["plain"]) == BANDS
    assert "conditioner" not in facts


def test_provenance_tells_the_conditioner_and_what_it_looks_at(make):
    module = make(mode="am", conditioner=SCALED)
    facts = json.loads(json.dumps(module.provenance()))
    assert facts["items"]["test_plain"] == {"used": 8, "expected": 9}
    assert set(facts["features"]) == set(facts["mean"]) == {"plain", "conditioned"}
    told = facts["conditioner"]
    assert (told["class_path"], told["version"]) == ("tests.datasets.features.fake_transforms.Scaled", 1)
    assert told["params"] == {"factor": 3.0, "powers": [1]}
    raw = np.mean([plain(item) for item in module.train_items])
    assert told["ranges"] == {"past_mean": pytest.approx(raw, abs=1e-3), "clips": 24}
    assert told["ranges_of"] == 24
    assert make(FakeTagged((120, 9, 8)), conditioner=SCALED).provenance()["conditioner"]["ranges_of"] == 100
