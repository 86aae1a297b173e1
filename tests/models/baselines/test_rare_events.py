"""The two networks that MTFA is compared with: the published counts, and Keras's equations written out."""

import inspect

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from models import keras
from models.baselines.rare_events import (
    CakirCRNN,
    CakirCRNNModule,
    FrameMLP,
    FrameMLPModule,
    RecurrentDropoutGRU,
)
from models.complexity import keras_parameters, macs


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_published_counts():
    assert keras_parameters(FrameMLP()) == 12_651
    assert round(keras_parameters(CakirCRNN()) / 1e6, 2) == 0.52
    network = CakirCRNN()
    network.input_shape = (1, 19, 40)
    assert round(macs(network) * 79 / 1e9, 2) == 3.69  # 1501 frames; exactly linear in the frames


def test_a_second_gru_layer_is_counted_by_keras():
    added = keras_parameters(CakirCRNN(rnn_layers=2)) - keras_parameters(CakirCRNN())
    assert added == 3 * 96 * (96 + 96 + 1)


@pytest.mark.parametrize(
    ("module", "frames"),
    [
        (FrameMLPModule(width_divisor=5), 34),
        (CakirCRNNModule(width_divisor=12), 30),
        (CakirCRNNModule(width_divisor=12, rnn_layers=2), 30),
    ],
    ids=["mlp", "crnn", "crnn2"],
)
def test_logits_and_gradients(module, frames):
    module.training_step((drawn(3, 1, frames, 40), torch.ones(3, 30)), 0).backward()
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad.any(), name
        else:
            assert name.endswith("bias_hh_l0")
            assert not parameter.any()
    assert module.predict_step(drawn(3, 1, frames, 40), 0).shape == (3, 30, 1)


@pytest.mark.parametrize("network", [FrameMLP, CakirCRNN])
def test_the_seed_alone_decides_the_initial_weights(network):
    first, again, other = (next(network(width_divisor=8, seed=seed).parameters()) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(("network", "module"), [(FrameMLP, FrameMLPModule), (CakirCRNN, CakirCRNNModule)])
def test_the_module_takes_every_argument_of_the_network(network, module):
    mine, given = (inspect.signature(one).parameters for one in (network, module))
    assert {name: given[name].default for name in mine} == {name: one.default for name, one in mine.items()}


def test_mlp_judges_a_frame_by_itself_and_two_to_each_side():
    network = FrameMLP(width_divisor=5).eval()
    x = drawn(2, 1, 14, 40)
    logits = network(x)
    for frame in range(10):
        torch.testing.assert_close(logits[:, frame : frame + 1], network(x[:, :, frame : frame + 5]))


def test_mlp_begins_as_keras_uniform():
    for layer in (layer for layer in FrameMLP().modules() if isinstance(layer, nn.Linear)):
        assert 0.9 * 0.05 < layer.weight.abs().max() <= 0.05
        assert not layer.bias.any()


def hard_sigmoid(values):
    return np.clip(0.2 * values + 0.5, 0, 1)


def keras_gru(x, layer, input_mask, state_mask):
    """Keras 2.0's recurrence for one sequence (T, in), gate after gate, in NumPy, with one mask for all gates."""
    kernels, recurrent, biases = (
        np.split(one.detach().double().numpy(), 3) for one in (layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0)
    )
    state, states = np.zeros(layer.hidden_size), []
    for step in x:
        fed = [kernels[gate] @ (step * input_mask) + biases[gate] for gate in range(3)]
        reset = hard_sigmoid(fed[0] + recurrent[0] @ (state * state_mask))
        update = hard_sigmoid(fed[1] + recurrent[1] @ (state * state_mask))
        candidate = np.tanh(fed[2] + recurrent[2] @ (reset * state * state_mask))
        state = update * state + (1 - update) * candidate
        states.append(state)
    return np.array(states)


@pytest.mark.parametrize("training", [False, True])
def test_gru_is_that_of_keras(training, monkeypatch):
    layer = RecurrentDropoutGRU(5, 6, 0.25).train(training)
    for parameter, seed in zip(layer.parameters(), range(4), strict=True):
        parameter.data = drawn(*parameter.shape, seed=seed) * (parameter.requires_grad)
    used = []
    mask = RecurrentDropoutGRU._mask
    monkeypatch.setattr(RecurrentDropoutGRU, "_mask", lambda *args: used.append(mask(*args)) or used[-1])
    torch.manual_seed(3)
    x = drawn(4, 9, 5)
    states, last = layer(x)
    assert [tuple(one.shape) for one in used] == [(4, 5), (4, 6)]
    for clip in range(4):
        expected = keras_gru(x[clip].double().numpy(), layer, *(one[clip].double().numpy() for one in used))
        np.testing.assert_allclose(states[clip].detach(), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(last[0], states[:, -1])
    values = {round(value, 4) for one in used for value in one.flatten().tolist()}
    assert values == ({0.0, 1.3333} if training else {1.0})


def test_crnn_pools_bands_and_leaves_time():
    network = CakirCRNN(width_divisor=12).eval()
    sizes = []
    for layer in network.convolutions:
        if isinstance(layer, nn.MaxPool2d):
            layer.register_forward_hook(lambda layer, inputs, output: sizes.append(tuple(output.shape[1:])))
    network(drawn(1, 1, 23, 40))
    assert sizes == [(8, 23, 8), (8, 23, 2), (8, 23, 1)]


def test_crnn_layers_are_in_the_order_of_the_code():
    kinds = [type(layer) for layer in CakirCRNN().convolutions]
    assert kinds == [nn.Conv2d, keras.BatchNorm2d, nn.ReLU, nn.Dropout, nn.MaxPool2d] * 3


def test_crnn_needs_forty_bands():
    with pytest.raises(ValueError, match="n_mels 39 is too small"):
        CakirCRNN(n_mels=39)


def test_crnn_begins_as_keras_does():
    network = CakirCRNN()
    sigma = (2 / (96 * 25)) ** 0.5
    kernel = network.convolutions[5].weight
    assert kernel.abs().max() <= 2 * sigma
    assert kernel.std().item() == pytest.approx(0.8796 * sigma, rel=0.01)  # a Gaussian cut at two deviations
    output = network.output.weight
    assert output.abs().max() <= 2 * (2 / 96) ** 0.5
    assert output.std().item() == pytest.approx(0.8796 * (2 / 96) ** 0.5, rel=0.2)
    rnn = network.rnns[0]
    torch.testing.assert_close(rnn.weight_hh_l0.T @ rnn.weight_hh_l0, torch.eye(96), rtol=0, atol=1e-5)
    assert rnn.weight_ih_l0.abs().max().item() == pytest.approx((6 / (96 + 3 * 96)) ** 0.5, rel=0.01)
    assert not any(parameter.any() for name, parameter in network.named_parameters() if "bias" in name)


def test_a_trainer_fits_and_validates_whole_clips():
    """The harness's way, without a logger: two steps, then the figures of the epoch."""
    clips = list(zip(drawn(8, 1, 60, 40), (drawn(8, 60, seed=1) > 0).float(), strict=True))
    loader = DataLoader(clips, batch_size=4)
    module = CakirCRNNModule(width_divisor=12)
    before = module.network.output.weight.detach().clone()
    trainer = pl.Trainer(
        accelerator="cpu", max_epochs=1, logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, loader, loader)
    assert set(trainer.callback_metrics) == {"val_loss", "val_accuracy", "val_error_rate"}
    assert not torch.equal(before, module.network.output.weight)
