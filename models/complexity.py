"""Sizes and costs of networks: parameters as Keras counts them, multiply-accumulates, and what a profiler printed."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

#: The layers that have kernels, which is where weights and products are.
KERNEL_LAYERS = (nn.Conv2d, nn.Linear, nn.GRU)


def keras_parameters(module: nn.Module) -> int:
    """Parameters by Keras's convention: one bias set per GRU, moving averages of batch normalisation included."""
    second_biases = {
        id(parameter)
        for layer in module.modules()
        if isinstance(layer, nn.GRU)
        for name, parameter in layer.named_parameters()
        if name.startswith("bias_hh")
    }
    counted = sum(parameter.numel() for parameter in module.parameters() if id(parameter) not in second_biases)
    averages = sum(
        layer.running_mean.numel() + layer.running_var.numel()
        for layer in module.modules()
        if isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None and layer.running_var is not None
    )
    return counted + averages


def macs(module: nn.Module) -> int:
    """Multiply-accumulates of one forward pass over one item of the network's `input_shape`.

    Counted are convolutions, GRUs and dense layers, whose sizes are read off a real forward pass; batch normalisation,
    activations and the weighting of frames by attention are no matrix products.
    """
    network: Any = module.network if isinstance(module, pl.LightningModule) else module
    counts: list[int] = []
    hooks = [
        layer.register_forward_hook(lambda layer, inputs, output: counts.append(_layer_macs(layer, inputs[0], output)))
        for layer in network.modules()
        if isinstance(layer, KERNEL_LAYERS)
    ]
    training = network.training
    try:
        network.eval()
        with torch.no_grad():
            network(torch.zeros(1, *network.input_shape, device=next(network.parameters()).device))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return sum(counts)


def _layer_macs(layer: nn.Module, inputs: Tensor, output: Tensor | tuple[Tensor, Tensor]) -> int:
    """Multiply-accumulates of one layer: each weight is used once per position, step or row of its output."""
    if isinstance(layer, nn.GRU):
        weights = sum(p.numel() for name, p in layer.named_parameters() if name.startswith("weight"))
        return weights * inputs.shape[1]
    assert isinstance(output, Tensor)
    if isinstance(layer, nn.Conv2d):
        return layer.weight.numel() * output.shape[2] * output.shape[3]
    assert isinstance(layer, nn.Linear)
    return layer.weight.numel() * (inputs.numel() // inputs.shape[-1])


def profiler_proxy(module: nn.Module) -> int:
    """The "FLOPs" that the ACRNN paper's Table 2 prints, as a formula over weights (fitted to it, and no cost at all).

    Two operations per weight; besides, in a network with GRUs two per recurrent weight and three per attention weight,
    in one without three per convolution weight. They give the printed 63.27 M, 9.17 M and 9.18 M. A TensorFlow profiler
    that does not know the batch size counts initialisers and regularisers alone: a random draw would be two, an
    orthogonal one four, an L2 term three, which may be where they come from.
    """
    layers = {name: layer for name, layer in module.named_modules() if isinstance(layer, KERNEL_LAYERS)}
    weights = sum(_weights(layer) for layer in layers.values())
    recurrent = sum(_weights(layer, "weight_hh") for layer in layers.values() if isinstance(layer, nn.GRU))
    if recurrent:
        attention = sum(_weights(layer) for name, layer in layers.items() if "attention" in name.split("."))
        return 2 * weights + 2 * recurrent + 3 * attention
    return 2 * weights + 3 * sum(_weights(layer) for layer in layers.values() if isinstance(layer, nn.Conv2d))


def _weights(layer: nn.Module, prefix: str = "weight") -> int:
    """The number of a layer's weights whose names begin with `prefix`; biases are none."""
    return sum(parameter.numel() for name, parameter in layer.named_parameters() if name.startswith(prefix))
