"""What tests of tagged clips share: modules on FakeTagged, what they give, and what it should be."""

from functools import cache
from typing import NamedTuple

import numpy as np
import torch

from datasets.batches.resident import Batch
from datasets.batches.streams import StreamDataModule
from datasets.batches.tags import TagDataModule
from datasets.features import make_extractor
from tests.datasets.batches.fake_tagged import CLASSES, FakeTagged

FRAMES, BANDS = 50, 64  # of one second
SHORT = ("train-001",)
SCALED = {"class_path": "tests.datasets.features.fake_transforms.Scaled", "init_args": {"factor": 3.0}}
MASKS = {"time_masks": 1, "time_mask_share": 0.5, "frequency_masks": 1, "frequency_mask_bands": 40}


def made(folder, dataset=None, **options):
    """A module that is set up."""
    given = dataset or FakeTagged(short=SHORT)
    kind = StreamDataModule if {"mode", "conditioner"} & set(options) else TagDataModule
    module = kind(given, **{"cache": folder, "batch_size": 16, **options})
    module.setup()
    return module


@cache
def plain(item, pad="zeros"):
    """Features as they are stored."""
    extractor = make_extractor("log_mel_edc", rate=16000, frames=FRAMES, pad=pad)
    return extractor(FakeTagged(short=SHORT).load(item), 16000)


def scaled(item):
    """What the conditioner SCALED makes of them."""
    return 3 * plain(item) / np.abs(plain(item)).max()


def standardised(of, item):
    """By the mean and deviation over all frames of the 24 training clips."""
    mean, deviation = scale(of)
    return (of(item) - mean) / deviation


@cache
def scale(of):
    frames = np.concatenate([of(f"train-{number:03d}") for number in range(24)]).astype(np.float64)
    return frames.mean(0), frames.std(0)


def hot(item):
    """The labels of a clip as 0 and 1."""
    label = FakeTagged().part(item[:-4])["label"][item]
    return [float(name in label.split(",")) for name in CLASSES]


class Epoch(NamedTuple):
    """What an epoch of training gives: clip, stream, x and y of each row."""

    batches: list[Batch]
    items: list[str]
    streams: torch.Tensor
    x: torch.Tensor
    y: torch.Tensor


def epoch(module, number=0):
    loader = module.train_dataloader()
    loader.set_epoch(number)
    batches = list(loader.batches())
    names = sorted({*module.train_items, *module.validation_items, *module.test_sets["test"]})
    items = [names[row] for one in batches for row in one.rows]
    return Epoch(batches, items, torch.cat([one.starts for one in batches]), *gathered(module, batches))


def gathered(module, batches):
    """x and y of some batches together."""
    return [
        torch.cat(parts) for parts in zip(*(module.on_after_batch_transfer(one, 0) for one in batches), strict=True)
    ]


def predicted(module):
    """x of each test set."""
    return {
        name: torch.cat([module.on_after_batch_transfer(one, 0) for one in loader])
        for name, loader in zip(module.test_sets, module.predict_dataloader(), strict=True)
    }
