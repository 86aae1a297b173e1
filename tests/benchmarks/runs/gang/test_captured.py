"""What a graph of a step may hold: emulated on a CPU, and by the operations of a step on an accelerator that is not
there. A graph plays its device's work again; whatever the host did is as it was when the graph was made.
"""

from collections.abc import Callable
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from benchmarks.runs.gang import capture
from benchmarks.runs.gang.capture import CudaGraph, Eager, Steps, refusal, whole_step, without_host_draws
from benchmarks.runs.gang.fixed import fill, fixed_like, kept_in_place
from datasets.batches.activity import Targets
from models.acrnn import ACRNNModule
from models.baselines.maestro import BaselineCRNNModule
from models.baselines.rare_events import CakirCRNNModule, FrameMLPModule
from models.baselines.scenes import ValentiCNNModule
from models.cited.alexnet import AlexNetModule
from models.cited.envnet import EnvNetV2Module
from models.cited.googlenet import GoogLeNetModule
from models.cited.rare_events import AttentiveCRNNModule, CRNN1DModule, MultiScaleRNNModule
from models.cited.wavemsnet import WaveMsNetModule
from models.edc.module import EDCModule
from models.kernels import choose
from models.maestro import ContextCRNNModule, GlobalAttentionModule
from models.mtfa import MTFAModule
from models.pbcnn import PBCNNModule
from models.piczak import PiczakModule


