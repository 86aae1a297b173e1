"""Soft labels: what contexts of 41 s cost in training and in prediction, and scoring at all thresholds."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.bench.ratio import Measure, alternate, seconds, times_as_fast
from benchmarks.metrics import metric_named
from benchmarks.runs.build import import_class
from benchmarks.runs.scores import Scores
from benchmarks.runs.train import RunKeeper, make_trainer
from benchmarks.spec import load_paper

#: Altered copies of each recording that is trained on, and the batch of tier reduced.
COPIES, BATCH = 2, 32
#: MAESTRO Real: its recordings, from the shortest to the longest in seconds; frames of a second.
RECORDINGS, SHORTEST, LONGEST, PER_SECOND = 49, 181.0, 302.0, 5
#: Seconds to either side of the one that is judged (maestro, table 1).
REACH = 20
METRIC = metric_named("f1_best_thresholds_1s")


def measure(rounds: int, steps: int, recording: float, length: float, width_divisor: int) -> Iterator[Measure]:
    """All measures: epochs of `steps` batches from a miniature's recordings of so many seconds, scoring, and prediction
    of a recording of `length` seconds.
    """
    yield training(min(rounds, 3), steps, width_divisor, recording)
    yield scoring(rounds)
    yield from prediction(min(rounds, 3), length, width_divisor)


# -- training ----------------------------------------------------------------------------------------------------------


def training(rounds: int, steps: int, width_divisor: int, recording: float, copies: int = COPIES) -> Measure:
    """A step of an epoch as runs have it, over forward and backward alone of a batch of the same shapes.

    The step has all of row 7: the balanced draw, the gathering of chunks from altered copies, masks, Adam, Lightning,
    the history. What is made once per run, the features of recordings and copies, is not in it.
    """
    with tempfile.TemporaryDirectory() as folder:
        data = _data(Path(folder), recording, copies)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        ours, pure = (_module(data, width_divisor) for _ in range(2))
        steps = min(steps, len(data.train_dataloader()))
        x, targets = data.on_after_batch_transfer(_moved(next(data.train_dataloader().batches()), device), 0)
        shares: list[float] = []

        def epoch() -> None:
            shares.append(_epoch(data, ours, Path(folder), device, steps))

        def steps_alone() -> None:
            module = pure.to(device).train()
            for _ in range(steps):
                module.zero_grad()
                module.training_step((x, targets), 0).backward()
            _wait(device)

        pairs = alternate(epoch, steps_alone, rounds)
    ratios = [one / plain for one, (_, plain) in zip(shares[1:], pairs, strict=True)]
    note = f"CRNN, {x.shape[2]} frames, batch {len(x)}, widths / {width_divisor}, {copies} altered copies, {device}"
    return Measure.of("a training step on 41 s over its forward and backward", ratios, "x", 1.15, "below", note)


def _data(folder: Path, recording: float, copies: int) -> Any:
    """The data of row 7 on miniature recordings, set up."""
    import_class("datasets.maestro_real.miniature.write")(folder / "maestro_real", recording)
    arguments = load_paper("maestro").settings["c7"].resolved("full")["data"]["init_args"]
    cls = import_class("datasets.maestro_real.MaestroRealDataModule")
    changes = {"augment": copies, "batch_size": BATCH}
    data = cls(root=folder / "maestro_real", cache=folder / "cache", **{**arguments, **changes})
    data.setup()
    return data


def _module(data: Any, width_divisor: int) -> Any:
    cls = import_class("models.maestro.ContextCRNNModule")
    return cls(n_frames=data.n_frames, num_classes=data.num_classes, width_divisor=width_divisor)


def _epoch(data: Any, module: Any, folder: Path, device: str, steps: int) -> float:
    """Seconds of an epoch of `steps` batches by Lightning, without validation."""
    keeper = RunKeeper(folder, 0, 1, lambda: False, lambda *_: None)
    limits = {"limit_train_batches": steps, "limit_val_batches": 0}
    make_trainer(device, "float32", [keeper], max_epochs=1, **limits).fit(module, datamodule=data)
    return keeper.history[-1]["seconds"]


def _moved(batch: Any, device: str) -> Any:
    return batch._replace(rows=batch.rows.to(device), starts=batch.starts.to(device))


def _wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


# -- scoring -----------------------------------------------------------------------------------------------------------


def scoring(rounds: int, recordings: int = RECORDINGS) -> Measure:
    """F1 at the best of all thresholds of each class, on one core: what sed_scores_eval does, and what is around it."""
    scores, truth = made_up(recordings)

    def score() -> None:
        METRIC.compute(scores, truth)

    with threadpool_limits(1):
        score()  # not the imports
        values = [seconds(score) for _ in range(rounds)]
    note = f"made-up scores of {len(scores.classes)} classes, {truth['seconds'].groupby(level=0).first().sum():.0f} s"
    return Measure.of(f"soft activity of {recordings} recordings at all thresholds", values, "s", 3.0, "below", note)


def made_up(recordings: int) -> tuple[Scores, Any]:
    """Scores that know something of the truth, and the truth: a row for each second and class, as MAESTRO Real has."""
    import pandas as pd

    classes = import_class("datasets.maestro_real.MaestroReal").scored
    draw = np.random.default_rng(0)
    lengths = np.linspace(SHORTEST, LONGEST, recordings)
    items = tuple(f"recording{number}" for number in range(recordings))
    values = np.zeros((recordings, PER_SECOND * int(LONGEST), len(classes)))
    rows = []
    for item, length, scores in zip(items, lengths, values, strict=True):
        soft = np.clip(np.cumsum(draw.normal(scale=0.15, size=(int(length), len(classes))), axis=0), 0, 1)
        heard = soft.repeat(PER_SECOND, axis=0)
        scores[: len(heard)] = 1 / (1 + np.exp(2 - 3 * heard - draw.normal(size=heard.shape)))
        rows += [(item, "", np.nan, np.nan, np.nan, length)]
        rows += [(item, classes[k], s, s + 1, soft[s, k], length) for s, k in np.argwhere(soft > 0)]
    truth = pd.DataFrame(rows, columns=["item", "label", "onset", "offset", "activity", "seconds"]).set_index("item")
    return Scores(items, tuple(classes), values.astype(np.float16), "linear", 1 / PER_SECOND), truth


# -- prediction --------------------------------------------------------------------------------------------------------


def prediction(rounds: int, length: float, width_divisor: int) -> Iterator[Measure]:
    """Whole recordings, whose chunks share their convolutions, beside a pass for each second.

    More than three frames from a chunk's ends the two are the same, and the first and last three are computed apart;
    chunks across an end of the recording repeat seconds and are heard whole. The GRU shares nothing: what it knows of a
    frame depends on where its chunk begins, so that every chunk runs it anew, and that bounds what can be gained.
    """
    recording = Recording(length, width_divisor)
    pairs = alternate(recording.together, recording.one_by_one, rounds)
    note = f"CRNN, widths / {width_divisor}, a recording of {length:g} s, chunks of {2 * REACH + 1} s"
    yield Measure.of(
        "a second in its 41 s, convolutions shared", [1000 * own / length for own, _ in pairs], "ms", note=note
    )
    yield Measure.of("a second in its 41 s, shared beside one by one", times_as_fast(pairs), "x", note=note)


class Recording:
    """A made-up recording, heard both ways by the same network."""

    def __init__(self, length: float, width_divisor: int) -> None:
        count, table = int(length), import_class("datasets.batches.seconds.SecondTable")
        cls = import_class("models.maestro.ContextCRNNModule")
        self.module = cls(width_divisor=width_divisor).eval()
        self.frames = torch.randn(1, count * PER_SECOND, 64, generator=torch.Generator().manual_seed(0))
        of_recording = table.of([count * PER_SECOND], [count], PER_SECOND)
        self.places = of_recording.frames(of_recording.around(torch.arange(count), REACH))

    @torch.inference_mode()
    def together(self) -> torch.Tensor:
        """Activity (frames, classes) as runs predict it."""
        found: torch.Tensor = self.module.predict_step((self.frames, self.places, None), 0)
        return found[0]

    @torch.inference_mode()
    def one_by_one(self) -> torch.Tensor:
        """The same by a pass of the network for each second, as in the authors' code."""
        found = [self.module.network.of_target(self.module(self.frames[0][at][None, None]))[0] for at in self.places]
        return torch.cat(found)
