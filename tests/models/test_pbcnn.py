"""PB-CNN and its rivals: counts and costs worked out by hand, and what follows from the paper's equations."""

import inspect
import itertools

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from models.complexity import macs
from models.pbcnn import PBCNN, AxisAttention, PBCNNModule, PixelAttention, distance
from tests.models import pbcnn_task

ATTENTIONS = ("none", "time", "frequency", "pixel")
WIDTHS = (64, 128, 256, 512)
SMALL = {"n_mels": 16, "n_frames": 20, "channels": (4, 6)}
#: GMAC per segment of 150 frames, and per clip of 1501 frames as one.
GMACS = {"none": (1.05, 10.7), "time": (1.05, 10.7), "frequency": (1.05, 10.7), "pixel": (3.85, 39.0)}


def maps(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def weights(network):
    return sum(parameter.numel() for parameter in network.parameters())


def stack():
    """Convolutions without biases, batch norms, dense layer: what all four have."""
    convolutions = sum(9 * inputs * outputs for inputs, outputs in zip((1, *WIDTHS), WIDTHS, strict=False))
    return convolutions + sum(2 * wide for wide in WIDTHS) + 512 * 15 + 15


def pixel_attention(kernel):
    """Value and key convolution, the two dense layers and gamma of each module."""
    return sum(kernel**2 * wide**2 + wide + wide + 1 + 2 * wide * wide // 16 + wide // 16 + wide + 1 for wide in WIDTHS)


def dense(*sizes):
    return sum(size * size + size for size in sizes)


@pytest.mark.parametrize(
    ("options", "added", "millions"),
    [
        ({"attention": "none"}, 0, 1.56),
        ({"attention": "time"}, dense(150, 75, 37, 18), 1.59),
        ({"attention": "frequency"}, dense(128, 64, 32, 16), 1.58),
        ({"attention": "pixel"}, pixel_attention(3), 4.74),
        ({"attention": "pixel", "value_kernel": 1}, pixel_attention(1), 1.95),
        ({"attention": "pixel", "gamma": 0.5}, pixel_attention(3) - 4, 4.74),
    ],
)
def test_the_attention_is_all_that_the_sizes_differ_by(options, added, millions):
    found = weights(PBCNN(**options))
    assert found == stack() + added
    assert round(found / 1e6, 2) == millions


@pytest.mark.parametrize(("attention", "gmacs"), GMACS.items())
def test_cost(attention, gmacs):
    found = [macs(PBCNN(attention, n_frames=frames)) / 1e9 for frames in (150, 1501)]
    assert found == pytest.approx(gmacs, abs=0.05)


def test_whole_clips_take_the_same_stack():
    shared = [weights(PBCNN(attention, n_frames=1501)) for attention in ("none", "frequency", "pixel")]
    assert shared == [weights(PBCNN(attention)) for attention in ("none", "frequency", "pixel")]
    assert weights(PBCNN("time", n_frames=1501)) == stack() + dense(1501, 750, 375, 187)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_logits_of_any_batch(attention):
    network = PBCNN(attention, num_classes=7, **SMALL).eval()
    x = maps(3, 1, 16, 20)
    assert network(x).shape == (3, 7)
    assert torch.allclose(network(x)[1:2], network(x[1:2]), atol=1e-5)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_a_block_is_convolution_norm_attention_relu_pool(attention):
    network = PBCNN(attention, **SMALL).eval()
    found = maps(2, 1, 16, 20)
    for block in network.blocks:
        found = F.max_pool2d(block.attention(block.norm(block.conv(found))).relu(), 2)
    expected = F.linear(found.mean(3).mean(2), network.output.weight, network.output.bias)
    assert torch.allclose(network(maps(2, 1, 16, 20)), expected, atol=1e-5)


def test_frequency_attention_is_equations_12_and_13():
    layer, x = AxisAttention("frequency", 8), maps(2, 3, 8, 5)
    alpha = layer.dense(x.mean(3, keepdim=True).mean(1, keepdim=True).reshape(2, 8)).sigmoid()
    for clip, channel, frame in itertools.product(range(2), range(3), range(5)):
        assert torch.allclose(layer(x)[clip, channel, :, frame], x[clip, channel, :, frame] * alpha[clip])


def test_time_attention_is_frequency_attention_of_the_transposed_maps():
    time, frequency = AxisAttention("time", 8), AxisAttention("frequency", 8)
    time.load_state_dict(frequency.state_dict())
    x = maps(2, 3, 5, 8)
    assert torch.allclose(time(x), frequency(x.mT).mT, atol=1e-6)


@pytest.mark.parametrize("kernel", [1, 3])
def test_pixel_attention_is_equation_19(kernel):
    layer, x = PixelAttention(8, kernel, 4, 0.3), maps(2, 8, 5, 6)
    value = F.conv2d(x, layer.value.weight, layer.value.bias, padding=kernel // 2)
    key = torch.einsum("c,bcft->bft", layer.key.weight.flatten(), x) + layer.key.bias
    scale = torch.sigmoid(layer.excite(torch.relu(layer.squeeze(x.mean((2, 3))))))
    expected = x + 0.3 * (value * torch.relu(key)[:, None]) * scale[:, :, None, None]
    assert torch.allclose(layer(x), expected, atol=1e-5)
    assert layer.squeeze.out_features == 2


@torch.no_grad()
def test_by_a_softmax_weights_are_a_distribution():
    layer, x = AxisAttention("frequency", 8, "softmax"), maps(2, 3, 8, 5)
    weights = torch.softmax(layer.dense(x.mean((1, 3))), 1)
    torch.testing.assert_close(layer(x), x * weights[:, None, :, None])


@torch.no_grad()
def test_maps_of_the_size_of_x_are_multiplied_too_where_that_is_read():
    layer, x = PixelAttention(8, 3, 4, 0.3, "maps"), maps(2, 8, 5, 6)
    excited = layer.excite(layer.squeeze(x.mean((2, 3))).relu()).sigmoid()[:, :, None, None]
    torch.testing.assert_close(layer(x), x + 0.3 * layer.value(x) * layer.key(x).relu() * (excited * x))


def test_a_gamma_of_zero_leaves_the_plain_network():
    plain, pixel = PBCNN("none", **SMALL), PBCNN("pixel", **SMALL)
    plain.load_state_dict(pixel.state_dict(), strict=False)
    x = maps(2, 1, 16, 20)
    assert torch.equal(pixel.eval()(x), plain.eval()(x))
    assert PBCNNModule(**SMALL).gammas(x).tolist() == [0, 0]
    assert PBCNNModule(gamma=0.5, **SMALL).gammas(x).tolist() == [0.5, 0.5]


def test_initial_weights_depend_on_the_seed_alone_and_lie_in_pytorchs_ranges():
    torch.manual_seed(1)
    first = PBCNN("pixel", **SMALL, seed=3)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), PBCNN(**SMALL, seed=3).parameters(), strict=True))
    assert not torch.equal(first.output.weight, PBCNN(**SMALL, seed=4).output.weight)
    for layer in PBCNN("pixel").modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            assert 0.9 * bound < layer.weight.abs().max() <= bound


