"""The networks of the soft-label paper: counts by hand, the published steps one by one, and what they share."""

import inspect
from types import SimpleNamespace

import pytest
import torch

from models.complexity import macs
from models.maestro import ContextCRNN, ContextCRNNModule, GlobalAttentionCRNN, GlobalAttentionModule
from tests.models import maestro_task

SMALL = {"n_mels": 20, "n_frames": 35, "width_divisor": 8}
ENCODER = 379_915 - 32 * 11 - 11


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_weights_of_the_backbone_are_those_of_the_baseline_with_eleven_classes():
    assert weights(ContextCRNN()) == weights(ContextCRNN(True)) == 380_113 - 6 * 33 == 379_915


@pytest.mark.parametrize(
    ("options", "added"),
    [
        ({}, 0),
        ({"query": "crnn"}, ENCODER),
        ({"query": "given"}, 768 * 256 + 256 + 512 + 256 * 128 + 128 + 256 + 128 * 32 + 32),
        ({"scores": "additive"}, 2 * 32 * 32 + 32),
        ({"judged": "second"}, -205 - 205),
    ],
)
def test_weights_of_global_attention_by_hand(options, added):
    merged = 205 + 205 + 64 * 32 + 32
    heads = 32 * 11 + 11 + 32 * 5 + 5
    assert weights(GlobalAttentionCRNN(**options)) == ENCODER + merged + heads + added


def test_cost_of_an_item():
    assert macs(ContextCRNN(n_frames=5)) == 5 * 2_810_208  # per frame that of the baseline less six classes
    assert macs(ContextCRNN(n_frames=205)) == 205 * 2_810_208
    assert macs(ContextCRNN(n_frames=20, per_second=20)) == 20 * 2_810_208
    shared = 205 * (2_810_208 - 32 * 11)
    own = shared + 32 * 205 + 205 * (64 * 32 + 32 * 11) + 32 * 5
    assert macs(GlobalAttentionCRNN()) == own
    assert macs(GlobalAttentionCRNN("crnn")) == own + 5 * (2_810_208 - 32 * 11)


def test_mean_prediction_averages_embeddings_of_each_second():
    network = ContextCRNN(True, **SMALL).eval()
    x = noise(2, 1, 35, 20)
    embedded = network.encoder.embed(network.encoder.features(x))
    expected = torch.stack([network.output(embedded[:, at : at + 5].mean(1)) for at in range(0, 35, 5)], 1)
    assert torch.allclose(network(x).activity, expected, atol=1e-6) and expected.shape == (2, 7, 11)


def test_own_query_attends_by_dot_products_as_in_the_code():
    network = GlobalAttentionCRNN(**SMALL).eval()
    x = noise(3, 1, 35, 20)
    embedded = network.encoder.embed(network.encoder.features(x))
    query = embedded[:, 15:20].mean(1)
    weight = torch.softmax((embedded * query[:, None]).sum(-1), 1)
    vector = torch.bmm(embedded.transpose(1, 2), weight[..., None])
    merged = torch.cat([embedded, network.expand(vector).transpose(1, 2)], 2)
    found = network(x)
    assert torch.allclose(found.activity, network.output(network.hidden(merged)), atol=1e-5)
    assert torch.allclose(found.scene, network.scene(vector.squeeze(2)), atol=1e-5)
    assert torch.allclose(weight.sum(1), torch.ones(3))


def test_a_separate_query_hears_the_central_second_alone():
    module = GlobalAttentionModule("crnn", **SMALL).eval()
    network, x = module.network, noise(2, 1, 35, 20)
    asked = network.asker.embed(network.asker.features(x[:, :, 15:20])).mean(1)
    embedded = network.encoder.embed(network.encoder.features(x))
    weight = torch.softmax((embedded * asked[:, None]).sum(-1), 1)
    assert torch.allclose(module.attention_weights(x), weight, atol=1e-6)
    assert torch.allclose(network(x).scene, network.scene(asked), atol=1e-6)


@torch.no_grad()
def test_the_central_second_alone_is_judged_by_its_query_and_what_it_attends_to():
    """Section 4.3: the attention output combined with the feature of the segment, then two dense layers."""
    network, x = GlobalAttentionCRNN("crnn", "additive", "second", **SMALL).eval(), noise(3, 1, 35, 20)
    embedded, asked, weights = network.attend(network.encoder.features(x), x[:, :, 15:20], None)
    beside = torch.cat([asked, (weights[..., None] * embedded).sum(1)], 1)
    found = network(x)
    assert found.activity.shape == (3, 1, 11)
    torch.testing.assert_close(found.activity[:, 0], network.output(network.hidden(beside)))
    torch.testing.assert_close(found.scene, network.scene(asked))
    assert GlobalAttentionModule("crnn", judged="second", **SMALL).embeddings(x).shape == (3, 1, 4)


@torch.no_grad()
def test_additive_scores_are_bahdanaus():
    network = GlobalAttentionCRNN(scores="additive", **SMALL).eval()
    query, keys = noise(2, 4), noise(2, 6, 4, seed=1)
    layer = network.scores
    for clip in range(2):
        for frame in range(6):
            inner = layer.query.weight @ query[clip] + layer.key.weight @ keys[clip, frame]
            assert layer(query, keys)[clip, frame].item() == pytest.approx(
                float(layer.score.weight[0] @ inner.tanh()), abs=1e-6
            )