class Operations(TorchDispatchMode):
    """The operations of a block, with what they were given and gave."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[tuple[Any, ...]] = []

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        found = function(*arguments, **(named or {}))
        self.made.append((function, arguments, named or {}, found))
        return found


class Tape(Eager):
    """A graph, as a CPU can have one: the operations of one step, made again on the same tensors."""

    fixed = True

    def prepare(self, step, module, optimizer):
        with kept_in_place(module, optimizer):
            step()
        optimizer.zero_grad(set_to_none=True)
        with kept_in_place(module, optimizer), Operations() as operations:
            self._loss = step()
        self._operations = operations.made

    def replay(self):
        with torch.no_grad():
            for function, arguments, named, found in self._operations:
                again = function(*arguments, **named)
                for old, new in zip(tree_leaves(found), tree_leaves(again), strict=True):
                    if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                        old.copy_(new)
        return self._loss.clone()


def losses(way: type[Eager], make: Callable[[], Any], shape: tuple[int, ...]) -> list[float]:
    """Those of four steps on other batches each, with the draws of a seed."""
    batches = [
        (torch.randn(2, *shape, generator=torch.Generator().manual_seed(number)), torch.eye(5)[[number, number + 1]])
        for number in range(4)
    ]
    module, one = make().train(), way()
    optimizer, tensors = module.configure_optimizers(), fixed_like(batches[0])
    fill(tensors, batches[0])
    with choose("native"):
        one.prepare(whole_step(module, tensors, optimizer, one.fixed, module.training_step), module, optimizer)
        torch.manual_seed(7)
        found = []
        for batch in batches:
            fill(tensors, batch)
            found.append(float(one.replay()))
    return found


def test_a_step_that_draws_on_the_device_alone_is_played_as_it_is_written():
    given = lambda: PiczakModule(5, width_divisor=20), (2, 60, 41)
    plain = losses(Eager, *given)
    assert losses(Tape, *given) == plain and len({*plain}) == 4


def test_crops_that_the_host_draws_would_be_the_same_in_every_step():
    given = lambda: AlexNetModule(5, width_divisor=16), (1, 256, 256)
    assert losses(Tape, *given) != losses(Eager, *given)


def test_a_step_that_draws_on_the_host_is_not_captured():
    without_host_draws(lambda: torch.zeros(()))
    with pytest.raises(RuntimeError, match="draws numbers on the host"):
        without_host_draws(lambda: torch.rand(()))


B = 2
#: Of every kind of network a narrow module and the shapes of its batch.
NETWORKS: dict[str, tuple[Callable[[], Any], tuple[int, ...], tuple[int, ...]]] = {
    "ACRNN": (lambda: ACRNNModule(5, attention="l10", width_divisor=16), (2, 128, 128), (5,)),
    "ACRNN, early": (lambda: ACRNNModule(5, attention="l4", directions="sum", width_divisor=16), (2, 128, 128), (5,)),
    "PiczakCNN": (lambda: PiczakModule(5, width_divisor=20), (2, 60, 41), (5,)),
    "EDC, self": (lambda: EDCModule(5, attention="self", width_divisor=8), (1, 500, 64), (5,)),
    "EDC, scales": (lambda: EDCModule(5, attention="scales", width_divisor=8), (1, 500, 64), (5,)),
    "MTFA": (lambda: MTFAModule(width_divisor=8), (1, 64, 128), (64,)),
    "PB-CNN": (lambda: PBCNNModule(width_divisor=16), (1, 128, 150), (15,)),
    "TB-CNN": (lambda: PBCNNModule("time", width_divisor=16), (1, 128, 150), (15,)),
    "contexts": (lambda: ContextCRNNModule(width_divisor=8), (1, 205, 64), (205, 11)),
    "scenes": (lambda: GlobalAttentionModule(loss="focal_scene", width_divisor=8), (1, 205, 64), (205, 11)),
    "soft baseline": (lambda: BaselineCRNNModule(width_divisor=8), (1, 200, 64), (200, 17)),
    "frames": (FrameMLPModule, (1, 5, 40), (1,)),
    "CRNN": (lambda: CakirCRNNModule(width_divisor=16), (1, 40, 40), (40,)),
    "CNN of scenes": (lambda: ValentiCNNModule(width_divisor=16), (1, 128, 150), (15,)),
    "1D-CRNN": (lambda: CRNN1DModule(width_divisor=16), (1, 64, 128), (64,)),
    "CRNN+Att": (lambda: AttentiveCRNNModule(width_divisor=16), (1, 64, 128), (64,)),
    "MS-RNN": (lambda: MultiScaleRNNModule(width_divisor=16), (1, 64, 128), (64,)),
    "AlexNet": (lambda: AlexNetModule(5, width_divisor=16), (1, 256, 256), (5,)),
    "GoogLeNet": (lambda: GoogLeNetModule(5, width_divisor=8), (1, 256, 256), (5,)),
    "EnvNet-v2": (lambda: EnvNetV2Module(5, width_divisor=16), (1, 1, 90000), (5,)),
    "WaveMsNet": (lambda: WaveMsNetModule(5, width_divisor=16), (1, 1, 90000), (5,)),
}
#: Those whose steps draw or choose on the host; docs/run.md names them.
ON_HOST = {"AlexNet", "GoogLeNet", "EnvNet-v2", "WaveMsNet"}


def on_accelerator(module: nn.Module) -> None:
    """Put the weights on an accelerator that is not there: shapes without values."""
    for layer in module.modules():
        for held in (layer._parameters, layer._buffers):
            for name, one in held.items():
                if one is not None:
                    there = torch.empty_strided(one.shape, one.stride(), dtype=one.dtype, device="cuda")
                    held[name] = nn.Parameter(there, one.requires_grad) if isinstance(one, nn.Parameter) else there
        if isinstance(layer, nn.RNNBase):
            layer._flat_weights = [getattr(layer, name) for name in layer._flat_weights_names]


def states_of(layer: nn.RNNBase, x: Tensor, *states: Any) -> tuple[Tensor, None]:
    """A recurrent layer that an accelerator's library would run."""
    return x.new_zeros(*x.shape[:2], layer.hidden_size * (1 + layer.bidirectional)), None


