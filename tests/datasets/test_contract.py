"""Every dataset of the registry, and its miniature, is what datasets.contract says; so is every data module."""

import importlib
import itertools
import json
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from datasets import registry
from datasets.batches.module import ResidentDataModule
from datasets.contract import EVERY_FOLD, SELECTION, Dataset
from datasets.errors import DataError
from tests import ROOT
from tests.conftest import written

COLUMNS = ["label", "unit", "fold"]
#: What differs between the rows of an item, where it has one per class and second.
PLACES = ["item", "label", "onset"]
#: What keeps the data module of a miniature small, where its defaults do not.
SMALL = {"dcase2017_rare": {"mixtures": 12, "chunk_frames": 32, "chunk_hop": 32, "n_mels": 16}}


@pytest.fixture(scope="module", params=registry.names())
def name(request):
    return request.param


@pytest.fixture(scope="module")
def root(name, session_folder):
    return written(session_folder, name)


@pytest.fixture(scope="module")
def dataset(name, root):
    return registry.get(name)(root)


@pytest.fixture(scope="module")
def parts(dataset):
    """By fold."""
    return {fold: dataset.parts(fold) for fold in dataset.folds}


def labels_of(frame):
    return [set(filter(None, label.split(","))) for label in frame["label"]]


def test_a_class_says_what_it_is(name, dataset):
    cls = registry.get(name)
    assert Dataset in cls.__mro__ and cls.name == name
    for text in (cls.title, cls.homepage, cls.licence, cls.citation):
        assert isinstance(text, str) and text.strip()
    assert type(cls.version) is int and cls.version >= 1
    assert dataset.homepage.startswith("https://") and dataset.sample_rate > 0
    assert dataset.folds and list(dataset.folds) == sorted(set(dataset.folds))
    assert dataset.classes and len(set(dataset.classes)) == len(dataset.classes)
    assert dataset.clip_seconds > 0 and dataset.cache is None


def test_groups_hold_every_class_once_and_are_runs_of_many_classes(dataset):
    grouped = [one for one in itertools.chain.from_iterable(dataset.groups.values()) if one in dataset.classes]
    assert not dataset.groups or sorted(grouped) == sorted(dataset.classes)
    # Figures mark groups beside a long list of classes, whose order they therefore follow.
    assert not dataset.groups or len(dataset.classes) <= 15 or grouped == list(dataset.classes)


def test_parts_have_items_labels_units_and_folds(dataset, parts):
    for fold, of_fold in parts.items():
        assert list(of_fold.named) == ["train", "validation", *of_fold.test] and of_fold.test
        for part, frame in of_fold.named.items():
            assert frame.index.name == "item" and set(COLUMNS) <= set(frame.columns)
            assert all(isinstance(item, str) and item for item in frame.index)
            assert frame.index.is_unique or not frame.reset_index()[PLACES].duplicated().any()
            assert not frame.empty or part == "validation"
            assert set().union(*labels_of(frame)) <= set(dataset.classes)
            assert all(isinstance(unit, str) and unit for unit in frame["unit"])
            assert set(frame["fold"]) <= {EVERY_FOLD, *dataset.folds}
            expected = dataset.listed(part, fold)
            assert expected is None or expected >= frame.index.nunique()


def test_parts_share_no_item_unless_a_list_leaves_it_out(parts):
    for of_fold in parts.values():
        assert not set(of_fold.train.index) & set(of_fold.validation.index)
        for name, frame in of_fold.test.items():
            if name == SELECTION:
                assert set(frame.index) == set(of_fold.validation.index)
                continue
            shared = frame[frame.index.isin({*of_fold.train.index, *of_fold.validation.index})]
            lists = [column for column in frame.columns if frame[column].dtype == bool]
            assert shared.empty or any(not shared[column].any() for column in lists)


def test_some_of_every_class_are_trained_on_and_tested(dataset, parts):
    for of_fold in parts.values():
        for part in (of_fold.train, *of_fold.test.values()):
            assert set().union(*labels_of(part)) == set(dataset.classes)


def test_truth_is_of_all_folds_and_agrees_with_their_parts(dataset, parts):
    for test_set in {name for of_fold in parts.values() for name in of_fold.test}:
        truth = dataset.truth(test_set)
        tested = [of_fold.test[test_set] for of_fold in parts.values()]
        assert set(truth.index) == {item for frame in tested for item in frame.index}
        for frame in tested:
            pd.testing.assert_frame_equal(truth.loc[frame.index.unique(), frame.columns], frame)


def test_names_tell_all_or_nothing(dataset, parts):
    for frame in itertools.chain.from_iterable(of_fold.named.values() for of_fold in parts.values()):
        told = dataset.truth_of_names(frame.index)
        if told is not None:
            pd.testing.assert_frame_equal(told[COLUMNS], frame[COLUMNS])


def test_an_unknown_fold_is_refused(dataset):
    with pytest.raises(DataError, match=rf"fold 99 of {dataset.name} does not exist"):
        dataset.parts(99)


def test_samples_are_sound_at_full_scale(dataset, parts):
    items = [frame.index[at] for frame in parts[dataset.folds[0]].named.values() if len(frame) for at in (0, -1)]
    for item in items:
        samples = dataset.load(item)
        assert samples.ndim == 1 and samples.dtype == np.float32
        assert 0 < np.abs(samples).max() <= 1
        assert 0 < len(samples) <= 1.1 * dataset.clip_seconds * dataset.sample_rate
    with pytest.raises(DataError, match="nothing"):
        dataset.load("nothing")


def test_files_are_there_and_below_the_root(dataset, root):
    files = dataset.files()
    assert files and len(set(files)) == len(files)
    assert all(path.is_file() and root in path.parents for path in files)


