"""What a training step of ACRNN takes when several runs share an accelerator, by each way to have them share it."""

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from benchmarks.bench.ratio import Measure
from benchmarks.runs.gang.capture import Capture, CudaGraph, Eager, whole_step
from benchmarks.runs.machine.numerics import recurrent_in_float32, set_flags
from models.acrnn import ACRNNModule
from models.kernels import choose

#: Milliseconds of a step that all this is built for, by numerics, and what is hoped for beyond.
GOALS = {"float32": 5.0, "tf32": 2.0, "bf16": 2.0}
STRETCH_MS = 1.2
#: The share of a step that Lightning's own loop may take, %.
LOOP_SHARE = 5.0
#: How long a measure goes on at least, seconds, and batches of an epoch that tells what Lightning's loop takes.
SECONDS, LOOP_BATCHES = 1.0, 2000

Batch = tuple[Tensor, Tensor]


class Members:
    """The networks of a gang with their optimizers and batches of noise."""

    def __init__(self, size: int, device: str, numerics: str, width_divisor: int, batch: int) -> None:
        self.device, self.numerics = device, numerics
        self.modules = [_module(seed, width_divisor).to(device) for seed in range(size)]
        if (device, numerics) == ("cuda", "bf16"):  # as runs have it
            for module in self.modules:
                recurrent_in_float32(module)
        self.optimizers = [module.configure_optimizers() for module in self.modules]
        self.batches = [_noise(seed, batch, device) for seed in range(size)]

    def steps(self, way: Callable[[], Capture]) -> list[Callable[[], Tensor]]:
        """A step of each, captured."""
        found: list[Callable[[], Tensor]] = []
        with autocast(self.device, self.numerics):
            for module, optimizer, batch in zip(self.modules, self.optimizers, self.batches, strict=True):
                capture = way()
                capture.suit(optimizer)
                step = whole_step(module, batch, optimizer, capture.fixed, module.training_step)
                capture.prepare(step, module, optimizer)
                found.append(capture.replay)
        return found


def _module(seed: int, width_divisor: int) -> ACRNNModule:
    return ACRNNModule(num_classes=50, attention="l10", width_divisor=width_divisor, seed=seed)


def _noise(seed: int, batch: int, device: str) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, 2, 128, 128, generator=generator)
    return x.to(device), torch.eye(50)[torch.randint(50, (batch,), generator=generator)].to(device)


def autocast(device: str, numerics: str) -> Any:
    """As Lightning has it in a training step."""
    return torch.autocast(device, torch.bfloat16) if numerics == "bf16" else nullcontext()


def measure(
    rounds: int,
    device: str = "cuda",
    size: int = 5,
    width_divisor: int = 1,
    batch: int = 64,
    numerics: Sequence[str] = ("float32", "tf32", "bf16"),
    graph: Callable[[], Capture] = CudaGraph,
    seconds: float = SECONDS,
) -> Iterator[Measure]:
    """All measures, milliseconds per step averaged over the gang; nothing where there is no accelerator."""
    if device == "cuda" and not torch.cuda.is_available():
        return
    best = math.inf
    for kind in numerics:
        set_flags(kind)
        note = f"gang of {size}, batch {batch}, {torch.cuda.get_device_name() if device == 'cuda' else 'CPU'}"
        ways = _ways(size, device, kind, width_divisor, batch, graph)
        for name, ready in ways.items():
            try:
                work, is_step = ready()
                values = [1000 * _each(work, device, seconds) / size for _ in range(rounds)]
            except RuntimeError as error:
                why = " ".join(str(error).split())[:100]
                yield Measure.of(f"ACRNN step, {kind}, {name}", [math.nan], "ms", note=f"failed: {why}")
                continue
            best = min(best, *values) if is_step else best
            is_asked = is_step and device == "cuda"
            goal = GOALS[kind] if is_asked else None
            told = f"{note}; stretch {STRETCH_MS} ms" if is_asked else note
            yield Measure.of(f"ACRNN step, {kind}, {name}", values, "ms", goal, "below", told)
    turn = [1000 * loop_seconds() for _ in range(rounds)]
    yield Measure.of("Lightning's loop, per step", turn, "ms", note="of the host, while the accelerator works")
    share = [100 * one / best for one in turn]
    goal = LOOP_SHARE if device == "cuda" else None
    yield Measure.of("Lightning's loop beside the fastest step", share, "%", goal, "below")


def _ways(
    size: int, device: str, numerics: str, width_divisor: int, batch: int, graph: Callable[[], Capture]
) -> dict[str, Callable[[], tuple[Callable[[], None], bool]]]:
    """By name, what makes ready a turn of all members, and whether that is all of a step."""

    def members() -> Members:
        return Members(size, device, numerics, width_divisor, batch)

    return {
        "eager": lambda: (_in_turn(members().steps(Eager)), True),
        "graph": lambda: (_in_turn(members().steps(graph)), True),
        "graph, compiled pieces": lambda: (_with_pieces(members(), graph), True),
        "graph, parallel streams": lambda: (_in_streams(members().steps(graph), device), True),
        "convolutions alone, by turns": lambda: (_convolutions(members(), False), False),
        "convolutions alone, vmap": lambda: (_convolutions(members(), True), False),
        "a process each, eager": lambda: (Packed(size, device, numerics, width_divisor, batch).turn, True),
    }


