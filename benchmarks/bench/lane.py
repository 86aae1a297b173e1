"""Steps of all networks on a CPU: the library's layers and ours, float32 and bfloat16.

`python -m benchmarks.bench.lane` measures on this machine and writes docs/speed.md. Seconds are those that
one thread computes (`time.process_time`), so that whatever else the machine does counts little; the four ways take
turns within a process, after a round that is not counted.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.bench.ratio import Measure
from benchmarks.runs.build import import_class
from benchmarks.runs.provenance import cpu_name, instructions
from benchmarks.spec import load_paper
from datasets.processes import MALLOC
from models import kernels

PAGE = Path(__file__).parents[2] / "docs" / "speed.md"
#: Numerics and kernels of a step.
WAYS: tuple[tuple[str, kernels.Kernels], ...] = (
    ("float32", "native"),
    ("float32", "fused"),
    ("bf16", "native"),
    ("bf16", "fused"),
)

Targets = Callable[[Any, int], Any]


def _one_hot(module: Any, size: int) -> Tensor:
    classes = module.hparams["num_classes"]
    return torch.eye(classes)[torch.arange(size) % classes]


def _tags(module: Any, size: int) -> Tensor:
    return (torch.rand(size, module.hparams["num_classes"]) < 0.2).float()


def _frames(module: Any, size: int) -> Tensor:
    return (torch.rand(size, module.network.input_shape[1]) < 0.1).float()


def _activity(module: Any, size: int) -> Any:
    heard = import_class("models.tasks.activity.Heard")
    return heard(torch.rand(size, module.network.n_frames, module.hparams["num_classes"]))


@dataclass(frozen=True)
class Network:
    """A setting whose steps are measured, on batches that fit a round into some seconds."""

    title: str
    paper: str
    setting: str
    batch: int
    targets: Targets


NETWORKS = {
    "acrnn": Network("ACRNN, attention at l10", "acrnn", "att", 64, _one_hot),
    "piczak": Network("PiczakCNN, short", "acrnn", "piczak_short", 250, _one_hot),
    "edc": Network("EDC CRNN", "edc", "none_om", 16, _tags),
    "mtfa": Network("MTFA", "mtfa", "mtfa", 2, _frames),
    "pbcnn": Network("CNN of PB-CNN", "pbcnn", "cnn", 16, _one_hot),
    "maestro": Network("CRNN of soft labels", "maestro", "c5", 16, _activity),
}


def steps(name: str, rounds: int, width_divisor: int = 1) -> dict[str, list[float]]:
    """CPU seconds of a step of a network, "numerics kernels" -> one number per round."""
    network = NETWORKS[name]
    recipe = load_paper(network.paper).settings[network.setting].resolved("full")["model"]
    torch.set_num_threads(1)
    torch.manual_seed(0)
    module: Any = import_class(recipe["class_path"])(**{**recipe["init_args"], "width_divisor": width_divisor})
    optimizer = module.configure_optimizers()
    optimizer = optimizer["optimizer"] if isinstance(optimizer, dict) else optimizer
    x, y = torch.randn(network.batch, *module.network.input_shape), network.targets(module, network.batch)

    def step(numerics: str) -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=numerics == "bf16"):
            loss = module.training_step((x, y), 0)
        loss.backward()
        optimizer.step()

    found: dict[str, list[float]] = {" ".join(way): [] for way in WAYS}
    for _ in range(rounds + 1):
        for numerics, ways in WAYS:
            with kernels.choose(ways):
                started = time.process_time()
                step(numerics)
                found[f"{numerics} {ways}"].append(time.process_time() - started)
    return {way: seconds[1:] for way, seconds in found.items()}


def measured(name: str, rounds: int, width_divisor: int = 1) -> dict[str, list[float]]:
    """`steps` in a fresh process, with the launcher's malloc settings."""
    command = [sys.executable, "-m", "benchmarks.bench.lane", name, str(rounds), str(width_divisor)]
    means = {**os.environ, **MALLOC, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=means, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def ratios(found: dict[str, list[float]], slow: str, fast: str) -> list[float]:
    """How many times as fast one way is as another, round by round."""
    return [slowly / fastly for slowly, fastly in zip(found[slow], found[fast], strict=True)]


def measure(rounds: int, width_divisor: int = 1) -> Iterator[Measure]:
    """Of each network how much faster our kernels are in float32 and bfloat16, and bfloat16 with them."""
    asked = (("float32 native", "float32 fused"), ("bf16 native", "bf16 fused"), ("float32 fused", "bf16 fused"))
    for name, network in NETWORKS.items():
        found = measured(name, rounds, width_divisor)
        for slow, fast in asked:
            note = f"a step of {network.batch}, one thread, {instructions()}"
            yield Measure.of(f"{network.title}, {fast} to {slow}", ratios(found, slow, fast), "x", note=note)


def page(found: dict[str, dict[str, list[float]]]) -> str:
    """The page: seconds and ratios of all networks."""
    from tabulate import tabulate

    def spread(values: list[float]) -> str:
        return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"

    def seconds(one: dict[str, list[float]]) -> list[str]:
        return [f"{statistics.median(one[' '.join(way)]):.2f}" for way in WAYS]

    rows = [
        [
            NETWORKS[name].title, NETWORKS[name].batch, *seconds(one),
            spread(ratios(one, "float32 native", "float32 fused")), spread(ratios(one, "bf16 native", "bf16 fused")),
            spread(ratios(one, "float32 native", "bf16 fused")),
        ]
        for name, one in found.items()
    ]  # fmt: skip
    headers = [
        "network", "batch", *(" ".join(way) for way in WAYS), "fused in float32", "fused in bf16",
        "bf16 fused to float32 native",
    ]  # fmt: skip
    lacking = [network.title for name, network in NETWORKS.items() if name not in found]
    rows += [[title, *["unmeasured"] + [""] * 7] for title in lacking]
    rounds = len(next(iter(next(iter(found.values())).values())))
    return (
        "# Training steps on a CPU\n\n"
        f"Written by `python -m benchmarks.bench.lane` on {cpu_name()}, instructions {instructions()}, torch "
        f"{torch.__version__}, one thread. Seconds of processor time per step, the median of {rounds} rounds; ratios "
        "are round by round, with the smallest and the largest. *native* are the library's layers, *fused* those of "
        "`models/kernels/`; a network without batch norm has nothing of them, and one that Adam "
        "trains with biases before batch norm only in bfloat16.\n\n"
        f"{tabulate(rows, headers=headers, tablefmt='github', disable_numparse=True)}\n"
    )


def main() -> None:
    """Measure one network, asked for by name, or all of them for the page."""
    if len(sys.argv) > 1:
        print(json.dumps(steps(sys.argv[1], *(int(number) for number in sys.argv[2:]))))
        return
    found = {}
    for name in NETWORKS:
        found[name] = measured(name, 5)
        PAGE.write_text(page(found), encoding="utf-8")
        print(name, {way: round(statistics.median(seconds), 3) for way, seconds in found[name].items()}, flush=True)


if __name__ == "__main__":
    main()
