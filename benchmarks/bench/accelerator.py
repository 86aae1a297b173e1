"""What an accelerator makes of MTFA in full: steps per second, share of its matrix throughput, hours for all runs."""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from benchmarks.bench.ratio import Measure, seconds
from benchmarks.runs.build import import_class
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.train import set_numerics
from benchmarks.spec import load_paper
from datasets.batches.chunks import chunk_starts

#: Edge of the square matrices whose product tells what the chip can do.
EDGE = 8192
#: Frames of a mixture of 30 s (MTFA paper, section 2.1).
FRAMES = 1501
SETTINGS = ("resrnn", "resattrnn", "mtfa")


def measure(
    rounds: int, device: str = "cuda", edge: int = EDGE, width_divisor: int = 1, batch: int | None = None
) -> Iterator[Measure]:
    """All measures in float32, the numerics of verdicts, and in bfloat16; nothing where there is no accelerator.

    batch: mixtures per step, for trials; the recipe's own by default.
    """
    if device == "cuda" and not torch.cuda.is_available():
        return
    for numerics in ("float32", "bf16"):
        yield from _measure(numerics, rounds, device, edge, width_divisor, batch)


def _measure(
    numerics: str, rounds: int, device: str, edge: int, width_divisor: int, batch: int | None
) -> Iterator[Measure]:
    set_numerics(numerics)
    half = numerics == "bf16"
    peak = _throughput(device, edge, torch.bfloat16 if half else torch.float32, rounds)
    note = f"{_name(device)}, {numerics}, batch {batch or _recipe('mtfa')['data']['init_args']['batch_size']}"
    hours = 0.0
    for setting in SETTINGS:
        step, operations = _stepper(setting, device, half, width_divisor, batch)
        step()
        times = [_timed(step, device) for _ in range(rounds)]
        yield Measure.of(f"{setting}, training steps", [1 / time for time in times], "per s", note=note)
        shares = [100 * operations / time / peak for time in times]
        yield Measure.of(f"{setting}, share of the matrix throughput", shares, "%", note=f"{peak / 1e12:.1f} TFLOP/s")
        hours += min(times) * _steps_of_all_runs(setting) / 3600
    runs = sum(_runs(setting) for setting in SETTINGS)
    yield Measure.of(f"the {runs} runs of MTFA and its ablations", [hours], "h", note=f"{note}, all epochs of the cap")


def _stepper(
    setting: str, device: str, half: bool, width_divisor: int, batch: int | None
) -> tuple[Callable[[], None], float]:
    """A training step of a setting on a batch of noise, and its operations (two per multiply-accumulate, thrice)."""
    recipe = _recipe(setting)
    args = {**recipe["model"]["init_args"], "width_divisor": width_divisor}
    module: Any = import_class(recipe["model"]["class_path"])(**args)
    batch, frames = batch or recipe["data"]["init_args"]["batch_size"], recipe["data"]["init_args"]["chunk_frames"]
    operations = 2.0 * 3 * batch * import_class("models.complexity.macs")(module)
    module = module.to(device)
    optimizer = module.configure_optimizers()
    x = torch.randn(batch, 1, frames, args["n_mels"], device=device)
    y = (torch.rand(batch, frames, device=device) < 0.1).float()

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=half):
            loss = module.training_step((x, y), 0)
        loss.backward()
        optimizer.step()

    return step, operations


def _throughput(device: str, edge: int, dtype: torch.dtype, rounds: int) -> float:
    """Operations per second of a large matrix product: the best of some rounds."""
    left, right = (torch.randn(edge, edge, device=device, dtype=dtype) for _ in range(2))
    times = [_timed(lambda: left @ right, device) for _ in range(rounds + 1)]
    return 2.0 * edge**3 / min(times[1:])


def _timed(work: Callable[[], object], device: str) -> float:
    """Seconds until the device is done."""

    def until_done() -> None:
        work()
        if device == "cuda":
            torch.cuda.synchronize()

    return seconds(until_done)


def _recipe(setting: str) -> dict[str, Any]:
    return load_paper("mtfa").settings[setting].resolved("full")


def _runs(setting: str) -> int:
    paper = load_paper("mtfa")
    return sum(len(setting_runs(paper, setting, dataset, Choice())) for dataset in paper.datasets)


def _steps_of_all_runs(setting: str) -> float:
    recipe = _recipe(setting)
    data = recipe["data"]["init_args"]
    per_mixture = len(chunk_starts(FRAMES, data["chunk_frames"], data["chunk_hop"]))
    chunks = data["mixtures"] * (1 - data["validation"]) * per_mixture
    steps = chunks / data["batch_size"] * recipe["trainer"]["max_epochs"]
    return steps * _runs(setting)


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "CPU"
