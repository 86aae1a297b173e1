"""Torchaudio's model, heard second by second, is the oracle; it is a small one here, for the real one has 380 MB."""

import numpy as np
import pytest
import soxr
import torch
import torchaudio

from datasets.errors import DataError
from datasets.features.signatures.signature import of_extractor
from datasets.maestro_real.hearing import wav2vec2
from datasets.maestro_real.hearing.wav2vec2 import Wav2Vec2Mean

RATE = 44100


def small():
    torch.manual_seed(0)
    return torchaudio.models.wav2vec2_model(
        extractor_mode="group_norm", extractor_conv_layer_config=[(8, 10, 20), (8, 4, 4)], extractor_conv_bias=False,
        encoder_embed_dim=12, encoder_projection_dropout=0.0, encoder_pos_conv_kernel=8, encoder_pos_conv_groups=2,
        encoder_num_layers=2, encoder_num_heads=4, encoder_attention_dropout=0.0, encoder_ff_interm_features=16,
        encoder_ff_interm_dropout=0.0, encoder_dropout=0.0, encoder_layer_norm_first=False, encoder_layer_drop=0.0,
        aux_num_out=None,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def base(monkeypatch):
    monkeypatch.setattr(torchaudio.models, "wav2vec2_base", small)
    wav2vec2._model.cache_clear()
    wav2vec2._digest.cache_clear()


@pytest.fixture
def weights(tmp_path):
    torch.save(small().state_dict(), tmp_path / "base.pth")
    return tmp_path / "base.pth"


def test_every_complete_second_is_heard_by_itself(weights):
    sound = np.random.default_rng(0).normal(0, 0.1, round(9.4 * RATE)).astype(np.float32)
    found = Wav2Vec2Mean(str(weights))(sound, RATE)
    assert found.shape == (9, 12) and found.dtype == np.float32
    heard = torch.from_numpy(soxr.resample(sound[: 9 * RATE], RATE, 16000))
    model = small().eval()
    with torch.no_grad():
        for second in (0, 4, 8):
            expected = model.extract_features(heard[None, second * 16000 : (second + 1) * 16000])[0][-1].mean(1)
            assert found[second] == pytest.approx(expected[0].numpy(), abs=1e-4)


def test_what_decides_is_the_content_wherever_it_lies(weights, tmp_path):
    (tmp_path / "other.pth").write_bytes(weights.read_bytes())
    one, other = Wav2Vec2Mean(str(weights)), Wav2Vec2Mean(str(tmp_path / "other.pth"))
    assert one.params() == other.params() and str(tmp_path) not in str(one.params())
    assert of_extractor(one)["shape"] == [2, 12]


def spoiled(weights, how):
    state = torch.load(weights, weights_only=True)
    torch.save(how(state), weights)
    return str(weights)


FIRST = "encoder.transformer.layers.0.attention.k_proj.weight"


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        (lambda state: {**state, FIRST: torch.zeros(3, 3)}, r"k_proj.weight has the shape \(3, 3\), not \(12, 12\)"),
        (lambda state: {name: one for name, one in state.items() if name != FIRST}, "k_proj.weight is not there, not"),
        (lambda state: {**state, FIRST: state[FIRST] * torch.nan}, "k_proj.weight is not finite; get torchaudio's"),
        (lambda state: [1, 2], "conv.weight is not there|is not there, not"),
    ],
)
def test_weights_of_another_shape_are_one_line(weights, how, problem):
    extractor = Wav2Vec2Mean(spoiled(weights, how))
    with pytest.raises(DataError, match=problem) as caught:
        extractor(np.zeros(RATE, dtype=np.float32), RATE)
    assert "\n" not in str(caught.value) and str(weights) in str(caught.value)


def test_weights_that_are_none_or_not_there_are_one_line(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.pth: no such file; put torchaudio's .* set RESOUND_WAV2VEC2"):
        Wav2Vec2Mean(str(tmp_path / "nowhere.pth"))
    with pytest.raises(DataError, match=r"^weights of wav2vec2: no such file"):
        Wav2Vec2Mean("")
    (tmp_path / "bad.pth").write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"bad.pth: cannot be read as weights"):
        Wav2Vec2Mean(str(tmp_path / "bad.pth"))(np.zeros(RATE, dtype=np.float32), RATE)


def test_less_than_a_second_is_refused(weights):
    with pytest.raises(ValueError, match="44099 samples are less than a second"):
        Wav2Vec2Mean(str(weights))(np.zeros(RATE - 1, dtype=np.float32), RATE)
