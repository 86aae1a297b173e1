"""Layers in a row, in which a normalisation and what follows it are done in one piece."""

import torch
from torch import Tensor, nn

from models.kernels.norm import Pool, is_plain, norm_relu


class Sequential(nn.Sequential):
    """`nn.Sequential`: BatchNorm2d and ReLU, with a MaxPool2d before or behind the ReLU, are done by `norm_relu`.

    Names of weights are those of `nn.Sequential`; a maximum commutes with ReLU, so the order of the two is no matter.
    dtypes: of the maps that it does so with. A layer that somebody listens to is called by itself.
    """

    dtypes: tuple[torch.dtype, ...] = (torch.float32, torch.bfloat16)

    def forward(self, x: Tensor) -> Tensor:
        """What the last layer gives."""
        layers, at = list(self), 0
        while at < len(layers):
            layer, after = layers[at], layers[at + 1 : at + 3]
            if not (isinstance(layer, nn.BatchNorm2d) and is_plain(layer, nn.BatchNorm2d)):
                x, at = layer(x), at + 1
                continue
            pool, length = _follows(after)
            if length and x.dtype in self.dtypes:
                x, at = norm_relu(layer, x, pool), at + 1 + length
            else:
                x, at = layer(x), at + 1
        return x


class HalfSequential(Sequential):
    """The same for bfloat16 maps alone.

    Adam makes whole steps of the rounding in a gradient that should be zero, as that of a bias before batch norm is: a
    network that has both does not keep its float32 numbers to three digits where roundings differ.
    """

    dtypes = (torch.bfloat16,)


def _follows(layers: list[nn.Module]) -> tuple[Pool | None, int]:
    """The window of the pool that stands with a ReLU at the beginning of `layers`, and how many layers both are."""
    kinds = [isinstance(layer, nn.ReLU) and is_plain(layer, nn.ReLU) for layer in layers]
    pools = [_window(layer) for layer in layers]
    if kinds == [True, False] and pools[1]:
        return pools[1], 2
    if kinds == [False, True] and pools[0]:
        return pools[0], 2
    return None, int(kinds[:1] == [True])


def _window(layer: nn.Module) -> Pool | None:
    """The window of a MaxPool2d whose windows neither overlap nor reach over the edge."""
    if not (isinstance(layer, nn.MaxPool2d) and is_plain(layer, nn.MaxPool2d)):
        return None
    if layer.ceil_mode or layer.return_indices:
        return None
    size, stride, padding, dilation = (
        tuple(one) if isinstance(one, tuple | list) else (one, one)
        for one in (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    )
    return (size[0], size[1]) if size == stride and padding == (0, 0) and dilation == (1, 1) else None
