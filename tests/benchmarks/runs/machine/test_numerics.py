"""What trains in bfloat16, and what keeps float32 beside it."""

import pytest
import torch
from torch import nn

from benchmarks.runs.machine.numerics import BFloat16, recurrent_in_float32
from benchmarks.runs.train import make_trainer


class Recurrent(nn.Module):
    """A layer, a recurrent one and a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inner, self.rnn, self.head = nn.Linear(3, 4), nn.GRU(4, 5, batch_first=True), nn.Linear(5, 2)

    def forward(self, x):
        states, _ = self.rnn(self.inner(x))
        return states, self.head(states)


@pytest.fixture
def x():
    return torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(1))


def test_recurrent_layers_keep_float32_under_autocast_and_their_neighbours_do_not(x):
    module, expected = Recurrent(), Recurrent()
    recurrent_in_float32(module)
    with torch.autocast("cpu", torch.bfloat16):
        inner, (states, out) = module.inner(x), module(x)
    assert (inner.dtype, states.dtype, out.dtype) == (torch.bfloat16, torch.float32, torch.bfloat16)
    torch.testing.assert_close(states, expected.rnn(inner.float())[0])
    out.float().sum().backward()
    assert all(one.grad is not None and one.grad.dtype == torch.float32 for one in module.parameters())
    assert module.state_dict().keys() == expected.state_dict().keys()


def test_a_trainer_makes_them_ready_once_and_on_an_accelerator_alone(x):
    on_cpu, on_cuda = Recurrent(), Recurrent()
    BFloat16("cpu").convert_module(on_cpu)
    for _ in range(2):  # for training and for prediction
        BFloat16("cuda").convert_module(on_cuda)
    assert "forward" not in vars(on_cpu.rnn) and on_cuda.rnn.forward.func.__name__ == "_in_float32"
    assert on_cuda.rnn.forward.args[0].__self__ is on_cuda.rnn  # once: behind it is the layer's own
    assert torch.equal(on_cpu(x)[1], on_cuda(x)[1])


@pytest.mark.parametrize(("numerics", "expected"), [("float32", "32-true"), ("bf16", "bf16-mixed")])
def test_lightning_is_told_of_the_precision(numerics, expected):
    assert make_trainer("cpu", numerics, [], max_epochs=1).precision == expected