def test_unfit_arguments_are_one_line():
    with pytest.raises(ValueError, match="8 bands x 150 frames cannot be halved 4 times"):
        PBCNN(n_mels=8)
    with pytest.raises(ValueError, match=r"gamma 1.5 is not within \[0, 1\]"):
        PBCNN(gamma=1.5)
    with pytest.raises(ValueError, match="gamma lernt is not within"):
        PBCNN(gamma="lernt")
    for channels in ([], [8, 0]):
        with pytest.raises(ValueError, match="make no stack"):
            PBCNN(channels=channels)


def test_the_module_takes_the_networks_arguments_with_their_defaults():
    network, module = (inspect.signature(one).parameters for one in (PBCNN, PBCNNModule))
    assert {name: one.default for name, one in module.items() if name != "learning_rate"} == {
        name: one.default for name, one in network.items()
    }


class Noise(pl.LightningDataModule):
    """Two steps of segments of noise, of two classes in turn."""

    def train_dataloader(self):
        steps = [(maps(8, 1, 16, 20, seed=step), F.one_hot(torch.arange(8) % 2).float()) for step in range(2)]
        return DataLoader(steps, batch_size=None)


def train(module, epochs, resumed=None):
    """Train with Lightning to the end, from a checkpoint if there is one."""
    trainer = pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(module, Noise(), ckpt_path=resumed, weights_only=True)
    return trainer


