"""What the harness adds to forward, backward and optimizer."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.bench.corpus import Clips
from benchmarks.bench.ratio import Measure, alternate, seconds
from benchmarks.runs.build import import_class
from benchmarks.runs.train import RunKeeper, make_trainer
from benchmarks.runs.workspace import Workspace
from datasets.processes import MALLOC


def measure(clips: Clips, workspace: Workspace, rounds: int, steps: int, width_divisor: int) -> Iterator[Measure]:
    """All measures, from epochs of `steps` batches of 64 segments."""
    note = f"ACRNN with l10, batch 64, {clips.note}" + (f", widths / {width_divisor}" if width_divisor > 1 else "")
    bench = _Bench(clips, workspace, steps, width_divisor)
    shares: list[float] = []

    def with_harness() -> None:
        shares.append(bench.with_harness())

    pairs = alternate(with_harness, bench.bare, rounds)
    outside = [100 * share for share in shares[1:]]
    yield Measure.of("time outside forward, backward, optimizer", outside, "% of an epoch", 5.0, "below", note)
    extra = [100 * (ours / plain - 1) for ours, plain in pairs]
    yield Measure.of("harness over a bare loop, same batches", extra, "% more", 10.0, "below", note)
    yield _malloc(rounds, steps, width_divisor)


class _Bench:
    """The same few batches, trained by the harness and by a bare loop."""

    def __init__(self, clips: Clips, workspace: Workspace, steps: int, width_divisor: int) -> None:
        self.steps, self.width_divisor = steps, width_divisor
        cls = import_class("datasets.esc50.ESC50DataModule")
        self.data = cls(root=str(clips.dataset.root), cache=str(workspace.cache), **clips.use.args)
        self.data.setup()

    def _module(self) -> Any:
        cls = import_class("models.acrnn.ACRNNModule")
        return cls(num_classes=self.data.num_classes, attention="l10", width_divisor=self.width_divisor)

    def with_harness(self) -> float:
        """One epoch by Lightning with history and a checkpoint; returns the share of it outside the steps."""
        module = self._module()
        inside = 0.0
        step = module.optimizer_step  # Lightning runs forward and backward inside of it

        def timed(*args: Any, **kwargs: Any) -> None:
            nonlocal inside
            started = time.perf_counter()
            step(*args, **kwargs)
            inside += time.perf_counter() - started

        module.optimizer_step = timed
        with tempfile.TemporaryDirectory() as folder:
            keeper = RunKeeper(Path(folder), 0, 1, lambda: False, lambda *_: None, checkpoint_seconds=0.0)
            trainer = make_trainer("cpu", "float32", [keeper], max_epochs=1, limit_train_batches=self.steps)
            trainer.fit(module, datamodule=self.data)
        return 1 - inside / keeper.history[-1]["seconds"]

    def bare(self) -> None:
        """The same epoch without anything around it."""
        module = self._module()
        optimizer = module.configure_optimizers()
        torch.manual_seed(0)
        module.train()
        self.data.trainer = None
        for number, batch in enumerate(self.data.train_dataloader()):
            if number == self.steps:
                break
            loss = module.training_step(self.data.on_after_batch_transfer(batch, 0), number)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def _malloc(rounds: int, steps: int, width_divisor: int) -> Measure:
    """Steps in fresh processes with the launcher's malloc settings and without, in turn."""

    def step_seconds(settings: dict[str, str]) -> float:
        command = [sys.executable, "-m", "benchmarks.bench.training", str(steps), str(width_divisor)]
        plain = {name: value for name, value in os.environ.items() if name not in MALLOC}
        environment = {**plain, **settings, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return float(json.loads(done.stdout))

    ratios = []
    for _ in range(rounds):
        ours, plain = step_seconds(MALLOC), step_seconds({})
        ratios.append(plain / ours)
    note = "training steps of ACRNN on a CPU, batch 64, one thread"
    return Measure.of("malloc settings of the launcher", ratios, "x", note=note)


def _time_steps(steps: int, width_divisor: int) -> float:
    torch.set_num_threads(1)
    module = import_class("models.acrnn.ACRNNModule")(attention="l10", width_divisor=width_divisor)
    optimizer = module.configure_optimizers()
    x, y = torch.randn(64, 2, 128, 128), torch.eye(10)[torch.arange(64) % 10]

    def step() -> None:
        optimizer.zero_grad()
        module.training_step((x, y), 0).backward()
        optimizer.step()

    step()
    return min(seconds(step) for _ in range(steps))


if __name__ == "__main__":
    print(json.dumps(_time_steps(int(sys.argv[1]), int(sys.argv[2]))))
