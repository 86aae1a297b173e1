"""Networks of somebody's own, plain `nn.Module`s, as modules of one kind of task: built, trained by a plain optimizer.

What such a network gets and must give stands in `WANTED`; `fault` tells what is wrong with one, in one line. Its class
is named by import path, so that a module is made of plain values and the network's first weights of a seed alone.
"""

import importlib
import inspect
from collections.abc import Mapping, Sequence
from types import MethodType
from typing import Any, Literal, get_args

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from models.tasks.activity import ActivityDetection, Heard
from models.tasks.clips import ClipClassification
from models.tasks.frames import FrameDetection
from models.tasks.predicting import predicting
from models.tasks.tags import ClipTagging

Optimizer = Literal["adam", "adamw", "sgd"]
#: Of SGD, of Nesterov's kind.
MOMENTUM = 0.9
#: What a network is given and what it must return, by the task of the data module.
WANTED = {
    "clips": "logits (B, classes) of segments x (B, channels, bands, frames)",
    "tags": "logits (B, classes) of clips x (B, 1, frames, bands)",
    "frames": "logits (B, T) of frames x (B, 1, T with any context, bands)",
    "activity": "soft activity (B, frames or seconds, classes) of x (B, 1, frames, bands)",
}
#: Chunks of a recording that are heard together.
TOGETHER = 32


class Own(pl.LightningModule):
    """What stands before the task of a module around a network of somebody's own.

    network: the import path of its class, an nn.Module. arguments: of its constructor, which is also given, where it
        takes arguments of these names, `num_classes`, `n_frames`, `input_shape` (of one x, without B) and `seed`.
    optimizer, learning_rate, weight_decay: how it is trained; the rate stays as it is.

    Lazy layers are settled by an x of `input_shape`. Raises ValueError for a class that is no nn.Module.
    """

    network: nn.Module

    def __init__(
        self,
        network: str,
        arguments: dict[str, Any] | None = None,
        optimizer: Optimizer = "adam",
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        num_classes: int = 1,
        n_frames: int | None = None,
        input_shape: Sequence[int] = (),
        seed: int = 0,
    ) -> None:
        if optimizer not in get_args(Optimizer):
            raise ValueError(f"unknown optimizer {optimizer!r}; known: {', '.join(get_args(Optimizer))}")
        offered = {
            "num_classes": num_classes, "n_frames": n_frames, "input_shape": tuple(input_shape), "seed": seed,
        }  # fmt: skip
        super().__init__(self.within(build(network, arguments or {}, offered)))
        self.save_hyperparameters()
        self.optimizer, self.learning_rate, self.weight_decay = optimizer, learning_rate, weight_decay

    @staticmethod
    def within(network: nn.Module) -> nn.Module:
        """The network as the task asks for one."""
        return network

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """The optimizer over all parameters."""
        settings: dict[str, Any] = {"lr": self.learning_rate, "weight_decay": self.weight_decay}
        if self.optimizer == "sgd":
            return torch.optim.SGD(self.parameters(), momentum=MOMENTUM, nesterov=True, **settings)
        return (torch.optim.Adam if self.optimizer == "adam" else torch.optim.AdamW)(self.parameters(), **settings)


class OwnClips(Own, ClipClassification):
    """A network that gives logits (B, classes) of segments x (B, channels, bands, frames)."""

    version = 1


class OwnTags(Own, ClipTagging):
    """A network that gives logits (B, classes) of clips x (B, 1, frames, bands)."""

    version = 1


class OwnFrames(Own, FrameDetection):
    """A network that gives logits (B, T) of frames x (B, 1, T with any context, bands)."""

    version = 1


class ChunkByChunk(nn.Module):
    """A network that gives activity of chunks of frames, as `models.tasks.activity.ActivityNetwork`.

    Of each chunk it gives activity of all its frames, or of all its seconds; of a recording that of the second in the
    middle counts, chunk by chunk.
    """

    has_scenes = False

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Any) -> Heard:
        """What it makes of x (B, 1, T, D), or of (x, query (B, d))."""
        return Heard(self.network(*x) if isinstance(x, tuple) else self.network(x))

    def hear(self, frames: Tensor, places: Tensor, query: Tensor | None) -> Tensor:
        """Activity (seconds, frames of a second or 1, classes) of frames (1, T, D) by places (seconds, n)."""
        return heard_in_chunks(self.network, frames, places, query)


class OwnActivity(Own, ActivityDetection):
    """A network that gives activity (B, frames or seconds, classes) of x (B, 1, frames, bands), learnt by its error."""

    version = 1

    @staticmethod
    def within(network: nn.Module) -> nn.Module:
        """The network, chunk by chunk."""
        return ChunkByChunk(network)