def _with_pieces(members: Members, way: Callable[[], Capture]) -> Callable[[], None]:
    """A turn in which normalisation and what follows it are pieces that the library compiles."""
    with choose("compiled"):
        turn = _in_turn(members.steps(way))

    def inside() -> None:
        with choose("compiled"):  # which a graph has done already
            turn()

    return inside


def _in_turn(steps: Sequence[Callable[[], Tensor]]) -> Callable[[], None]:
    def turn() -> None:
        for step in steps:
            step()

    return turn


def _in_streams(steps: Sequence[Callable[[], Tensor]], device: str) -> Callable[[], None]:
    if device != "cuda":
        return _in_turn(steps)
    streams = [torch.cuda.Stream() for _ in steps]
    torch.cuda.synchronize()

    def turn() -> None:
        for step, stream in zip(steps, streams, strict=True):
            with torch.cuda.stream(stream):
                step()

    return turn


class Convolutions(nn.Module):
    """The convolutional part of the network: (B, C, F, T) to its last maps."""

    def __init__(self, module: ACRNNModule) -> None:
        super().__init__()
        self.pairs = module.network.pairs

    def forward(self, x: Tensor) -> Tensor:
        """The maps behind the last pool."""
        for pair in self.pairs:
            x = pair(x)[0]
        return x


def _convolutions(members: Members, at_once: bool) -> Callable[[], None]:
    """Forward and backward of the convolutions of all members, one after the other or as one by torch.func.

    On a CPU by the library's layers: ours leave out a gradient that is zero, and torch.func cannot see into them.
    """
    parts = [Convolutions(module) for module in members.modules]
    inputs = [x for x, _ in members.batches]
    if not at_once:

        def turn() -> None:
            for part, x in zip(parts, inputs, strict=True):
                with choose("native"), autocast(members.device, members.numerics):
                    loss = part(x).float().square().mean()
                torch.autograd.grad(loss, list(part.parameters()))

        return turn
    weights, buffers = torch.func.stack_module_state(parts)  # type: ignore[arg-type]
    stacked, first = torch.stack(inputs), parts[0]

    def one(weights: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        with autocast(members.device, members.numerics):
            maps: Tensor = torch.func.functional_call(first, (weights, buffers), (x,))
        return maps.float().square().mean()

    def together() -> None:
        with choose("native"):
            losses = torch.func.vmap(one, randomness="different")(weights, buffers, stacked)
        torch.autograd.grad(losses.sum(), list(weights.values()))

    return together


class Packed:
    """A process for each member, which all make steps at the same time."""

    def __init__(self, size: int, device: str, numerics: str, width_divisor: int, batch: int) -> None:
        context = multiprocessing.get_context("spawn")
        pairs = [context.Pipe() for _ in range(size)]
        self._ours = [ours for ours, _ in pairs]
        given = (device, numerics, width_divisor, batch)
        self._processes = [context.Process(target=_packed, args=(pipe, *given), daemon=True) for _, pipe in pairs]
        for process in self._processes:
            process.start()
        self.turn()

    def turn(self) -> None:
        """A step of each."""
        for pipe in self._ours:
            pipe.send(True)
        for pipe, process in zip(self._ours, self._processes, strict=True):
            while not pipe.poll(0.5):
                if not process.is_alive():
                    raise RuntimeError(f"a process ended with exit code {process.exitcode}")
            pipe.recv()

    def __del__(self) -> None:
        for process in self._processes:
            process.kill()


def _packed(pipe: Any, device: str, numerics: str, width_divisor: int, batch: int) -> None:
    if device == "cpu":
        torch.set_num_threads(1)
    set_flags(numerics)
    [step] = Members(1, device, numerics, width_divisor, batch).steps(Eager)
    while pipe.recv():
        step()
        _wait(device)
        pipe.send(True)


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def _each(work: Callable[[], None], device: str, seconds: float) -> float:
    """Seconds of a turn, over as many as fill some time; the first ones, behind which clocks are up, do not count."""
    for _ in range(3 if device == "cuda" else 1):
        work()
    _wait(device)
    started, turns = time.perf_counter(), 0
    while turns == 0 or time.perf_counter() - started < seconds:
        for _ in range(10 if device == "cuda" else 1):
            work()
            turns += 1
        _wait(device)
    return (time.perf_counter() - started) / turns


class Nothing(pl.LightningModule):
    """A module that has next to nothing to do."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        """A number."""
        return self.weight * 1.0

    def configure_optimizers(self) -> torch.optim.SGD:
        """SGD."""
        return torch.optim.SGD(self.parameters(), lr=0.0)


def loop_seconds(batches: int | None = None) -> float:
    """What Lightning takes for a step of a network that takes nothing, on the CPU: seconds."""
    trainer = pl.Trainer(
        accelerator="cpu", devices=1, max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    batches = batches or LOOP_BATCHES
    numbers = torch.zeros(batches, 1)
    started = time.perf_counter()
    trainer.fit(Nothing(), numbers)
    return (time.perf_counter() - started) / batches
