"""What a network says about a sound file: an ear makes of the file what the network takes, its scores become a table.

`models` does not know `datasets`. An ear is given to a module (`module.ear = data.ear()`), or comes with the data
module of its Trainer, or with a checkpoint: there it is plain facts, of which `MAKER`, found by name, makes it again.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
import torch
from torch import Tensor

from models.prediction import QUANTITY, TOGETHER, Prediction, per_second, together
from models.tasks.predicting import predicting

#: Under which key a checkpoint keeps the class of a network and what it hears.
KEPT = "resound"
#: What makes an ear of facts.
MAKER = "datasets.batches.hearing.ear.ear_of"


class Ear(Protocol):
    """What hears files for a network."""

    task: str
    classes: tuple[str, ...]

    def __call__(self, path: str | Path) -> Any:
        """`pieces` with `x` of one item and `spans` (parts, 2) in seconds or None; `seconds` in all; `notes`."""

    def facts(self) -> dict[str, Any]:
        """All of it as plain values and tensors."""


class Hearing(pl.LightningModule):
    """A module that hears sound files with the ear of the data that it was trained on, and keeps it in checkpoints.

    Its loss in training is logged as `train_loss`, per epoch, where there is a logger.
    """

    _ear: Ear | None = None
    #: the data module that it was trained on in this process, and the facts that came with a checkpoint
    _learnt_from: Any = None
    _facts: Mapping[str, Any] | None = None

    @property
    def ear(self) -> Ear | None:
        """The one that was given, else that of the data module it was trained on, else what came with a checkpoint."""
        if self._ear is None and hasattr(self._learnt_from, "ear"):
            found: Ear | None = self._learnt_from.ear()
            return found
        if self._ear is None and self._facts is not None:
            self._ear = ear_of(self._facts)
        return self._ear

    @ear.setter
    def ear(self, ear: Ear | None) -> None:
        self._ear = ear

    def on_train_start(self) -> None:
        """Hear from now on as this data module does."""
        super().on_train_start()
        self._learnt_from, self._facts = getattr(self.trainer, "datamodule", None), None

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what class this is, and what it hears."""
        super().on_save_checkpoint(checkpoint)
        ear, cls = self.ear, type(self)
        facts = ear.facts() if ear else None
        checkpoint[KEPT] = {"class_path": f"{cls.__module__}.{cls.__qualname__}", "ear": facts}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Hear again as was heard."""
        super().on_load_checkpoint(checkpoint)
        self._facts = (checkpoint.get(KEPT) or {}).get("ear")

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Log the loss, where anybody wants to have it."""
        if self.trainer.loggers:
            targets = batch[1]
            size = len(targets if isinstance(targets, Tensor) else targets[0])
            self.log("train_loss", outputs["loss"], on_step=False, on_epoch=True, batch_size=size)

    def predict(self, sound: str | Path) -> Prediction:
        """What this network says about a sound file of any length, rate and number of channels.

        Raises ValueError where it was not told how to hear, or the file is of no use.
        """
        return predict(self, sound)


def ear_of(facts: Mapping[str, Any]) -> Ear:
    """The ear that these facts tell of."""
    module, _, name = MAKER.rpartition(".")
    made: Ear = getattr(importlib.import_module(module), name)(facts)
    return made


def predict(model: Any, sound: str | Path, ear: Ear | None = None) -> Prediction:
    """What a network, or an estimator with `scores`, says about a sound file by its own ear or the given one.

    Raises ValueError where there is none, the file is of no use, or the network's answer is.
    """
    ear = ear or getattr(model, "ear", None)
    if ear is None:
        raise ValueError(
            f"{type(model).__name__} does not know how to hear files: load it from a checkpoint of a training on a "
            "data module of `datasets`, or set its `ear` to data.ear()"
        )
    heard = ear(sound)
    values = [_scores(model, piece.x, ear) for piece in heard.pieces]
    spans = [piece.spans for piece in heard.pieces]
    of_second, of_all = TOGETHER[ear.task]
    kind = model.kind_of_scores
    whole = together(np.concatenate([whole for whole, _ in values]), of_all)
    seconds = None
    if all(parts is not None and one is not None for (_, parts), one in zip(values, spans, strict=True)):
        parts = np.concatenate([parts for _, parts in values])
        seconds = per_second(parts, np.concatenate(spans), heard.seconds, of_second)
    if whole.shape != (len(ear.classes),):
        count = len(ear.classes)
        raise ValueError(f"{type(model).__name__} tells {whole.size} values, but what it hears has {count} classes")
    if not np.isfinite(whole).all():
        raise ValueError(f"{sound}: {type(model).__name__} answers with values that are no numbers; train it again")
    return Prediction(tuple(ear.classes), whole, seconds, QUANTITY.get(kind, "probability"), tuple(heard.notes))


def _scores(model: Any, x: Any, ear: Ear) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """Of one piece: what the whole is made of (n, classes), and what its seconds are (parts, classes) if told."""
    if not isinstance(model, torch.nn.Module):
        return _probabilities(np.asarray(model.scores(x))[0], model.kind_of_scores, ear), None
    network: Any = model
    with predicting(model):
        x = _moved(x, getattr(model, "device", torch.device("cpu")))
        found = network.predict_step(x, 0)[0].double().cpu().numpy()
        values = _probabilities(found, network.kind_of_scores, ear)
        if ear.task != "tags":
            return values, values
        if not hasattr(model, "frame_probability"):
            return values, None
        return values, network.frame_probability(x)[0].double().cpu().numpy()


def _probabilities(values: npt.NDArray[Any], kind: str, ear: Ear) -> npt.NDArray[np.float64]:
    """(n, classes) of scores of one item, of whatever kind: posteriors, shares of votes, activity as it is."""
    values = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if kind == "decision":
        return values / values.sum(axis=-1, keepdims=True)
    if kind in ("probability", "linear"):
        return values
    if kind == "logit" and ear.task != "clips":
        return np.asarray(1 / (1 + np.exp(-np.clip(values, -700, 700))))
    shares = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


def _moved(x: Any, device: torch.device) -> Any:
    """x on a device, whatever it is made of."""
    if isinstance(x, Tensor):
        return x.to(device)
    return type(x)(*(None if one is None else one.to(device) for one in x))


def read_checkpoint(path: str | Path) -> tuple[str, dict[str, Any], dict[str, Tensor], dict[str, Any] | None]:
    """Of a checkpoint of a Hearing: its class, the arguments that made it, its weights, the facts of what it hears.

    Tensors and plain values are read alone; nothing is unpickled that could run. Raises ValueError, one line.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # zipfile, pickle and torch raise a dozen kinds of error on damaged bytes
        raise ValueError(f"cut short, damaged or no checkpoint of plain values ({type(error).__name__})") from error
    kept = content.get(KEPT) if isinstance(content, dict) else None
    if not isinstance(kept, dict) or not isinstance(content.get("state_dict"), dict):
        raise ValueError("does not say which network it is of; it was saved by another program or an older version")
    arguments, weights = content.get("hyper_parameters") or {}, content["state_dict"]
    if not isinstance(arguments, Mapping) or not all(isinstance(name, str) for name in (*arguments, *weights)):
        raise ValueError("its arguments or weights have no names; it was altered, or saved by another program")
    return str(kept.get("class_path")), dict(arguments), weights, kept.get("ear")
