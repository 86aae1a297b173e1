"""Precision: the flags of a process, what Lightning is told, and which layers keep float32 in bfloat16.

It needs torch and Lightning alone, as a borrowed accelerator may have no more.
"""

from functools import partial
from typing import Any

import torch
from pytorch_lightning.plugins import MixedPrecision
from torch import Tensor, nn


def set_flags(numerics: str) -> None:
    """Set the precision flags of this process: "float32", "tf32" or "bf16"."""
    tf32 = numerics == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True


def trainer_arguments(numerics: str, device: str) -> dict[str, Any]:
    """What Lightning's Trainer is told of the precision."""
    return {"plugins": [BFloat16(device)]} if numerics == "bf16" else {"precision": "32-true"}


class BFloat16(MixedPrecision):
    """Autocast to bfloat16, beside which recurrent layers keep float32 on an accelerator."""

    def __init__(self, device: str) -> None:
        super().__init__("bf16-mixed", device)

    def convert_module(self, module: nn.Module) -> nn.Module:
        """The module, made ready once."""
        if self.device == "cuda":
            recurrent_in_float32(module)
        return module


def recurrent_in_float32(module: nn.Module) -> None:
    """Have every recurrent layer work in float32, also under autocast.

    Autocast hands such layers to cuDNN in float16, whatever type it was asked for (PyTorch, AutocastRNN.cpp). Small
    gradients vanish in that type unless the loss is scaled, which bfloat16 does without.
    """
    for layer in module.modules():
        if isinstance(layer, nn.RNNBase) and "forward" not in vars(layer):
            layer.forward = partial(_in_float32, layer.forward)  # type: ignore[method-assign]


def _in_float32(forward: Any, x: Tensor, *states: Any) -> Any:
    with torch.autocast(x.device.type, enabled=False):
        return forward(x.float(), *states)
