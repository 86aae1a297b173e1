"""Steps of all networks on a CPU: the library's layers and ours, float32 and bfloat16.

`python -m benchmarks.bench.lane` measures on this machine and writes its part of docs/speed.md, which has one for each
kind of processor. Seconds are those that one thread computes (`time.process_time`), so that whatever else the machine
does counts little; the ways take turns within a process, after a round that is not counted. Without instructions for
bfloat16 it is not measured: it would be emulated.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.bench.ratio import Measure
from benchmarks.runs.build import import_class
from benchmarks.runs.machine.device import unavailable
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
    "alexnet": Network("AlexNet", "acrnn", "alexnet", 16, _one_hot),
    "googlenet": Network("GoogLeNet", "acrnn", "googlenet", 8, _one_hot),
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

    found: dict[str, list[float]] = {" ".join(way): [] for way in ways()}
    for _ in range(rounds + 1):
        for numerics, layers in ways():
            with kernels.choose(layers):
                started = time.process_time()
                step(numerics)
                found[f"{numerics} {layers}"].append(time.process_time() - started)
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


def measure(rounds: int, width_divisor: int = 1, names: Collection[str] = NETWORKS) -> Iterator[Measure]:
    """Of each network how much faster our kernels are in float32 and bfloat16, and bfloat16 with them.

    names: which of them; each is a process of its own, which takes seconds.
    """
    asked = (("float32 native", "float32 fused"), ("bf16 native", "bf16 fused"), ("float32 fused", "bf16 fused"))
    for name, network in NETWORKS.items():
        if name not in names:
            continue
        found = measured(name, rounds, width_divisor)
        for slow, fast in asked:
            if slow not in found or fast not in found:
                continue
            note = f"a step of {network.batch}, one thread, {instructions()}"
            yield Measure.of(f"{network.title}, {fast} to {slow}", ratios(found, slow, fast), "x", note=note)


def ways() -> tuple[tuple[str, kernels.Kernels], ...]:
    """The ways that this processor has instructions for."""
    return tuple(way for way in WAYS if way[0] == "float32" or unavailable("bf16", "cpu") is None)


def section(found: dict[str, dict[str, list[float]]]) -> str:
    """What this machine measured: seconds and ratios of all networks, below a heading with its kind."""
    from tabulate import tabulate

    def spread(one: dict[str, list[float]], slow: str, fast: str) -> str:
        if slow not in one or fast not in one:
            return ""
        values = ratios(one, slow, fast)
        return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"

    def seconds(one: dict[str, list[float]]) -> list[str]:
        names = [" ".join(way) for way in WAYS]
        return [f"{statistics.median(one[name]):.2f}" if name in one else "not native" for name in names]

    rows = [
        [
            NETWORKS[name].title, NETWORKS[name].batch, *seconds(one),
            spread(one, "float32 native", "float32 fused"), spread(one, "bf16 native", "bf16 fused"),
            spread(one, "float32 native", "bf16 fused"),
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
        f"## {_kind()}\n\ntorch {torch.__version__}, the median of {rounds} rounds.\n\n"
        f"{tabulate(rows, headers=headers, tablefmt='github', disable_numparse=True)}\n"
    )


def _kind() -> str:
    return f"{cpu_name()}, {instructions()}"


def page(sections: list[str]) -> str:
    """The page of some machines' sections, in the order of their headings."""
    return (
        "# Training steps on a CPU\n\n"
        "Written by `python -m benchmarks.bench.lane`, one part for each kind of processor it was run on. Seconds of "
        "processor time per step on one thread, medians of rounds. The last columns are how many times faster: the "
        "ratio within each round, its median and in brackets the smallest and the largest. Rounds are as busy as the "
        "machine is, so that this need not be the quotient of two medians; brackets that reach below 1 show no gain. "
        "*native* are the library's layers, *fused* those of `models/kernels/`: batch normalisation, local response "
        "normalisation, and, on processors of other makers than Intel that have AVX-512, fully connected layers in "
        "float32. A network that has none of these layers gains nothing. One that has biases before its batch "
        "normalisation and is trained by Adam gains in bfloat16 alone, as its normalisation is fused there alone."
        "\n\n" + "\n".join(sorted(sections))
    )


def with_section(text: str, own: str) -> str:
    """A page with this machine's section in the place of the one that it had, or added."""
    kept = [f"## {part.strip()}\n" for part in text.split("\n## ")[1:]]
    return page([part for part in kept if part.splitlines()[0] != own.splitlines()[0]] + [own])


def main() -> None:
    """Measure one network, asked for by name, or all of them for the page."""
    if len(sys.argv) > 1:
        print(json.dumps(steps(sys.argv[1], *(int(number) for number in sys.argv[2:]))))
        return
    found = {}
    for name in NETWORKS:
        found[name] = measured(name, 5)
        PAGE.write_text(with_section(PAGE.read_text(encoding="utf-8"), section(found)), encoding="utf-8")
        print(name, {way: round(statistics.median(seconds), 3) for way, seconds in found[name].items()}, flush=True)


if __name__ == "__main__":
    main()