def heard_in_chunks(network: Any, frames: Tensor, places: Tensor, query: Tensor | None) -> Tensor:
    """What a network says of the second in the middle of each chunk: (seconds, frames of a second or 1, classes).

    frames: (1, seconds x frames of a second, D) of a recording; places: (seconds, n) the frames of the chunks; query:
    (seconds, d), or None. Raises ValueError where the network gives neither a row per frame nor one per second.
    """
    per_second, length = frames.shape[1] // len(places), places.shape[1]
    found = []
    for block in torch.arange(len(places), device=places.device).split(TOGETHER):
        x = frames[0][places[block]][:, None]
        activity = network(x) if query is None else network(x, query[block])
        rows = activity.shape[1]
        if rows not in (length, length // per_second):
            raise ValueError(f"gives {rows} rows of a chunk of {length} frames; give one for each, or for each second")
        width = per_second if rows == length else 1
        found.append(activity.narrow(1, (rows - width) // 2, width))
    return torch.cat(found)


def build(network: str, arguments: Mapping[str, Any], offered: Mapping[str, Any]) -> nn.Module:
    """A network by the import path of its class, with weights that follow from the seed that is `offered`.

    What is drawn comes from torch's generator, which is left as it was. Raises ValueError for what is no nn.Module.
    """
    module, _, name = network.rpartition(".")
    cls = getattr(importlib.import_module(module), name)
    if not (isinstance(cls, type) and issubclass(cls, nn.Module)):
        raise ValueError(f"{network}: is no torch.nn.Module")
    taken = {name: value for name, value in offered.items() if name in inspect.signature(cls).parameters}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(offered["seed"])
        try:
            made: nn.Module = cls(**{**taken, **arguments})
        except TypeError as error:  # most often of arguments that it lacks or does not know
            raise ValueError(f"cannot be made with {_spelled({**taken, **arguments})} ({error})") from error
        if any(is_lazy(one) for one in made.parameters()):
            with predicting(made):
                made(torch.zeros(1, *offered["input_shape"]))
    return made


def completed(module: pl.LightningModule, task: str) -> pl.LightningModule:
    """A LightningModule of somebody's own with what it lacks of a task: the kind of its scores, a way to predict.

    Its `forward` is then taken to give what the networks of `WANTED` give.
    """
    if not hasattr(module, "kind_of_scores"):
        module.kind_of_scores = "linear" if task == "activity" else "logit"  # type: ignore[assignment]
    if type(module).predict_step is pl.LightningModule.predict_step and task in PREDICTED:
        module.predict_step = MethodType(PREDICTED[task], module)  # type: ignore[method-assign]
    return module


def _clips(module: Any, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
    """Logits (B, S, classes) of clips cut into segments (B, S, C, F, T)."""
    return module(batch.flatten(0, 1)).unflatten(0, batch.shape[:2]).float()  # type: ignore[no-any-return]


def _tags(module: Any, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
    """Logits (B, classes) of clips (B, 1, T, D)."""
    return module(batch).float()  # type: ignore[no-any-return]


def _frames(module: Any, batch: Tensor, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
    """Logits (B, T, 1) of whole clips (B, 1, T', D)."""
    return module(batch).unsqueeze(-1).float()  # type: ignore[no-any-return]


def _activity(module: Any, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
    """Activity (1, T, classes) of a whole recording: its frames (1, T, D), places, query."""
    frames, places, query = batch
    if places is None:
        return module(frames[None]).float()  # type: ignore[no-any-return]
    return heard_in_chunks(module, frames, places, query).flatten(0, 1)[None].float()


PREDICTED = {"clips": _clips, "tags": _tags, "frames": _frames, "activity": _activity}


def fault(module: nn.Module, x: Any, y: Any, task: str) -> str | None:
    """What is wrong with what a network makes of one training batch, one line; None where nothing is.

    x: what it is given. y: the targets, of the shape that its output must have.
    """
    shape = tuple(y.activity.shape if task == "activity" else y.shape)
    given = " and ".join(str(tuple(one.shape)) for one in (x if isinstance(x, tuple) else (x,)))
    wanted = f"{WANTED[task]}, so here {shape} of {given}"
    try:
        found = module(x)
    except Exception as error:  # whatever a network does that somebody has written
        return f"fails on a batch ({_told(error)}); it must give {wanted}"
    if not isinstance(found, Tensor):
        return f"gives {type(found).__name__}; it must give a tensor: {wanted}"
    if tuple(found.shape) != shape:
        return f"gives {tuple(found.shape)}; it must give {wanted}"
    if not found.is_floating_point() or not bool(found.isfinite().all()):
        return f"gives values that are no finite floats; it must give {wanted}"
    if not found.requires_grad:
        return "gives what does not depend on any parameter, so that nothing can be trained"
    return None


def check_shapes(made: nn.Module) -> None:
    """Raise ValueError for a network with a lazy layer that no x has settled: such a layer cannot be trained."""
    for name, one in (*made.named_parameters(), *made.named_buffers()):
        if is_lazy(one):
            raise ValueError(
                f"{name} is of a lazy layer that no x has settled; use it, settle it in the constructor, or remove it"
            )


def same_start(one: nn.Module, other: nn.Module) -> str | None:
    """The name of the first value in which two networks of one seed differ; None where they are alike."""
    first, second = one.state_dict(), other.state_dict()
    for name, value in first.items():
        if name not in second or value.shape != second[name].shape or not torch.equal(value, second[name]):
            return name
    return None if len(first) == len(second) else next(name for name in second if name not in first)


def _spelled(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items()) or "no arguments"


def _told(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