def test_a_given_query_comes_with_the_items():
    network = GlobalAttentionCRNN("given", **SMALL).eval()
    x, query = noise(2, 1, 35, 20), noise(2, 768)
    assert network((x, query)).activity.shape == (2, 35, 11)
    assert torch.allclose(network((x, query)).scene, network.scene(network.asker(query)))
    with pytest.raises(ValueError, match="given its query; use data that have one"):
        network(x)


def places(seconds, reach, per_second=5):
    """Chunks of a recording by the rule of the code."""
    rows = []
    for second in range(seconds):
        near = [at if 0 <= at < seconds else second for at in range(second - reach, second + reach + 1)]
        rows.append([at * per_second + frame for at in near for frame in range(per_second)])
    return torch.tensor(rows)


@pytest.mark.parametrize(
    "module",
    [
        lambda **of: ContextCRNNModule(**of),
        lambda **of: ContextCRNNModule(True, **of),
        lambda **of: GlobalAttentionModule(**of),
        lambda **of: GlobalAttentionModule("crnn", "additive", **of),
        lambda **of: GlobalAttentionModule("given", **of),
        lambda **of: GlobalAttentionModule("crnn", "additive", "second", **of),
    ],
)
@pytest.mark.parametrize("seconds", [1, 3, 7])
def test_a_recording_is_what_its_chunks_are_one_by_one(module, seconds):
    made = module(**{**SMALL, "n_frames": 5 * seconds}).eval()
    made.network.encoder.convolutions[1].running_mean += 0.3  # an edge of zeros is then not like silence
    frames, at = noise(1, 60, 20), places(12, seconds // 2)
    query = noise(12, 768) if getattr(made.network, "query", "") == "given" else None
    with torch.no_grad():
        found = made.predict_step((frames, at, query), 0)
        whole = made(frames[0][at][:, None] if query is None else (frames[0][at][:, None], query))
    if whole.shape[1] > 1:
        middle = whole.shape[1] // seconds * (seconds // 2)
        whole = whole[:, middle : middle + whole.shape[1] // seconds]
    expected = whole.flatten(0, 1)
    assert found.shape[0] == 1 and torch.allclose(found[0], expected, atol=1e-5)
    assert found.min() >= 0 and found.max() <= 1


def test_linear_outputs_are_scores_as_they_are():
    module = ContextCRNNModule(activation="linear", **SMALL).eval()
    x = noise(2, 1, 35, 20)
    assert torch.equal(module(x), module.network(x).activity) and module(x).min() < 0


def test_the_focal_scene_loss_is_both_terms():
    module = GlobalAttentionModule(loss="focal_scene", **SMALL).eval()
    x = noise(2, 1, 35, 20)
    targets = SimpleNamespace(activity=torch.rand(2, 35, 11), scene=torch.tensor([1, 4]))
    heard = module.network(x)
    p = heard.activity.sigmoid()
    entropy = -(targets.activity * p.log() + (1 - targets.activity) * (1 - p).log())
    focal = ((1 - (-entropy).exp()) ** 2 * entropy).mean()
    scene = -heard.scene.log_softmax(1)[[0, 1], [1, 4]].mean()
    assert module.training_step((x, targets), 0).item() == pytest.approx(float(focal + scene), rel=1e-5)


def test_with_a_loss_of_the_scene_the_focal_loss_alone_is_watched():
    assert GlobalAttentionModule(loss="focal_scene", **SMALL).watched == "val_focal"
    assert GlobalAttentionModule(**SMALL).watched == ContextCRNNModule(**SMALL).watched == "val_loss"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: ContextCRNN(n_frames=20), "20 frames are no odd number of seconds of 5 frames"),
        (lambda: ContextCRNN(n_frames=7), "7 frames are no odd number of seconds"),
        (lambda: ContextCRNNModule(loss="focal_scene"), "this network tells no scenes"),
        (lambda: ContextCRNNModule(loss="focal", activation="linear"), "the focal loss is one of probabilities"),
        (lambda: ContextCRNNModule(loss="mae"), "unknown activation 'sigmoid' or loss 'mae'"),
    ],
)
def test_what_does_not_go_together_is_one_line(make, problem):
    with pytest.raises(ValueError, match=problem):
        make()


@pytest.mark.parametrize(
    ("network", "module"), [(ContextCRNN, ContextCRNNModule), (GlobalAttentionCRNN, GlobalAttentionModule)]
)
def test_the_modules_take_their_networks_arguments_with_their_defaults(network, module):
    network, module = (inspect.signature(one).parameters for one in (network, module))
    own = {"learning_rate", "patience", "activation", "loss"}
    assert {name: one.default for name, one in module.items() if name not in own} == {
        name: one.default for name, one in network.items()
    }


def test_figures_get_weights_and_embeddings_of_the_central_second():
    module, x = GlobalAttentionModule(**SMALL), noise(4, 1, 35, 20)
    assert module.attention_weights(x).shape == (4, 35) and module.training
    assert torch.allclose(module.attention_weights(x).sum(1), torch.ones(4))
    assert module.embeddings(x).shape == (4, 5, 4)
    assert ContextCRNNModule(True, **SMALL).embeddings(x).shape == (4, 1, 4)
    shown = ContextCRNNModule(activation="linear", **SMALL)
    with torch.no_grad():
        outputs = shown.network.output(shown.embeddings(x))
        assert torch.allclose(shown.eval()(x)[:, 15:20], outputs, atol=1e-6)


@pytest.mark.parametrize(("against", "query"), [("local", "own"), ("alike", "own"), ("alike", "crnn")])
def test_global_attention_solves_what_the_local_network_and_even_weights_fail(against, query):
    with_it, without = maestro_task.accuracy(against, query, seed=0)
    assert with_it >= 0.95 and without <= 0.65
