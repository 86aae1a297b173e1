"""A network as it predicts, whatever mode it is in."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def predicting(module: nn.Module) -> Iterator[None]:
    """Inside, the module is in evaluation mode and without gradients; behind it, in the mode it was in."""
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        module.train(training)
