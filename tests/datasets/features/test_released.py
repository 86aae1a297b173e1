import numpy as np
import pytest

from datasets.features import make_extractor
from datasets.features.log_mel_edc import LogMelEdc
from datasets.features.released import ReleasedLogMel


def test_arrays_pass_as_they_are():
    extractor = make_extractor("released_log_mel")
    array = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    assert extractor(array, 44100) is array
    assert extractor.params() == {"rate": 44100, "frames": 500, "n_mels": 64, "pad": "zeros"}


def test_has_the_shape_of_the_features_that_stand_for_them():
    computed = LogMelEdc()(np.zeros(441000, dtype=np.float32), 44100)
    np.testing.assert_array_equal(ReleasedLogMel()(computed, 44100), computed)


@pytest.mark.parametrize("shape", [(441000,), (500, 40), (499, 64), (64, 500), (1, 500, 64)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(500, 64\)"):
        ReleasedLogMel()(np.zeros(shape, dtype=np.float32), 44100)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_have_to_be_finite(value):
    array = np.zeros((500, 64), dtype=np.float32)
    array[3, 4] = value
    with pytest.raises(ValueError, match="finite"):
        ReleasedLogMel()(array, 44100)


def test_padding_cannot_be_chosen():
    with pytest.raises(ValueError, match="padded with zeros, not with 'min'"):
        ReleasedLogMel(pad="min")
