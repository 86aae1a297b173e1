"""Training steps that are captured once and played again: forward, backward and optimizer on fixed tensors.

Lightning goes on to train and to count: what it calls (`training_step`, `backward`, `optimizer_step`) is exchanged on
the module while the block of `captured` runs. A step that cannot be captured is made as any other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import pytorch_lightning as pl
import torch
from torch import Tensor

from benchmarks.errors import InputError
from benchmarks.runs.gang.fixed import fill, fixed_like, form_of, kept_in_place, signature

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run

#: Steps on a side stream before one is captured, as libraries ask for that choose their kernels meanwhile.
WARM_UPS = 3
#: Optimizers whose first step on a state of zeros is that on none, so that warming up leaves no trace.
FROM_ZEROS = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)

Step = Callable[[], Tensor]


class Capture(Protocol):
    """How one step on fixed tensors is made again and again; a new one for each form of batch."""

    #: whether what a step allocates must be its own, so that autocast may not keep weights from step to step
    fixed: bool

    def suit(self, optimizer: torch.optim.Optimizer) -> None:
        """Have the optimizer work in a way that can be captured; once for each optimizer is enough."""

    def prepare(self, step: Step, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Capture the step; weights, states and draws are behind it what they were.

        Raises RuntimeError where that cannot be done.
        """

    def replay(self) -> Tensor:
        """Make the step on what the fixed tensors hold now; its loss."""


class Eager:
    """A step that is made as it is written."""

    fixed = False

    def suit(self, optimizer: torch.optim.Optimizer) -> None:
        """Nothing is asked of it."""

    def prepare(self, step: Step, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Note the step."""
        self._step = step

    def replay(self) -> Tensor:
        """Make it."""
        return self._step()


class CudaGraph:
    """A step as a graph of an accelerator: what the host does for it is one call."""

    fixed = True

    def suit(self, optimizer: torch.optim.Optimizer) -> None:
        """Counts of steps lie on the device, and one kernel does it all; checkpoints are as of any other optimizer."""
        told = [{name: group[name] for name in _FLAGS if name in group} for group in optimizer.param_groups]
        for group in optimizer.param_groups:
            group.update({name: value for name, value in _FLAGS.items() if name in group})
        for parameter, state in optimizer.state.items():
            if isinstance(state.get("step"), Tensor):
                state["step"] = state["step"].to(parameter.device)

        def as_before(_: torch.optim.Optimizer, content: dict[str, Any]) -> dict[str, Any]:
            groups = [{**group, **flags} for group, flags in zip(content["param_groups"], told, strict=True)]
            state = {
                key: {**one, **({"step": one["step"].cpu()} if isinstance(one.get("step"), Tensor) else {})}
                for key, one in content["state"].items()
            }
            return {**content, "param_groups": groups, "state": state}

        optimizer.register_state_dict_post_hook(as_before)

    def prepare(self, step: Step, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Warm up on a side stream, take back what that moved, and capture."""
        here, side = torch.cuda.current_stream(), torch.cuda.Stream()
        with kept_in_place(module, optimizer):
            side.wait_stream(here)
            try:
                with torch.cuda.stream(side):
                    for _ in range(WARM_UPS):
                        without_host_draws(step)
            finally:
                here.wait_stream(side)  # what was moved is taken back behind all that moves it, in a failed step, too
        optimizer.zero_grad(set_to_none=True)
        self._graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
                self._loss = step()
        except RuntimeError as error:
            _leave_capture(here)
            raise error.__context__ or error from None  # the end of a capture fails, too, and hides what its step said

    def replay(self) -> Tensor:
        """Play it."""
        self._graph.replay()
        return self._loss


def without_host_draws(step: Step) -> None:
    """Make the step. Raises RuntimeError if it draws from the host's generator: a graph would repeat what was drawn."""
    before = torch.get_rng_state()
    step()
    if not torch.equal(before, torch.get_rng_state()):
        raise RuntimeError("its step draws numbers on the host, which a graph would repeat")


def _leave_capture(stream: torch.cuda.Stream) -> None:
    """Go on with a stream after a capture has failed.

    Its own stream is still the current one then, and the state of the device's generator takes itself for captured: the
    next draw would fail. A copy of the state does not.
    """
    torch.cuda.set_stream(stream)
    generator = torch.cuda.default_generators[torch.cuda.current_device()]
    generator.graphsafe_set_state(generator.clone_state())


#: What optimizers are told where steps are captured.
_FLAGS = {"capturable": True, "fused": True, "foreach": False}
#: The ways to capture, by name.
WAYS: dict[str, Callable[[], Capture]] = {"eager": Eager, "graph": CudaGraph}


class Steps:
    """The training steps of a module, one capture per form of batch, made anew where the recipe has moved.

    What is written into a capture (rates, which weights are trained, where states lie) is compared at the first step of
    an epoch. notes: what a result says of it: steps, captures, and why steps could not be captured.
    """

    def __init__(self, module: Any, way: Callable[[], Capture], say: Callable[[str], None]) -> None:
        self.module, self.way, self.say = module, way, say
        self.notes: dict[str, Any] = {"steps": 0, "captures": 0}
        self._plain_step = module.training_step
        self._held: dict[Any, tuple[Capture, Any]] = {}
        self._epoch, self._signature = -1, ()
        self._suited: torch.optim.Optimizer | None = None

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """The whole step on a batch, the optimizer's included; its loss."""
        optimizer = self.module.trainer.optimizers[0]
        if self._suited is not optimizer:
            self.way().suit(optimizer)
            self._suited = optimizer
        if self._epoch != self.module.current_epoch:
            self._look(optimizer)
        form = form_of(batch)
        if form not in self._held:
            self._held[form] = self._made(batch, optimizer)
            self._signature = signature(self.module, optimizer)  # the first step makes the optimizer's state
        capture, tensors = self._held[form]
        fill(tensors, batch)
        self.notes["steps"] += 1
        return capture.replay()

    def _look(self, optimizer: torch.optim.Optimizer) -> None:
        self._epoch = self.module.current_epoch
        if (now := signature(self.module, optimizer)) != self._signature:
            self._held, self._signature = {}, now

    def _made(self, batch: Any, optimizer: torch.optim.Optimizer) -> tuple[Capture, Any]:
        capture, tensors = self.way(), fixed_like(batch)
        fill(tensors, batch)
        try:
            step = whole_step(self.module, tensors, optimizer, capture.fixed, self._plain_step)
            capture.prepare(step, self.module, optimizer)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            why = " ".join(str(error).split())[:120]
            self.say(f"a training step could not be captured ({why}); steps are made one by one")
            self.notes["failed"] = why
            self.way, capture = Eager, Eager()
            optimizer.zero_grad(set_to_none=True)
            step = whole_step(self.module, tensors, optimizer, capture.fixed, self._plain_step)
            capture.prepare(step, self.module, optimizer)
        self.notes["captures"] += type(capture) is not Eager
        return capture, tensors


def whole_step(
    module: Any, batch: Any, optimizer: torch.optim.Optimizer, fixed: bool, plain: Callable[[Any, int], Tensor]
) -> Step:
    """Forward, backward and optimizer on a batch, whose tensors are read anew in every step; in the order of Lightning.

    plain: the module's own training step. fixed: see `Capture`. Autocast is as it is where this is called.
    """
    kind = module.device.type
    on, dtype = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)

    def step() -> Tensor:
        with torch.autocast(kind, dtype, cache_enabled=not fixed) if on else nullcontext():
            loss = plain(batch, 0)
        with torch.autocast(kind, enabled=False) if on else nullcontext():
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.detach()

    return step


