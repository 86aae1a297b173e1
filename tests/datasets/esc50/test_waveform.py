import numpy as np
import pytest

from datasets.features import make_extractor


def test_samples_stay_what_the_file_has():
    values = np.array([0, 1, -32768, 32767], dtype=np.int16)
    extractor = make_extractor("datasets.esc50.waveform.Waveform")
    found = extractor((values / 32768).astype(np.float32), 44100)
    assert found.shape == (1, 1, 4) and found.astype(extractor.dtype).ravel().tolist() == values.tolist()
    with pytest.raises(ValueError, match="needs 44100 Hz"):
        extractor(np.zeros(4, np.float32), 22050)