def test_the_fingerprint_changes_with_content_alone(name, dataset, root, tmp_path):
    first = dataset.fingerprint()
    assert len(first) == 16 and int(first, 16) >= 0
    copy = shutil.copytree(root, tmp_path / "elsewhere")
    other = registry.get(name)(copy, cache=tmp_path / "cache")
    assert other.fingerprint() == first
    sound = next(path for path in other.files() if path.suffix in (".wav", ".ogg", ".flac"))
    sound.write_bytes(sound.read_bytes() + b"\0")
    assert registry.get(name)(copy, cache=tmp_path / "cache").fingerprint() != first


def test_a_dataset_can_be_sent_to_a_worker(dataset, parts):
    item = parts[dataset.folds[0]].train.index[0]
    assert np.array_equal(pickle.loads(pickle.dumps(dataset)).load(item), dataset.load(item))


def test_a_missing_root_is_told_with_the_next_step(name, tmp_path):
    with pytest.raises(DataError, match=rf"no such folder; run `python -m benchmarks data fetch {name}`"):
        registry.get(name)(tmp_path / "nowhere")


def data_module(name):
    """The data module that a wing offers."""
    wing = importlib.import_module(f"datasets.{name}")
    return getattr(wing, next(one for one in wing.__all__ if one.endswith("DataModule")))


@pytest.fixture(scope="module")
def made(name, root, tmp_path_factory):
    if not registry.has(registry.get(name), "module"):
        pytest.skip(f"{name} has no data module")
    cache = tmp_path_factory.mktemp("cache")

    def make(**options):
        module = data_module(name)(root, cache=cache, limit=8, jobs=1, **{**SMALL.get(name, {}), **options})
        module.setup()
        return module

    return make


@pytest.fixture(scope="module")
def module(made):
    return made()


def tensors(value):
    """All tensors of a batch, however they are grouped."""
    if isinstance(value, torch.Tensor):
        return [value]
    return [one for part in value for one in tensors(part)] if isinstance(value, tuple) else []


def epoch(module, number=0):
    loader = module.train_dataloader()
    loader.set_epoch(number)
    return [module.on_after_batch_transfer(batch, 0) for batch in loader]


def test_a_data_module_knows_its_classes_and_test_sets(dataset, module):
    assert isinstance(module, ResidentDataModule)
    assert module.classes in (dataset.classes, getattr(dataset, "scored", dataset.classes))
    assert module.num_classes == len(module.classes)
    assert module.test_sets and all(module.test_sets.values())
    assert module.hop is None or module.hop > 0
    assert not set(module.train_items) & set(module.validation_items)
    assert all(0 < len(items) <= 8 for items in module.test_sets.values())


def test_what_is_true_is_kept_unless_names_tell_it(dataset, module):
    for test_set, items in module.test_sets.items():
        frame = module.reference(test_set)
        assert (frame is None) == (dataset.truth_of_names(items) is not None)
        assert frame is None or (list(frame.index.unique()) == items and set(COLUMNS) <= set(frame.columns))


def test_batches_are_finite_and_fit_their_targets(module):
    loaders = module.val_dataloader()
    validation = loaders if isinstance(loaders, list) else [loaders]
    validated = [module.on_after_batch_transfer(batch, 0) for loader in validation for batch in loader]
    assert bool(validated) == bool(module.validation_items)
    for x, y in [*epoch(module), *validated]:
        values = tensors(x)
        targets = y.activity if hasattr(y, "activity") else y
        assert values and all(one.isfinite().all() and len(one) == len(targets) for one in values)
        assert targets.min() >= 0 and targets.max() <= 1


def test_every_test_item_is_predicted_once(module):
    for items, loader in zip(module.test_sets.values(), module.predict_dataloader(), strict=True):
        predicted = [module.on_after_batch_transfer(batch, 0) for batch in loader]
        # Recordings of any length come one by one, with what else is known of each.
        counts = [len(one) if isinstance(one, torch.Tensor) else len(one.frames) for one in predicted]
        assert sum(counts) == len(items) and all(x.isfinite().all() for one in predicted for x in tensors(one))


def test_probes_are_test_items(module):
    items, x = module.probe_batch()
    assert items and len(items) == len(x)
    tested = {item for some in module.test_sets.values() for item in some}
    assert {item.split(":")[0] for item in items} <= tested  # a second of a recording has its name before a colon


def test_batches_depend_on_seed_and_epoch(made, module):
    first, again = epoch(module), epoch(made())
    for pair in zip(first, again, strict=True):
        assert all(torch.equal(one, other) for one, other in zip(*map(tensors, pair), strict=True))
    for moved in (epoch(module, 1), epoch(made(seed=1))):
        assert not all(torch.equal(tensors(one)[0], tensors(other)[0]) for one, other in zip(first, moved, strict=True))


def test_provenance_is_plain_and_counts_every_part(module):
    facts = json.loads(json.dumps(module.provenance()))
    assert set(facts["items"]) >= {"train", *module.test_sets}
    assert all(facts["items"][part]["used"] == len(items) for part, items in module.items.items() if items)
    assert facts["extractor"]["name"] == module.extractor.name and facts["features"]


def test_wings_need_neither_the_harness_nor_torch_until_asked():
    modules = [name for name in registry.names() if registry.has(registry.get(name), "module")]
    code = "; ".join(
        [
            "import sys",
            *(f"import datasets.{one}" for one in registry.names()),
            "assert 'torch' not in sys.modules",
            *(f"from datasets.{one} import {data_module(one).__name__}" for one in modules),
            "assert not any(one.split('.')[0] in ('benchmarks', 'models') for one in sys.modules)",
        ]
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
