"""`python -m benchmarks.bench.schedules`: how well shorter schedules learn, told by validation inside training folds.

Tier reduced of the convolutional RNN was chosen by it: the cheapest schedule whose networks pass the perceptron on
statistics of bands clearly. A quarter of the training clips of fold 1, whole recordings, validates; fold 1 is
not looked at. Other folds are tested with those clips, so the choice is free of fold 1 alone.
"""

import argparse
import copy
import logging
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch

from benchmarks.bench.corpus import Clips, clips
from benchmarks.errors import USER_ERRORS
from benchmarks.runs.build import import_class
from benchmarks.runs.train import make_trainer
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper

SETTINGS, CONTROL, DATASET = ("base", "att"), "statistics_mlp", "esc10"
SHARE = 0.25


class Schedule(NamedTuple):
    """What a shorter tier may change: divided widths, segments of a batch, epochs; the rate falls at thirds."""

    divisor: int
    batch: int
    epochs: int

    @property
    def drops(self) -> list[int]:
        """The epochs at whose start the learning rate falls."""
        return [round(self.epochs / 3), round(2 * self.epochs / 3)]


#: What was tried: half the width and a quarter, by batches of the paper's size and smaller ones, longer and shorter.
CANDIDATES = (
    Schedule(2, 64, 15), Schedule(4, 64, 15), Schedule(2, 32, 15), Schedule(2, 32, 9), Schedule(2, 16, 15),
    Schedule(4, 16, 15), Schedule(2, 16, 10), Schedule(2, 16, 6),
)  # fmt: skip


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench.schedules", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="seeds per network (default: %(default)s)")
    parser.add_argument("--numerics", default="bf16", choices=("float32", "bf16"))
    parser.add_argument("--last", type=int, default=len(CANDIDATES), help="only so many, from the last one back")
    parser.add_argument("--quick", action="store_true", help="the miniature, an epoch at an eighth of the width")
    options = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    tried = [Schedule(8, 16, 1)] if options.quick else CANDIDATES[-options.last :]
    try:
        workspace = Workspace.here()
        of = clips(workspace, "acrnn", DATASET, options.quick)
        for line in _lines(of, workspace, tried, options.seeds, options.numerics):
            print(line, flush=True)
    except USER_ERRORS as error:
        print(f"resound: {error}", file=sys.stderr)
        return 2
    return 0


def _lines(
    of: Clips, workspace: Workspace, schedules: Sequence[Schedule], seeds: int, numerics: str
) -> Iterator[str]:  # fmt: skip
    control = [100 * _fitted(of, workspace, seed) for seed in range(seeds)]
    yield f"{CONTROL}: {_told(control)} % of the validation clips ({of.note})"
    for one in schedules:
        for setting in SETTINGS:
            found = [_trained(of, workspace, setting, one, seed, numerics) for seed in range(seeds)]
            times = [seconds for _, seconds in found]
            yield (
                f"{setting}, widths / {one.divisor}, batch {one.batch}, {one.epochs} epochs, {numerics}: "
                f"{_told([100 * accuracy for accuracy, _ in found])} %, {_told(times)} s"
            )


def _told(values: Sequence[float]) -> str:
    return " ".join(f"{value:.1f}" for value in values)


def _data(of: Clips, workspace: Workspace, arguments: dict[str, Any], seed: int) -> Any:
    """The clips of fold 1 of which a share validates."""
    cls = import_class("datasets.esc50.ESC50DataModule")
    given = {**of.use.args, **arguments, "fold": 1, "seed": seed, "validation": SHARE}
    return cls(root=str(of.dataset.root), cache=str(workspace.cache), **given)


def _trained(
    of: Clips, workspace: Workspace, setting: str, schedule: Schedule, seed: int, numerics: str
) -> tuple[float, float]:  # fmt: skip
    """The accuracy of the last epoch on what validates, and the seconds of the training."""
    recipe = copy.deepcopy(load_paper("acrnn").settings[setting].resolved("full"))
    data = _data(of, workspace, {**recipe["data"]["init_args"], "batch_size": schedule.batch}, seed)
    changes = {"width_divisor": schedule.divisor, "drops": schedule.drops, "num_classes": 10, "seed": seed}
    model = import_class(recipe["model"]["class_path"])(**{**recipe["model"]["init_args"], **changes})
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    settings: dict[str, Any] = {"max_epochs": schedule.epochs, "limit_val_batches": 1.0}
    trainer: pl.Trainer = make_trainer(
        "cpu", numerics, [], **settings, check_val_every_n_epoch=schedule.epochs
    )  # fmt: skip
    started = time.monotonic()
    trainer.fit(model, datamodule=data)
    return float(trainer.callback_metrics["val_accuracy"]), time.monotonic() - started


def _fitted(of: Clips, workspace: Workspace, seed: int) -> float:
    """The share of what validates that the control tells right."""
    recipe = load_paper("acrnn").settings[CONTROL].resolved("full")
    data = _data(of, workspace, recipe["data"]["init_args"], seed)
    data.setup()
    model = import_class(recipe["model"]["class_path"])(**recipe["model"]["init_args"], num_classes=10, seed=seed)
    model.fit(*data.arrays("train"))
    vectors, wanted = data.arrays("validation")
    return float((model.scores(vectors)[:, 0].argmax(-1) == wanted).mean())


if __name__ == "__main__":
    sys.exit(main())
