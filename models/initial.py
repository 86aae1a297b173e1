"""Initial weights as PyTorch draws them by default, but from a generator that is given."""

import torch
from torch import nn


@torch.no_grad()
def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw weights and biases of all layers in order from `generator`; what `draw` leaves stays as it was made."""
    for layer in module.modules():
        draw(layer, generator)


@torch.no_grad()
def draw(layer: nn.Module, generator: torch.Generator) -> None:
    """Draw the parameters of one convolution, dense or recurrent layer, uniform in ±1/sqrt(n); leave any other.

    n is a convolution's or dense layer's number of inputs per output, and a recurrent layer's cells.
    """
    if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
        bound = layer.weight[0].numel() ** -0.5
    elif isinstance(layer, nn.RNNBase):
        bound = layer.hidden_size**-0.5
    else:
        return
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
