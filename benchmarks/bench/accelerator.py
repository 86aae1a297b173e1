"""What an accelerator makes of whole studies: steps per second, share of its matrix throughput, hours for all runs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from benchmarks.bench.ratio import Measure, seconds
from benchmarks.runs.build import import_class
from benchmarks.runs.machine.numerics import set_flags
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from datasets.batches.chunks import chunk_starts

#: Edge of the square matrices whose product tells what the chip can do.
EDGE = 8192
#: Frames of a clip of 30 s in both papers (MTFA, section 2.1; PB-CNN, section 3.1.2).
FRAMES = 1501
#: Files of a training list of scenes that are trained on: those of folds 1 and 2 less the 15 % that validate.
SCENES, CLASSES = round(0.85 * 880), 15

Recipe = dict[str, Any]
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Study:
    """Settings of a paper that are trained alike, each on all datasets that it has runs on."""

    paper: str
    title: str
    settings: tuple[str, ...]
    datasets: tuple[str, ...]
    #: what else the network's constructor is given
    filled: Callable[[Recipe], dict[str, int]]
    #: (recipe, size) -> x and targets
    batch: Callable[[Recipe, int], Batch]
    #: segments of an epoch
    epoch: Callable[[Recipe], float]

    def recipe(self, setting: str) -> Recipe:
        """The setting as plain values, tier full."""
        return load_paper(self.paper).settings[setting].resolved("full")

    def runs(self, setting: str) -> int:
        """How many runs the setting has, all seeds and folds."""
        paper = load_paper(self.paper)
        return sum(len(setting_runs(paper, setting, dataset, Choice())) for dataset in self.datasets)

    def steps(self, setting: str) -> float:
        """The steps of all its runs, with all epochs of the cap."""
        recipe = self.recipe(setting)
        of_run = self.epoch(recipe) / recipe["data"]["init_args"]["batch_size"] * recipe["trainer"]["max_epochs"]
        return float(of_run * self.runs(setting))


def _chunks(recipe: Recipe) -> float:
    data = recipe["data"]["init_args"]
    per_mixture = len(chunk_starts(FRAMES, data["chunk_frames"], data["chunk_hop"]))
    return float(data["mixtures"] * (1 - data["validation"]) * per_mixture)


def _frames_and_events(recipe: Recipe, size: int) -> Batch:
    frames = recipe["data"]["init_args"]["chunk_frames"]
    x = torch.randn(size, 1, frames, recipe["model"]["init_args"]["n_mels"])
    return x, (torch.rand(size, frames) < 0.1).float()


def _frames(recipe: Recipe) -> int:
    return int(recipe["data"]["init_args"]["segment_frames"] or FRAMES)


def _segments(recipe: Recipe) -> float:
    """Of an epoch over scenes."""
    hop = recipe["data"]["init_args"]["segment_hop"]
    return float(SCENES * (1 + (FRAMES - _frames(recipe)) // hop))


def _scenes(recipe: Recipe, size: int) -> Batch:
    x = torch.randn(size, 1, recipe["model"]["init_args"]["n_mels"], _frames(recipe))
    return x, torch.eye(CLASSES)[torch.randint(CLASSES, (size,))]


_CUTS = ("", "_no_overlap", "_no_split")
_NETWORKS = tuple(f"{name}{cut}" for cut in _CUTS for name in ("cnn", "tb_cnn", "fb_cnn", "pb_cnn"))
STUDIES = (
    Study(
        "mtfa", "MTFA and its ablations", ("resrnn", "resattrnn", "mtfa"), ("babycry", "glassbreak", "gunshot"),
        lambda recipe: {}, _frames_and_events, _chunks,
    ),
    Study(
        "pbcnn", "the three tables of PB-CNN",
        (*(f"baseline_{bands}" for bands in (60, 128, 256, 512)), *_NETWORKS), ("scenes",),
        lambda recipe: {"n_frames": _frames(recipe)}, _scenes, _segments,
    ),
)  # fmt: skip


def measure(
    rounds: int,
    device: str = "cuda",
    edge: int = EDGE,
    width_divisor: int = 1,
    batch: int | None = None,
    studies: Sequence[Study] = STUDIES,
) -> Iterator[Measure]:
    """All measures in float32, the numerics of verdicts, and in bfloat16; nothing where there is no accelerator.

    batch: items per step, for trials; the recipe's own by default.
    """
    if device == "cuda" and not torch.cuda.is_available():
        return
    for numerics in ("float32", "bf16"):
        set_flags(numerics)
        half = numerics == "bf16"
        peak = _throughput(device, edge, torch.bfloat16 if half else torch.float32, rounds)
        for study in studies:
            note = f"{_name(device)}, {numerics}" + (f", batch {batch}" if batch else "")
            yield from _measure(study, note, peak, rounds, device, half, width_divisor, batch)


def _measure(
    study: Study, note: str, peak: float, rounds: int, device: str, half: bool, width_divisor: int, batch: int | None
) -> Iterator[Measure]:
    hours = 0.0
    for setting in study.settings:
        step, operations = _stepper(study, setting, device, half, width_divisor, batch)
        step()
        times = [_timed(step, device) for _ in range(rounds)]
        yield Measure.of(f"{setting}, training steps", [1 / time for time in times], "per s", note=note)
        shares = [100 * operations / time / peak for time in times]
        yield Measure.of(f"{setting}, share of the matrix throughput", shares, "%", note=f"{peak / 1e12:.1f} TFLOP/s")
        hours += min(times) * study.steps(setting) / 3600
    runs = sum(study.runs(setting) for setting in study.settings)
    yield Measure.of(f"the {runs} runs of {study.title}", [hours], "h", note=f"{note}, all epochs of the cap")


def _stepper(
    study: Study, setting: str, device: str, half: bool, width_divisor: int, batch: int | None
) -> tuple[Callable[[], None], float]:
    """A training step of a setting on a batch of noise, and its operations (two per multiply-accumulate, thrice)."""
    recipe = study.recipe(setting)
    args = {**recipe["model"]["init_args"], **study.filled(recipe), "width_divisor": width_divisor}
    module: Any = import_class(recipe["model"]["class_path"])(**args)
    size = batch or recipe["data"]["init_args"]["batch_size"]
    operations = 2.0 * 3 * size * import_class("models.complexity.macs")(module)
    module = module.to(device)
    optimizer = module.configure_optimizers()
    x, y = (one.to(device) for one in study.batch(recipe, size))

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


def _name(device: str) -> str:
    return torch.cuda.get_device_name() if device == "cuda" else "CPU"
