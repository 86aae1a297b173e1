"""What wav2vec2's rows need is asked for before they are run; the model is the real one, of shapes alone."""

import pytest
import torch
from torchaudio.models import wav2vec2_base

from datasets.maestro_real.needs import lacking

SHAPE = "encoder.transformer.layers.3.attention.k_proj.weight"


@pytest.fixture(scope="module")
def state():
    """Weights of the real shapes whose file is small: each is one zero, repeated."""
    with torch.device("meta"):
        model = wav2vec2_base()
    return {name: torch.zeros(1).expand(one.shape) for name, one in model.state_dict().items()}


@pytest.fixture
def weights(state, tmp_path, monkeypatch):
    path = tmp_path / "base.pth"
    torch.save(state, path)
    monkeypatch.setenv("RESOUND_WAV2VEC2", str(path))
    return path


def test_nothing_is_lacking_without_such_a_query_or_with_its_weights(weights, monkeypatch):
    assert lacking({"query": "wav2vec2"}) is None
    monkeypatch.delenv("RESOUND_WAV2VEC2")
    assert lacking({}) is lacking({"query": "drawn"}) is lacking({"query": "none"}) is None
    assert lacking({"query": "wav2vec2", "query_weights": str(weights)}) is None


def test_weights_that_are_not_there_or_do_not_fit_are_one_line(weights, state, monkeypatch):
    torch.save({**state, SHAPE: torch.zeros(2, 2)}, weights)
    told = lacking({"query": "wav2vec2"})
    assert told.startswith(f"{weights}: {SHAPE} has the shape (2, 2), not (768, 768)") and "\n" not in told
    weights.write_bytes(b"no weights")
    assert "cannot be read as weights" in lacking({"query": "wav2vec2"})
    assert lacking({"query": "wav2vec2", "query_weights": "/nowhere"}).startswith("/nowhere: no such file; put")
    monkeypatch.delenv("RESOUND_WAV2VEC2")
    assert lacking({"query": "wav2vec2"}).startswith("weights of wav2vec2: no such file; put torchaudio's")
