"""The training of one run by Lightning: reproducible draws, history, checkpoints at epoch ends, a polite stop."""

import csv
import math
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.exceptions import SIGTERMException

from benchmarks.errors import USER_ERRORS, InputError, warned
from benchmarks.runs.files import writing
from benchmarks.runs.kept.logs import check_logger, logs_of
from benchmarks.runs.ledger import CHECKPOINT, Run
from benchmarks.runs.machine.numerics import set_flags, trainer_arguments
from benchmarks.runs.selection import Selection, selection_arguments
from benchmarks.runs.stored.checkpoint import STOP_SECONDS, set_aside, usable
from datasets.acquire.telling import count_of
from datasets.acquire.whole import whole
from datasets.seeds import derive
from models.kernels import used

#: At most one checkpoint in so many seconds; what a kill can cost.
CHECKPOINT_SECONDS = 60.0
#: The losses kept step by step, which the golden regression compares.
FIRST_LOSSES = 10


class Stopped(Exception):
    """The run was asked to stop and did, behind a checkpoint, or in an epoch that would not have ended soon."""


class RunKeeper(pl.Callback):
    """Keeps one run reproducible and resumable.

    All draws are named (datasets.seeds.derive): data order, crops and mixup by the data module, what a network draws
    itself (dropout, pieces of its input, partners) by the reseeding here. So a checkpoint at an epoch end needs no
    random state, and a resumed run ends with the weights of an uninterrupted one.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        fold: int,
        should_stop: Callable[[], bool],
        on_epoch: Callable[[int, int, float], None],
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
        selection: Selection | None = None,
        run_id: str = "",
        now: Callable[[], float] = time.monotonic,
        say: Callable[[str], None] = warned,
    ) -> None:
        """now: the run's own clock, s; runs that go on in turn in one process have one each. say: takes what a user
        should know, one line.
        """
        self.selection, self.now, self.say = selection, now, say
        self.checkpoint = folder / CHECKPOINT
        self.seed, self.fold, self.run_id = seed, fold, run_id
        self.should_stop, self.on_epoch = should_stop, on_epoch
        self.checkpoint_seconds = checkpoint_seconds
        self.history: list[dict[str, float]] = []
        self.first_losses: list[float] = []
        self._step_losses: list[torch.Tensor] = []
        self._loss = torch.zeros(())
        self._saved_at = time.monotonic()
        self._saved_epoch = -1
        #: whether an epoch is trained, so that what a checkpoint holds was taken up
        self.has_begun = False
        #: what rounds otherwise, kernels and threads, as this run and the attempts before it had them, in order
        self.computed: list[dict[str, Any]] = []
        self._on_sigterm = signal.getsignal(signal.SIGTERM)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of this callback: plain values only."""
        chosen = {"selection": self.selection.state_dict()} if self.selection else {}
        kept = {"run": self.run_id, "history": self.history, "first_losses": self.first_losses}
        return {**kept, "computed": self._with_here(), **chosen}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the history of a killed attempt."""
        self.computed = list(state_dict.get("computed", ()))
        self.history = list(state_dict["history"])
        self.first_losses = list(state_dict["first_losses"])
        if self.selection:
            self.selection.load_state_dict(state_dict["selection"])
        self._saved_epoch = len(self.history) - 1

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take SIGTERM back: Lightning leaves in the middle of an epoch, where nothing of it is saved."""
        self.has_begun = True
        self._take_sigterm_back()

    def on_predict_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take SIGTERM back: what was trained is predicted with, which takes seconds."""
        self._take_sigterm_back()

    def _take_sigterm_back(self) -> None:
        if threading.current_thread() is threading.main_thread():  # no other may
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def _with_here(self) -> list[dict[str, Any]]:
        here = {"kernels": used(), "threads": torch.get_num_threads()}
        return self.computed if here in self.computed else [*self.computed, here]

    def _note_computing(self) -> None:
        """Say once where a run goes on with other kernels or threads than it began with, which round otherwise."""
        before, self.computed = self.computed, self._with_here()
        if before and len(self.computed) > len(before):
            began, now = (f"{one['kernels']} kernels and {count_of(one['threads'], 'thread')}" for one in
                          (before[-1], self.computed[-1]))  # fmt: skip
            self.say(
                f"{self.checkpoint}: {self.run_id} went on with {now} after {began}; its numbers are those of one that "
                "was not cut up to rounding only"
            )

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Give what the network draws from the global generator, dropout above all, this epoch's own seed."""
        torch.manual_seed(derive(self.seed, self.fold, "dropout", trainer.current_epoch))
        self._loss = torch.zeros((), device=pl_module.device)
        self._started, self._began = self.now(), time.monotonic()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add up the loss without waiting for the device, and stop at once if nothing would be lost, or too late."""
        loss = outputs["loss"].detach()
        self._loss += loss
        if trainer.global_step <= FIRST_LOSSES:
            self._step_losses.append(loss)
        if not self.should_stop():
            return
        done = batch_idx + 1
        left = (time.monotonic() - self._began) / done * (int(trainer.num_training_batches) - done)
        if self._saved_epoch == trainer.current_epoch - 1 or left > STOP_SECONDS:
            raise Stopped

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the history; save if it is due or if the run was asked to stop."""
        self.first_losses += [float(loss) for loss in self._step_losses]
        self._step_losses = []
        self._note_computing()
        epoch = trainer.current_epoch
        loss = float(self._loss) / max(1, int(trainer.num_training_batches))
        row = {
            "epoch": float(epoch),
            "loss": loss,
            "learning_rate": float(trainer.optimizers[0].param_groups[0]["lr"]),
            "seconds": round(self.now() - self._started, 3),
        }
        # Lightning validates before it calls this.
        row |= {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val_")}
        _check_losses(row)
        self.history.append(row)
        if self.selection and self.selection.see(epoch, _watched(row, self.selection.monitor), pl_module):
            trainer.should_stop = True
        last = epoch + 1 == trainer.max_epochs or trainer.should_stop
        stop = self.should_stop() and not last
        if not last and (stop or time.monotonic() - self._saved_at >= self.checkpoint_seconds):
            self._save(trainer, epoch)
        self.on_epoch(epoch + 1, int(trainer.max_epochs or 0), loss)
        if stop:
            raise Stopped

    def _save(self, trainer: pl.Trainer, epoch: int) -> None:
        with writing(self.checkpoint), whole(self.checkpoint, durable=True) as temporary:
            trainer.save_checkpoint(temporary)
        self._saved_at, self._saved_epoch = time.monotonic(), epoch


def _check_losses(row: dict[str, float]) -> None:
    """Raise InputError where the loss of an epoch, or of its validation, is not finite: the run has failed."""
    for name, value in row.items():
        if name.endswith("loss") and not math.isfinite(value):
            raise InputError(
                f"{name} of epoch {row['epoch'] + 1:.0f} is {value}: the training has diverged and nothing of it is "
                "published; lower its learning rate"
            )


def _watched(row: dict[str, float], monitor: str) -> float:
    """The value that decides about an epoch. Raises InputError where validation does not log it."""
    if monitor not in row:
        logged = ", ".join(sorted(name for name in row if name.startswith("val_"))) or "nothing"
        raise InputError(f"{monitor}: not logged by validation; what the network logs: {logged}")
    return row[monitor]


def train(
    run: Run,
    model: pl.LightningModule,
    data: pl.LightningDataModule,
    folder: Path,
    device: str,
    should_stop: Callable[[], bool],
    on_epoch: Callable[[int, int, float], None],
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
    logger: Any = False,
    now: Callable[[], float] = time.monotonic,
    say: Callable[[str], None] = warned,
) -> tuple[pl.Trainer, dict[str, Any]]:
    """Train the network of a run in `folder`, from the checkpoint there if a killed attempt has left one.

    now: the run's own clock. say: takes what a user should know. Returns the trainer, to predict with, and what the
    result says of the training; the model has the weights that the run ends with. Raises Stopped.
    """
    selecting, training = selection_arguments(run.resolved["trainer"])
    selection = Selection(**selecting) if selecting else None
    keeper = RunKeeper(
        folder, run.seed, run.fold, should_stop, on_epoch, checkpoint_seconds, selection, run.id, now, say
    )  # fmt: skip
    trainer = make_trainer(device, run.numerics, [keeper], **{"logger": logger, **training})
    load = partial(torch.load, map_location="cpu", weights_only=True)
    resume = usable(keeper.checkpoint, run.id, keeper.state_key, model.state_dict(), load, say)
    try:
        trainer.fit(model, datamodule=data, ckpt_path=resume, weights_only=True)
    except SIGTERMException:  # it came while Lightning began, before an epoch
        raise Stopped from None
    except (
        *USER_ERRORS,
        OSError,
        MemoryError,
        torch.OutOfMemoryError,
    ):  # of files and memory, and no checkpoint's fault
        raise
    except Exception as error:
        if resume is None or keeper.has_begun:
            raise
        set_aside(resume)
        why = " ".join(f"{type(error).__name__}: {error}".split())[:120]
        raise InputError(
            f"{resume}: cannot be gone on from ({why}); it is set aside, and the same command starts the run again"
        ) from error
    if selection:
        selection.restore(model)
    _write_history(folder / "history.csv", keeper.history)
    facts: dict[str, Any] = {"first_losses": keeper.first_losses, "final_loss": keeper.history[-1]["loss"]}
    if len(keeper.computed) > 1:  # which kernels and threads, one after the other
        facts["computed"] = keeper.computed
    return trainer, {**facts, "selection": selection.facts()} if selection else facts


def _write_history(path: Path, history: list[dict[str, float]]) -> None:
    with writing(path), path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def make_logger(name: str | None, store: Path, run_id: str) -> Any:
    """Lightning's logger of this name for a run; False without a name. Raises InputError where it is not here."""
    if name is None:
        return False
    check_logger(name)
    from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger, WandbLogger

    folder = logs_of(store)
    if name == "wandb":
        return WandbLogger(project="resound", name=run_id, save_dir=folder)
    return (CSVLogger if name == "csv" else TensorBoardLogger)(folder, run_id)


def make_trainer(device: str, numerics: str, callbacks: list[pl.Callback], **settings: Any) -> pl.Trainer:
    """Lightning's Trainer without what a run keeps itself: no logger, no bar, no checkpoints of its own."""
    set_flags(numerics)
    return pl.Trainer(
        accelerator="gpu" if device == "cuda" else "cpu",
        devices=1,
        callbacks=callbacks,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **{"limit_val_batches": 0, "logger": False, **trainer_arguments(numerics, device), **settings},
    )