def refusal(module: Any, run: "Run") -> str | None:
    """Why the steps of a run are not captured; None where they can be.

    Of code that somebody else has written it is not known that it does the same in every step; what takes place between
    backward and the optimizer (clipping, hooks) would be left out, and what is set before a batch (rates) ignored.
    """
    path = run.resolved["model"]["class_path"]
    if not path.startswith("models.") or path.startswith("models.tasks."):
        return "its network is none of the papers'"
    if odd := [name for name in _BETWEEN if _is_overridden(name, module)]:
        return f"its module has {odd[0]}"
    if odd := [name for name in _TRAINER if run.resolved["trainer"].get(name)]:
        return f"its trainer has {odd[0]}"
    if not isinstance(module.configure_optimizers(), FROM_ZEROS):
        return "its optimizer is not SGD or Adam"
    return None


#: Hooks of a step that a captured one would pass over, or whose rates it would miss; arguments of a Trainer like them.
_BETWEEN = (
    "on_train_batch_start", "backward", "optimizer_step", "optimizer_zero_grad", "on_before_zero_grad",
    "on_before_backward", "on_after_backward", "on_before_optimizer_step", "configure_gradient_clipping",
)  # fmt: skip
_TRAINER = ("gradient_clip_val", "accumulate_grad_batches")


def _is_overridden(name: str, module: Any) -> bool:
    return getattr(type(module), name) is not getattr(pl.LightningModule, name)


@contextmanager
def captured(
    module: Any, run: "Run", capture: str | Callable[[], Capture] | None, say: Callable[[str], None]
) -> Iterator[dict[str, dict[str, Any]]]:
    """Inside, the module's training steps are captured; what a result says of that is in the dictionary behind it.

    capture: the name of a way, or what makes a `Capture`; None leaves all as it is. Raises InputError for the way of an
    accelerator without one.
    """
    told: dict[str, dict[str, Any]] = {}
    if capture is None:
        yield told
        return
    name, way = (capture, WAYS[capture]) if isinstance(capture, str) else (capture.__name__, capture)
    if capture == "graph" and not torch.cuda.is_available():
        raise InputError("capture=graph: no CUDA accelerator is to be seen here; leave it out")
    if why := refusal(module, run):
        say(f"{run.setting}: training steps are not captured, for {why}")
        yield {"capture": {"refused": why}}
        return
    steps = Steps(module, way, say)
    exchanged = {
        "training_step": steps.training_step,
        "backward": lambda loss, *more: None,
        "optimizer_zero_grad": lambda epoch, index, optimizer: None,
        "optimizer_step": lambda epoch, index, optimizer, closure=None: closure(),
    }
    for hook, instead in exchanged.items():
        setattr(module, hook, instead)
    try:
        yield told
    finally:
        for hook in exchanged:
            delattr(module, hook)
        told["capture"] = {"way": name, **steps.notes}