class Watched(PBCNNModule):
    """Notes its gammas behind each step."""

    def on_train_start(self):
        self.seen = []

    def on_train_batch_end(self, *_):
        self.seen += self.gammas(None).tolist()


@pytest.mark.filterwarnings("ignore:.*many workers.*", "ignore:.*no `val_dataloader`.*", "ignore:.*LeafSpec.*")
def test_gamma_stays_within_its_range_in_training_and_when_resumed(tmp_path):
    first, resumed = (Watched(num_classes=2, learning_rate=0.7, dropout=0.0, **SMALL) for _ in range(2))
    train(first, 2).save_checkpoint(tmp_path / "kept.ckpt")
    train(resumed, 4, tmp_path / "kept.ckpt")
    for module in (first, resumed):
        assert len(module.seen) == 2 * 2 * 2
        assert all(0 <= gamma <= 1 for gamma in module.seen) and {0.0, 1.0} & set(module.seen)
    assert pbcnn_task.clamped(seed=0) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("task", "against"),
    [("time", "none"), ("time", "frequency"), ("frequency", "none"), ("frequency", "time"), ("pixel", "none")],
)
def test_each_attention_solves_its_task_and_what_it_is_against_does_not(task, against):
    with_it, without = pbcnn_task.accuracy(task, against, seed=0)
    assert with_it >= 0.9 and without <= 0.6


def cut(clips, frames, hop):
    return clips.unfold(-1, frames, hop).permute(0, 3, 1, 2, 4)


@pytest.mark.parametrize(("frames", "hop"), [(20, 10), (20, 5), (20, 20), (43, 43)])
def test_the_distance_of_segments_is_read_off_them(frames, hop):
    assert distance(cut(maps(2, 1, 16, 43), frames, hop)) == hop


@pytest.mark.parametrize(("hop", "length"), [(10, 40), (20, 40), (43, 43)])
def test_shown_maps_are_the_clips_laid_together_again(hop, length):
    module, clips = PBCNNModule(num_classes=3, **SMALL), maps(2, 1, 16, 43)
    x = cut(clips, 43 if hop == 43 else 20, hop)
    assert torch.allclose(module.log_mel(x), F.avg_pool1d(clips[:, 0, :, :length], 4), atol=1e-6)
    shown = module.attention_weights(x)
    assert shown.shape == module.log_mel(x).shape and module.training
    block = module.eval().network.blocks[0]
    with torch.no_grad():
        first = block.attention.key(block.norm(block.conv(x[:, 0]))).relu()[:, 0]
    alone = hop - hop % 4  # what no other segment covers, in whole groups of four frames
    assert torch.allclose(shown[..., : alone // 4], F.avg_pool1d(first[..., :alone], 4), atol=1e-5)


def test_where_segments_overlap_the_weights_are_averaged():
    module = PBCNNModule(num_classes=3, **SMALL).eval()
    x = cut(maps(1, 1, 16, 30), 20, 10)
    block = module.network.blocks[0]
    with torch.no_grad():
        one, other = block.attention.key(block.norm(block.conv(x[0]))).relu()[:, 0]
    both = (one[:, 12:16] + other[:, 2:6]) / 2
    assert torch.allclose(module.attention_weights(x)[0, :, 3], both.mean(1), atol=1e-5)


def test_three_clips_of_thirty_seconds_are_less_than_a_megabyte():
    module, x = PBCNNModule(width_divisor=32), cut(maps(3, 1, 128, 1501), 150, 75)
    stored = [getattr(module, name)(x).half().numpy().nbytes for name in ("attention_weights", "log_mel", "gammas")]
    assert module.attention_weights(x).shape == (3, 128, 375) and sum(stored) < 1e6


def test_other_attentions_have_no_weights_of_pixels():
    for name, attention in itertools.product(("attention_weights", "gammas"), ("none", "time")):
        with pytest.raises(ValueError, match="give PBCNNModule attention='pixel'"):
            getattr(PBCNNModule(attention, **SMALL), name)(maps(1, 1, 1, 16, 20))
