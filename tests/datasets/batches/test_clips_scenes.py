"""Long clips with one label each, cut in three ways: what lies in memory, what a batch holds, what it is scaled by."""

import gc

import numpy as np
import pytest
import torch

from datasets.batches import resident
from datasets.batches.clips import ClipDataModule
from datasets.errors import DataError
from datasets.features.log_mel_scenes import LogMelScenes
from tests.datasets.batches import scale_task
from tests.datasets.batches.fake_clips import CLASSES, FakeClips, FakeScenes

FRAMES, BANDS = 1501, 24
#: Length and distance of segments, and how many a clip of 30 s has.
CUTS = [((150, 75), 19), ((150, 150), 10), ((None, 75), 1)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(cache):
    def make(frames=150, hop=75, dataset=None, **options):
        settings = {"extractor": "log_mel_scenes", "n_mels": BANDS, "standardize": "band", "batch_size": 32, **options}
        dataset = dataset or FakeClips(per=1, seconds=30.0)
        module = ClipDataModule(dataset, segment_frames=frames, segment_hop=hop, cache=cache, **settings)
        module.setup()
        return module

    return make


def stored(module):
    return module._features["none"].array


def scaled(module, clip):
    """Features of a clip, standardised by numpy with the statistics of the training files."""
    trained = stored(module)[module._rows["train"].numpy()].astype(np.float64)
    mean, std = trained.mean((0, 3)), trained.std((0, 3))
    return (stored(module)[clip].astype(np.float64) - mean[:, :, None]) / std[:, :, None]


@pytest.mark.parametrize(("cut", "count"), CUTS)
def test_segments_are_slices_of_the_clip_scaled_by_the_training_files(make, cut, count):
    module = make(*cut)
    length, hop = cut[0] or FRAMES, cut[1]
    x = torch.cat([module.on_after_batch_transfer(batch, 0) for batch in module.predict_dataloader()[0]])
    assert x.shape == (3, count, 1, BANDS, length) and x.dtype == torch.float32
    for clip, row in zip(x, module._rows["test"].tolist(), strict=True):
        whole = scaled(module, row)
        for number, segment in enumerate(clip):
            assert segment.numpy() == pytest.approx(whole[..., number * hop : number * hop + length], abs=1e-4)
    batches = list(module.train_dataloader().batches())
    trained = torch.cat([torch.stack([batch.rows, batch.starts], 1) for batch in batches]).tolist()
    expected = [[row, start] for row in module._rows["train"].tolist() for start in range(count)]
    assert sorted(trained) == sorted(expected) and trained != expected


def test_statistics_are_the_same_however_clips_are_cut(make):
    modules = [make(*cut) for cut, _ in CUTS]
    assert all(torch.equal(module.mean, modules[0].mean) for module in modules)
    assert all(torch.equal(module.std, modules[0].std) for module in modules)
    assert modules[0].mean.shape == (1, BANDS)
    assert modules[0].provenance()["mean"] == modules[0].mean.tolist()


def test_only_the_training_files_count():
    assert scale_task.training_files(seed=1) == (1.0, 0.0)


def test_memory_is_that_of_the_features_however_many_segments_there_are(make):
    def held():
        gc.collect()
        storages = [one.untyped_storage() for one in gc.get_objects() if type(one) is torch.Tensor]
        return sum({one.data_ptr(): one.nbytes() for one in storages}.values())

    resident._resident.clear()
    before = held()
    module = make()
    loader = module.train_dataloader()
    assert len(loader) == -(-12 * 19 // 32)
    module.on_after_batch_transfer(next(loader.batches()), 0)
    assert stored(module).nbytes <= held() - before <= 1.1 * stored(module).nbytes
    assert stored(module).dtype == np.float16 and stored(module).shape == (15, 1, BANDS, FRAMES)


def test_bands_are_those_of_the_extractor_or_given(make, cache):
    assert make(20, 10, FakeClips(per=1), n_mels=None).mean.shape == (1, LogMelScenes().n_mels)
    with pytest.raises(DataError, match=r"^extractor log_gammatone_delta does not take n_mels"):
        ClipDataModule(FakeClips(per=1), "log_gammatone_delta", n_mels=40, cache=cache)


def test_segments_with_spectrograms_of_their_own_need_a_length(cache):
    with pytest.raises(DataError, match=r"set segment_frames$"):
        ClipDataModule(FakeClips(per=1), "log_mel_delta_piczak", segment_frames=None, cache=cache)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"hop": 0}, "segments of 150 frames every 0: give numbers from 1 on"),
        ({"frames": 0}, "segments of 0 frames every 75: give numbers from 1 on"),
        ({"segment_mode": "some"}, "unknown segment_mode 'some'; known: all, random"),
        ({"epoch_mode": "both"}, "unknown epoch_mode 'both'; known: concat, resample"),
        ({"standardize": "frame"}, "unknown standardize 'frame'; known: True, False, copies, band, mean, all, picture"),
        (
            {"standardize": "picture"},
            "a mean picture is one of whole clips; set segment_frames to null or standardize otherwise",
        ),
        ({"batch_size": 0}, "batch_size 0: a batch has one item at least; give 1 or more"),
    ],
)
def test_arguments_that_make_no_batch_are_one_line(make, given, message):
    with pytest.raises(DataError) as error:
        make(**given)
    assert str(error.value) == message


def test_both_channels_have_bands_of_their_own(make):
    module = make(40, 20, FakeClips(per=1), extractor="log_gammatone_delta", n_mels=None)
    assert module.mean.shape == module.std.shape == (2, 128)
    x = torch.cat([module.on_after_batch_transfer(batch, 0)[0] for batch in module.train_dataloader()])
    assert x.shape[1:] == (2, 128, 40)
    assert abs(x.mean((0, 3))).max() < 0.5  # not zero: the segments leave out the end of the clip


def test_frames_of_every_part_are_arrays_for_estimators(make):
    module = make(dataset=FakeScenes(), extractor="mfcc_scenes", n_mels=None)
    for name, items in module.items.items():
        x, y = module.arrays(name)
        assert x.shape == (len(items), 51, 60) and x.dtype == np.float32
        assert [CLASSES[k] for k in y] == [item.split("-")[2] for item in items]
    assert "mean" not in module.provenance()


def test_what_is_made_beside_is_there_when_it_is_asked_for(make, tmp_path):
    dataset = FakeClips(per=1)
    module = ClipDataModule(dataset, "log_mel_scenes", 12, 20, 10, cache=tmp_path)
    module.beside = lambda: [LogMelScenes(20)]
    module.setup()
    dataset.loaded.clear()
    other = ClipDataModule(dataset, "log_mel_scenes", 20, 20, 10, cache=tmp_path)
    other.setup()
    assert dataset.loaded == [] and other.mean.shape == (1,)
