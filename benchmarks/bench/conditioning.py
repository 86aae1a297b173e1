"""Event-related data conditioning beside a plain loop over frames and on an accelerator, and the cost of its data."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.bench.ratio import Measure, alternate, seconds, times_as_fast
from benchmarks.runs.build import import_class
from benchmarks.runs.train import RunKeeper, make_trainer

Clip = NDArray[np.float64]

#: A clip of 10 s, the batch and the decay of the EDC paper (section 3.1 and table 1).
FRAMES, BANDS, BATCH, ALPHA = 500, 64, 64, 7.0
#: The narrower network that a CPU trains (tier reduced).
WIDTH_DIVISOR = 4


def measure(rounds: int, clips: int, clip_seconds: float) -> Iterator[Measure]:
    """All measures; the epochs are of miniature clips of `clip_seconds`."""
    yield from _one_clip(rounds, clips)
    yield from accelerated(rounds)
    yield _outside(min(rounds, 3), clip_seconds)


def _one_clip(rounds: int, clips: int) -> Iterator[Measure]:
    """One clip on one core, and the plain way twice: expectations added up term by term, and by NumPy."""
    condition = import_class("models.edc.condition")
    frames = _frames(clips)
    arrays = [clip.double().numpy() for clip in frames]

    def ours() -> None:
        for clip in frames:
            condition(clip, ALPHA)

    def plain(total: Callable[[Clip], Any]) -> Callable[[], object]:
        return lambda: [plain_loop(clip, ALPHA, total) for clip in arrays]

    note = f"made-up clips of {FRAMES} frames, alpha {ALPHA:g}, one core"
    with one_core():
        pairs = alternate(ours, plain(sum), rounds)
        times = [1000 * taken / clips for taken, _ in pairs]
        yield Measure.of("conditioning of a clip", times, "ms", 8.0, "below", note)
        name = "conditioning beside the plain loop over frames"
        yield Measure.of(name, times_as_fast(pairs), "x", 12.0, note=f"{note}, sums term by term as released")
        pairs = alternate(ours, plain(np.sum), rounds)
        yield Measure.of("conditioning beside a loop of NumPy sums", times_as_fast(pairs), "x", note=note)


def plain_loop(clip: Clip, alpha: float, total: Callable[[Clip], Any] = np.sum) -> Clip:
    """The conditioned frames (T, D) of a clip (T, D), frame by frame (section 2.2 of the paper, released code)."""
    z = (clip - clip.min()) / (clip.max() - clip.min())
    similarities = z @ z.T
    decay = np.exp(-np.arange(len(z)) / alpha)
    out = np.empty_like(z)
    for frame, row in enumerate(similarities):
        back, ahead = _shares(row[frame::-1]), _shares(row[frame:])
        first = int(frame - total(np.arange(len(back)) * back * decay[: len(back)]))
        last = int(frame + total(np.arange(len(ahead)) * ahead * decay[: len(ahead)]))
        masked = np.full(len(row), -np.inf)
        masked[first : last + 1] = row[first : last + 1]
        out[frame] = _shares(masked) @ z
    return out


def _shares(values: Clip) -> Clip:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def accelerated(rounds: int, device: str = "cuda", frames: int = FRAMES) -> Iterator[Measure]:
    """A batch on an accelerator; nothing where there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        return
    condition = import_class("models.edc.condition")
    batch = _frames(BATCH)[:, :frames].to(device)

    def until_done() -> None:
        condition(batch, ALPHA)
        if device == "cuda":
            torch.cuda.synchronize()

    until_done()
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    values = [1000 * seconds(until_done) for _ in range(rounds)]
    yield Measure.of(f"conditioning of {BATCH} clips on an accelerator", values, "ms", 5.0, "below", name)


def _outside(rounds: int, clip_seconds: float) -> Measure:
    """The share of an epoch outside forward, backward and optimizer, two streams of conditioned and plain clips."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "dcase2018_domestic"
        import_class("datasets.dcase2018_domestic.miniature.write")(root, clip_seconds)
        conditioner = {"class_path": "models.edc.EventConditioning", "init_args": {"alpha": ALPHA}}
        cls = import_class("datasets.dcase2018_domestic.DCASE2018DomesticDataModule")
        data = cls(root=root, cache=Path(folder) / "cache", mode="am", conditioner=conditioner, batch_size=BATCH)
        data.setup()
        shares = [100 * _share_outside(data, Path(folder)) for _ in range(rounds + 1)][1:]
    note = f"CRNN, batch {BATCH}, widths / {WIDTH_DIVISOR}, two streams of a miniature's clips of {clip_seconds:g} s"
    return Measure.of("EDC: time outside forward, backward, optimizer", shares, "% of an epoch", 5.0, "below", note)


def _share_outside(data: Any, folder: Path) -> float:
    """The share of one epoch by Lightning, with history and a checkpoint, that is spent outside the steps."""
    module = import_class("models.edc.EDCModule")(num_classes=data.num_classes, width_divisor=WIDTH_DIVISOR)
    step, inside = module.optimizer_step, 0.0  # Lightning runs forward and backward inside of it

    def timed(*args: Any, **kwargs: Any) -> None:
        nonlocal inside
        started = time.perf_counter()
        step(*args, **kwargs)
        inside += time.perf_counter() - started

    module.optimizer_step = timed
    keeper = RunKeeper(folder, 0, 1, lambda: False, lambda *_: None, checkpoint_seconds=0.0)
    make_trainer("cpu", "float32", [keeper], max_epochs=1).fit(module, datamodule=data)
    return 1 - inside / keeper.history[-1]["seconds"]


def _frames(clips: int) -> torch.Tensor:
    """Frames (clips, T, D) that wander in level, as log-mel frames do."""
    draw = np.random.default_rng(0)
    level = np.cumsum(draw.normal(size=(clips, FRAMES, 1)), axis=1) / 2
    return torch.from_numpy((level + draw.normal(size=(clips, FRAMES, BANDS)) - 4).astype(np.float32))


@contextmanager
def one_core() -> Iterator[None]:
    """Inside, NumPy and torch use one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
