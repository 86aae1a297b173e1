"""Batches of the official lists, without sound, against published facts about them."""

import numpy as np
import pytest

from datasets.features.cache import Features
from datasets.maestro_real import MaestroRealDataModule

pytestmark = [pytest.mark.real, pytest.mark.filterwarnings("ignore:log_mel_maestro. 9 of 64:UserWarning")]

#: Training and validation sequences of 200 frames of each fold, by hand from the official durations: the frames of all
#: recordings together, one more than whole hops in each, and the rest dropped (of 33397 frames in fold 5 that is 197).
SEQUENCES = {"train": [148, 152, 155, 160, 166], "validation": [71, 70, 74, 63, 74]}
#: Complete training seconds of each fold, and in fold 1 how many of them have each class as their largest label.
SECONDS = {1: 5915, 2: 6090, 3: 6219, 4: 6421, 5: 6662}
LARGEST = {
    "people talking": 2860, "car": 1295, "birds_singing": 833, "footsteps": 369, "metro approaching": 246,
    "metro leaving": 160, "cutlery and dishes": 65, "large_vehicle": 65, "children voices": 16, "brakes_squeaking": 6,
}  # fmt: skip


@pytest.fixture
def make(official, tmp_path, monkeypatch):
    """The data module of a fold whose recordings are silent."""

    def silent(self, dataset, items, labels=None, variant=None):
        seconds = [dataset.seconds(item) for item in items]
        whole = self.extractor.name == "log_mel_maestro"
        counts = np.array([5 * int(one) if whole else 1 + round(44100 * one) // 8820 for one in seconds])
        return Features("silent", tuple(items), counts, np.zeros((counts.sum(), 64), dtype=np.float32))

    monkeypatch.setattr(MaestroRealDataModule, "_extracted", silent)

    def make(fold, **options):
        module = MaestroRealDataModule(official, tmp_path, fold=fold, **options)
        module.setup()
        return module

    return make


def test_sequences_of_the_baseline(make):
    found = {"train": [], "validation": []}
    for fold in SECONDS:
        module = make(fold, extractor="magnitude_maestro", chunk_seconds=None, sequence_frames=200)
        for part, counts in found.items():
            counts.append(len(module._sequences[part]))
    assert found == SEQUENCES


def test_seconds_and_their_largest_labels(make):
    for fold, count in SECONDS.items():
        module = make(fold, sampler_alpha=0.5, batch_size=16)
        assert len(module._seconds["train"]) == count
        assert len(module.train_dataloader()) == count // 16
        classes = np.bincount(module._train_classes, minlength=11)
        if fold == 1:
            assert {name: one for name, one in zip(module.classes, classes, strict=True) if one} == LARGEST
