"""What turns a sound into what a network of some data is given: extractor, scale and cuts, as plain values."""

import importlib
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from datasets.batches.hearing.sound import Sound, read_sound
from datasets.errors import DataError
from datasets.features import Extractor, make_extractor

#: Where ears are: no other class is made of the facts that a file tells.
HOME = "datasets.batches.hearing."
#: Samples per second, at most, of what is heard.
FASTEST = 768_000


class Piece(NamedTuple):
    """What a network is given at a time.

    x: of one item, as in prediction. spans: (parts, 2) seconds at which the parts of its scores, which are segments,
    frames or seconds, begin and end; None where they cannot be told.
    """

    x: Any
    spans: NDArray[np.float64] | None


class Heard(NamedTuple):
    """A sound as the pieces that follow on each other; seconds: of the file; notes: what was changed of it."""

    pieces: list[Piece]
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Ear(ABC):
    """Hears files as a data module hears its test items; it needs neither these nor those that were trained on.

    extractor: of the features. classes: of the scores. mean, std: what standardises features, empty where nothing does.
    """

    #: what networks learn: that of the data module
    task: ClassVar[str]

    extractor: Extractor
    classes: tuple[str, ...]
    mean: Tensor
    std: Tensor

    def __call__(self, path: str | Path) -> Heard:
        """What a network is given of a sound file. Raises DataError for a file that cannot be used."""
        return self.hear(read_sound(path, self.extractor.rate))

    @abstractmethod
    def hear(self, sound: Sound) -> Heard:
        """What a network is given of a sound at the extractor's rate. Raises DataError."""

    def features(self, sound: Sound) -> NDArray[Any]:
        """The features of a sound as they are kept. Raises DataError where the extractor cannot use it."""
        try:
            samples = self.extractor.read(sound.path) if self.extractor.takes_files else sound.samples
            with np.errstate(all="ignore"):  # what comes of it is looked at
                found = self.extractor(samples, self.extractor.rate)
        except ValueError as error:
            raise DataError(f"{sound.path}: cannot be heard ({error})") from error
        if not np.isfinite(found).all():
            raise DataError(f"{sound.path}: its features have values that are no numbers; give another sound")
        return np.ascontiguousarray(found, dtype=self.extractor.dtype)

    def facts(self) -> dict[str, Any]:
        """All of it as plain values and tensors, of which `ear_of` makes it again."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        extractor = own.pop("extractor")
        params = {one.name: getattr(extractor, one.name) for one in fields(extractor) if one.init}  # type: ignore[arg-type]
        path = f"{type(extractor).__module__}.{type(extractor).__qualname__}"
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in own.items()}
        where = f"{type(self).__module__}.{type(self).__qualname__}"
        return {"class_path": where, "extractor": {"class_path": path, "init_args": params}, **plain}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Made again of its facts."""
        given: dict[str, Any] = {name: value for name, value in facts.items() if name != "class_path"}
        part = given.pop("extractor")
        extractor = make_extractor(part["class_path"], **part["init_args"])
        own: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        return cls(extractor=extractor, **own)


def ear_of(facts: Any) -> Ear:
    """The ear that these facts, which may come from a file of anybody's, tell of.

    Raises DataError for facts of no ear; nothing but ears, extractors and conditioners is made of them.
    """
    try:
        path = str(facts["class_path"])
        if not path.startswith(HOME):
            raise ValueError(f"{path} is no ear")
        module, _, name = path.rpartition(".")
        found = getattr(importlib.import_module(module), name)
        if not (isinstance(found, type) and issubclass(found, Ear)):
            raise ValueError(f"{path} is no ear")
        made = found.of(facts)
        if not all(isinstance(one, Tensor) and one.isfinite().all() for one in (made.mean, made.std)):
            raise ValueError("mean and deviation are no numbers")
        if not made.classes or not all(isinstance(one, str) for one in made.classes):
            raise ValueError("classes have no names")
        if len(set(made.classes)) < len(made.classes):
            raise ValueError("two classes have one name")
        if not 0 < made.extractor.rate <= FASTEST:
            raise ValueError(f"a rate of {made.extractor.rate} Hz")
    except (KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"what a network hears is not told rightly ({type(error).__name__}: {reason})") from error
    return made


def spans_of(parts: int, step: float, length: float, begin: float = 0.0) -> NDArray[np.float64]:
    """When so many parts begin and end that follow each other every `step` seconds, each of `length` seconds."""
    begins = begin + step * np.arange(parts)
    return np.stack([begins, begins + length], axis=1)


def cut(sound: Sound, seconds: float, least: int) -> list[tuple[float, NDArray[np.float32]]]:
    """A sound in pieces of so many seconds: when each begins, and its samples.

    The last is as short as it comes, but is dropped below `least` samples, where it is not the only one.
    """
    size = max(1, round(seconds * sound.rate))
    count = max(1, math.ceil(len(sound.samples) / size))
    pieces = [(size * one / sound.rate, sound.samples[size * one : size * (one + 1)]) for one in range(count)]
    return [one for number, one in enumerate(pieces) if not number or len(one[1]) >= least]
