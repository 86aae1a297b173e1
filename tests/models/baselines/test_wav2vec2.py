"""The head of the code on given values: its layers one by one, and what it needs."""

import inspect

import pytest
import torch

from models.baselines.wav2vec2 import Wav2Vec2Classifier, Wav2Vec2ClassifierModule, query_head


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_weights_by_hand():
    below = 768 * 256 + 256 + 2 * 256 + 256 * 128 + 128 + 2 * 128
    assert sum(one.numel() for one in query_head(32, 1).parameters()) == below + 128 * 32 + 32
    assert sum(one.numel() for one in Wav2Vec2Classifier().parameters()) == below + 128 * 11 + 11


@torch.no_grad()
def test_layers_follow_on_each_other_as_in_the_code():
    network = Wav2Vec2Classifier()
    found = noise(6, 768)
    network(("no frames", found))  # the means of both batch norms move
    network.eval()
    dropouts = [layer.p for layer in network.head if isinstance(layer, torch.nn.Dropout)]
    for dense, norm in ((1, 3), (5, 7)):
        found = network.head[norm](torch.relu(network.head[dense](found)))
    expected = network.head[8](found)[:, None]
    assert dropouts == [0.25, 0.25]
    assert torch.allclose(network(("no frames", noise(6, 768))).activity, expected, atol=1e-6)
    assert expected.shape == (6, 1, 11)


def test_a_recording_is_what_its_seconds_are():
    module = Wav2Vec2ClassifierModule(width_divisor=8).eval()
    given = noise(9, 768)
    found = module.predict_step((noise(1, 45, 64), torch.arange(45).view(9, 5), given), 0)
    assert found.shape == (1, 9, 11) and found.min() >= 0 and found.max() <= 1
    assert torch.equal(found[0], module((noise(9, 1, 5, 64), given))[:, 0])


def test_frames_alone_are_one_line():
    with pytest.raises(ValueError, match="hears given values alone; use data that have some"):
        Wav2Vec2Classifier()(noise(2, 1, 5, 64))
    with pytest.raises(ValueError, match="this network tells no scenes"):
        Wav2Vec2ClassifierModule(loss="focal_scene")


def test_the_seed_alone_decides_the_initial_weights():
    torch.manual_seed(1)
    one, other = Wav2Vec2Classifier(seed=3), Wav2Vec2Classifier(seed=4)
    assert torch.equal(one.head[8].weight, Wav2Vec2Classifier(seed=3).head[8].weight)
    assert not torch.equal(one.head[8].weight, other.head[8].weight)


def test_the_module_takes_its_networks_arguments_with_their_defaults():
    network, module = (inspect.signature(one).parameters for one in (Wav2Vec2Classifier, Wav2Vec2ClassifierModule))
    own = {"learning_rate", "patience", "activation", "loss"}
    assert {name: one.default for name, one in module.items() if name not in own} == {
        name: one.default for name, one in network.items()
    }
