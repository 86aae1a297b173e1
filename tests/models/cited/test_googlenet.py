"""GoogLeNet: its published sizes, its shapes, the losses beside the way."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.cited.googlenet import INCEPTIONS, GoogLeNet, GoogLeNetModule


def size(module):
    return sum(one.numel() for one in module.parameters())


@pytest.fixture(scope="module")
def large():
    return GoogLeNet(1000, channels=3)


def test_sizes_are_caffes(large):
    """6,998,552 parameters with 1000 classes and three channels, 13,378,280 in training: what bvlc_googlenet has."""
    assert size(large) == 13_378_280
    assert size(large) - size(large.asides) == 6_998_552


def test_size_is_that_of_torchvisions_form_too(large):
    """6,624,904: it has 3x3 kernels for 5x5, and scale and shift of batch norm in place of biases."""
    convolutions = [one for name, one in large.named_modules() if isinstance(one, nn.Conv2d) and "asides" not in name]
    channels = sum(one.out_channels for one in convolutions)
    fives = sum(one.weight.numel() for one in convolutions if one.kernel_size == (5, 5))
    assert size(large) - size(large.asides) + channels - fives * 16 // 25 == 6_624_904


def test_shapes_are_those_of_the_paper(large):
    """Szegedy et al. (2015), table 1: 28 x 28 x 192 behind the stem, 14 x 14 x 512 (4a), 7 x 7 x 1024 (5b)."""
    shapes = {}
    watched = {"stem": large.stem, **large.inceptions}
    hooks = [
        one.register_forward_hook(lambda layer, inputs, output, name=name: shapes.update({name: output.shape[1:]}))
        for name, one in watched.items()
    ]
    large.eval()
    with torch.no_grad():
        assert large(torch.zeros(1, 3, 256, 256)).shape == (1, 1000)
    for hook in hooks:
        hook.remove()
    assert shapes["stem"] == (192, 28, 28) and shapes["3b"] == (480, 28, 28)
    assert shapes["4a"] == (512, 14, 14) and shapes["5b"] == (1024, 7, 7)
    assert list(shapes)[1:] == list(INCEPTIONS)


def test_the_loss_has_a_share_of_both_losses_beside_the_way():
    module = GoogLeNetModule(3, width_divisor=16)
    module.network.dropout.p = 0.0
    for aside in module.network.asides.values():
        aside.dropout.p = 0.0
    x, y = torch.randn(2, 1, 256, 256), torch.eye(3)[:2]
    torch.manual_seed(0)
    loss = module.training_step((x, y), 0)
    torch.manual_seed(0)
    main, first, second = (F.cross_entropy(one, y) for one in module.network.judged(x))
    torch.testing.assert_close(loss, main + 0.3 * (first + second))
    loss.backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    module.eval()
    assert len(module.network.judged(x)) == 1 and torch.equal(module(x), module(x))


def test_first_weights_are_caffes():
    network = GoogLeNet(10)
    convolution = network.stem[0][0]
    bound = (3 / 49) ** 0.5
    assert 0.99 * bound < convolution.weight.abs().max() <= bound and (convolution.bias == 0.2).all()
    assert not network.output.bias.any() and not network.asides["4d"].output.bias.any()
    assert (network.asides["4d"].hidden.bias == 0.2).all()