@pytest.mark.parametrize("name", NETWORKS)
def test_which_steps_leave_everything_to_the_accelerator(name, monkeypatch):
    for layer in (nn.GRU, nn.LSTM):
        monkeypatch.setattr(layer, "forward", states_of)
    monkeypatch.setattr(WaveMsNetModule, "is_second", True, raising=False)
    make, inputs, targets = NETWORKS[name]
    module = make().train()
    host: set[str] = set()
    with FakeTensorMode(allow_non_fake_inputs=True), choose("native"):
        on_accelerator(module)
        x, y = torch.zeros(B, *inputs, device="cuda"), torch.rand(B, *targets, device="cuda")
        of_frames = len(targets) == 2
        batch = (x, Targets(y, torch.zeros(B, dtype=torch.long, device="cuda")) if of_frames else y)
        with Operations() as operations:
            try:
                module.training_step(batch, 0)
            except (DataDependentOutputException, DynamicOutputShapeException) as error:
                host.add(str(error))
    for function, *tensors in operations.made:
        if any(one.device.type == "cpu" for one in tree_leaves(tensors) if isinstance(one, Tensor)):
            host.add(str(function))
    assert bool(host) == (name in ON_HOST), host


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_whose_rate_moves_with_every_step_is_not_captured(name):
    """A capture would go on with the rate of the epoch's first step."""
    module = NETWORKS[name][0]()
    resolved = {"model": {"class_path": f"{type(module).__module__}.{type(module).__name__}"}, "trainer": {}}
    why = "its module has on_train_batch_start" if name in {"AlexNet", "GoogLeNet"} else None
    assert refusal(module, SimpleNamespace(resolved=resolved)) == why


class Accelerator:
    """As much of `torch.cuda` as a capture that fails goes through."""

    def __init__(self, error: Exception) -> None:
        self.error, self.stream_now, self.state = error, "mine", "capturing"
        self.default_generators = [self]

    def current_stream(self) -> str:
        return self.stream_now

    def set_stream(self, stream: str) -> None:
        self.stream_now = stream

    def current_device(self) -> int:
        return 0

    def clone_state(self) -> str:
        return "copy"

    def graphsafe_set_state(self, state: str) -> None:
        self.state = state

    def Stream(self) -> Any:  # noqa: N802
        return SimpleNamespace(wait_stream=lambda stream: None)

    def CUDAGraph(self) -> None:  # noqa: N802
        return None

    @contextmanager
    def stream(self, stream: Any):
        yield

    @contextmanager
    def graph(self, graph: Any, capture_error_mode: str):
        self.stream_now = "of the capture"
        try:
            yield
            raise self.error
        except Exception as error:
            raise RuntimeError("operation failed due to a previous error during capture") from error


@pytest.mark.parametrize("error", [RuntimeError("operation not permitted"), torch.OutOfMemoryError("no memory")])
def test_a_failed_capture_tells_what_its_step_said_and_leaves_the_device_usable(error, monkeypatch):
    accelerator = Accelerator(error)
    current = SimpleNamespace(wait_stream=lambda stream: None)
    accelerator.stream_now = current
    monkeypatch.setattr(capture.torch, "cuda", accelerator)
    module = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    with pytest.raises(type(error), match=str(error)):
        CudaGraph().prepare(lambda: torch.zeros(()), module, optimizer)
    assert accelerator.stream_now is current and accelerator.state == "copy"


def test_steps_that_draw_on_the_host_are_made_one_by_one():
    """With a way that asks for what a graph asks for."""

    class Asks(Eager):
        def prepare(self, step, module, optimizer):
            with kept_in_place(module, optimizer):
                without_host_draws(step)
            super().prepare(step, module, optimizer)

    said: list[str] = []
    module = nn.Dropout()
    weight = nn.Parameter(torch.ones(4))
    optimizer = torch.optim.SGD([weight], 0.1)
    module.training_step = lambda batch, index: (module(batch) * weight).sum()
    module.trainer, module.current_epoch = SimpleNamespace(optimizers=[optimizer]), 0
    module.device = torch.device("cpu")
    steps = Steps(module, Asks, said.append)
    torch.manual_seed(0)
    found = [float(steps.training_step(torch.ones(4), number)) for number in range(3)]
    assert len({*found}) > 1 and steps.notes["captures"] == 0 and steps.notes["steps"] == 3
    [line] = said
    assert "draws numbers on the host" in line and "steps are made one by one" in line
