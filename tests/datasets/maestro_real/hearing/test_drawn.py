import numpy as np
import pytest

from datasets.features.signatures.signature import of_extractor
from datasets.maestro_real.hearing.drawn import DrawnQuery

RATE = 44100


def test_every_complete_second_has_values_of_its_own_whatever_is_heard():
    silence = np.zeros(round(9.4 * RATE), dtype=np.float32)
    found = DrawnQuery()(silence, RATE)
    assert found.shape == (9, 768) and found.dtype == np.float32
    assert np.array_equal(found, DrawnQuery()(silence + 0.1, RATE))
    assert not np.allclose(found[0], found[1]) and not np.allclose(found, DrawnQuery()(silence[1:], RATE))
    assert abs(found.mean()) < 0.05 and found.std() == pytest.approx(1, abs=0.05)
    assert of_extractor(DrawnQuery())["shape"] == [2, 768]


def test_less_than_a_second_is_refused():
    with pytest.raises(ValueError, match="44099 samples are less than a second"):
        DrawnQuery()(np.zeros(RATE - 1, dtype=np.float32), RATE)
