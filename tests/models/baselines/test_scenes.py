"""The two-layer baseline of the PB-CNN paper: counts worked out by hand."""

import inspect

import pytest
import torch
from torch.nn import functional as F

from models.baselines.scenes import ValentiCNN, ValentiCNNModule
from models.complexity import macs

#: GMAC per segment by number of bands.
GMACS = {60: 0.32, 128: 0.68, 256: 1.38, 512: 2.75}


@pytest.mark.parametrize(("n_mels", "gmacs"), GMACS.items())
def test_the_size_is_the_same_for_all_bands_and_the_cost_is_not(n_mels, gmacs):
    network = ValentiCNN(n_mels)
    first, second = 25 * 128 + 128 + 2 * 128, 25 * 128 * 256 + 256 + 2 * 256
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert counted == first + second + 4 * 256 * 15 + 15 == 838_927
    assert macs(network) / 1e9 == pytest.approx(gmacs, abs=0.005)


@pytest.mark.parametrize(("n_mels", "kernel"), [(60, 3), (128, 6), (256, 12), (512, 25), (35, 1)])
def test_the_last_pool_leaves_four_groups_of_bands_and_drops_the_surplus(n_mels, kernel):
    network = ValentiCNN(n_mels, num_classes=3, width_divisor=32).eval()
    x = torch.randn(2, 1, n_mels, 50, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps = F.max_pool2d(network.norm1(network.conv1(x)).relu(), 5)
        maps = network.norm2(network.conv2(maps)).relu()
        groups = [maps[:, :, number * kernel : (number + 1) * kernel].amax((2, 3)) for number in range(4)]
        expected = network.output(torch.stack(groups, 2).flatten(1))
        assert torch.allclose(network(x), expected, atol=1e-5)


def test_any_number_of_frames_will_do_and_too_few_are_told():
    network = ValentiCNN(60, num_classes=3, width_divisor=32)
    assert network(torch.zeros(2, 1, 60, 150)).shape == network(torch.zeros(2, 1, 60, 1501)).shape == (2, 3)
    with pytest.raises(ValueError, match="19 bands x 150 frames are too few; 20 x 5 are the least"):
        ValentiCNN(19)


def test_initial_weights_depend_on_the_seed_alone():
    first, again, other = (ValentiCNN(60, seed=seed, width_divisor=16).conv2.weight for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_module_takes_the_networks_arguments_with_their_defaults():
    network, module = (inspect.signature(one).parameters for one in (ValentiCNN, ValentiCNNModule))
    assert {name: one.default for name, one in module.items() if name != "learning_rate"} == {
        name: one.default for name, one in network.items()
    }
