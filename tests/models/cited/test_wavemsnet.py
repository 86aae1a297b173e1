"""WaveMsNet: its shapes and sizes, the spectrogram as librosa has it, both phases, the windows of tested clips."""

import librosa
import numpy as np
import pytest
import torch

from models.cited.wavemsnet import WINDOW, LogMel, WaveMsNet, WaveMsNetModule, drawn


def clips(count=2, length=5 * 44100):
    return torch.randint(-3000, 3000, (count, 1, 1, length), generator=torch.Generator().manual_seed(0)).float()


def test_shapes_and_size_are_those_of_the_code():
    """A map of 2 x 96 x 441, 256 x 4 x 5 values behind it; 5120 x 4096 weights make most of the size."""
    network, shapes = WaveMsNet(), []
    network.map.register_forward_hook(lambda layer, inputs, output: shapes.append((inputs[0].shape, output.shape)))
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, WINDOW)).shape == (1, 50)
    assert shapes == [((1, 2, 96, 441), (1, 256, 4, 5))]
    ways = sum(32 * kernel + 32 + 32 * 32 * 11 + 32 + 4 * 32 for kernel in (11, 51, 101))
    maps = sum(9 * a * b + 3 * b for a, b in ((2, 64), (64, 128), (128, 256), (256, 256)))
    assert sum(one.numel() for one in network.parameters()) == ways + maps + 5121 * 4096 + 4097 * 50


def test_the_spectrogram_is_librosas():
    sound = np.random.default_rng(0).standard_normal(WINDOW).astype(np.float32) * np.linspace(0, 1, WINDOW)
    power = librosa.feature.melspectrogram(y=sound, sr=44100, n_fft=2048, hop_length=150, n_mels=96, pad_mode="reflect")
    wanted = librosa.power_to_db(power)[:, :441]
    found = LogMel()(torch.from_numpy(sound).float()[None])[0]
    np.testing.assert_allclose(found, wanted, atol=0.02)


def test_the_spectrogram_is_heard_in_the_second_phase_alone():
    network = WaveMsNet(3, width_divisor=16).eval()
    x, seen = torch.randn(1, WINDOW), []
    network.map.register_forward_hook(lambda layer, inputs, output: seen.append(inputs[0]))
    with torch.no_grad():
        network(x, False), network(x)
    assert torch.equal(seen[0][:, 0], seen[0][:, 1]) and torch.equal(seen[0][:, 0], seen[1][:, 0])
    torch.testing.assert_close(seen[1][:, 1], network.log_mel(x))


def test_the_second_phase_begins_anew_and_all_weights_go_on():
    module = WaveMsNetModule(3, width_divisor=16, phase=3, drops=[[1], [2]])
    optimizer = module.configure_optimizers()
    module._trainer = type("Trainer", (), {"optimizers": [optimizer], "current_epoch": 0})()
    rates = []
    for epoch in range(6):
        module.train()
        module._trainer.current_epoch = epoch
        module.on_train_epoch_start()
        assert bool(optimizer.state) == (epoch not in (0, 3))
        rates.append(optimizer.param_groups[0]["lr"])
        before = {name: one.clone() for name, one in module.state_dict().items()}
        optimizer.zero_grad()
        module.training_step((clips(), torch.eye(3)[:2]), 0).backward()
        optimizer.step()
        moved = {name for name, one in module.state_dict().items() if not torch.equal(one, before[name])}
        assert moved == before.keys()
    assert rates == pytest.approx([0.01, 0.001, 0.001, 0.01, 0.01, 0.001])


def test_scales_of_batch_norm_begin_anywhere_from_0_to_1():
    scales = torch.cat([one.weight for one in WaveMsNet().modules() if isinstance(one, torch.nn.BatchNorm2d)])
    assert scales.min() >= 0 and scales.max() <= 1 and abs(scales.mean() - 0.5) < 0.05


def test_windows_that_are_silent_are_not_heard():
    x = clips(1)
    x[..., 30_000:] = 0  # a window hears it in 19 of 100 draws
    windows = drawn(x.flatten(1).expand(60, -1) / 32768)
    assert windows.shape == (60, WINDOW) and (windows.abs().amax(1) >= 0.005).all()
    module = WaveMsNetModule(3, width_divisor=16).eval()
    with torch.no_grad():
        found = module.predict_step(x[:, None], 0)[0]
        first = module(x.flatten(1)[:, :WINDOW] / 32768)[0]
        alone = module.predict_step(0 * x[:, None], 0)[0]
    assert len(found) == 1 + (5 * 44100 - WINDOW) // 8820
    torch.testing.assert_close(found[0], first)
    assert (found[:4] != 0).all() and not found[4:].any() and alone.all()
