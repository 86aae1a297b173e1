"""Features that a deterministic transform has changed, clip by clip: computed once, and kept beside the features."""

import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.lib import format as npy
from numpy.typing import NDArray
from torch import Tensor

from datasets.acquire.telling import Progress
from datasets.errors import DataError
from datasets.features.cache import FORMAT, Facts, FeatureCache, Features, Wanted, waiting
from datasets.features.signatures import signature
from datasets.features.signatures.marks import Mark
from datasets.features.signatures.trial import trial_frames

#: Clips that are conditioned together: a transform may need frames x frames numbers for each.
TOGETHER = 16


class Transform(Protocol):
    """What a conditioner is."""

    version: int

    def params(self) -> dict[str, Any]:
        """All parameters."""

    def __call__(self, x: Tensor) -> Tensor:
        """Clips (B, T, D) changed, each on its own. Raises ValueError for a clip that it cannot change."""


@dataclass(frozen=True)
class Conditioner:
    """A transform, the import path that it was made from, and the arguments."""

    class_path: str
    transform: Transform
    init_args: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def given(self) -> dict[str, Any]:
        """What it was made from, as plain values."""
        return {"class_path": self.class_path, "init_args": self.init_args}

    @classmethod
    def made_from(cls, given: dict[str, Any]) -> "Conditioner":
        """From {"class_path": import path, "init_args": {...}}. Raises DataError for what cannot be made."""
        if not isinstance(given, dict) or "class_path" not in given or set(given) - {"class_path", "init_args"}:
            raise DataError(f"conditioner {given!r}: give a class_path, and init_args if there are any")
        path = str(given["class_path"])
        module, _, name = path.rpartition(".")
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise DataError(f"conditioner {path}: cannot be imported ({error}); correct its class_path") from error
        arguments = dict(given.get("init_args") or {})
        try:
            transform = found(**arguments)
        except (TypeError, ValueError) as error:
            raise DataError(f"conditioner {path}: {error}; correct its init_args") from error
        return cls(path, transform, arguments)

    def facts(self) -> dict[str, Any]:
        """What its output depends on, beside its input."""
        version = int(self.transform.version)
        return {"class_path": self.class_path, "version": version, "params": self.transform.params()}

    def mark(self, shape: Sequence[int]) -> Mark:
        """What tells its code from other code, tried on frames of this shape (T, D). Raises DataError."""
        facts = self.facts()

        def tried() -> NDArray[Any]:
            return self(torch.from_numpy(trial_frames(*shape))[None], ["the trial frames"]).numpy()

        return signature.of_transform(facts["class_path"], facts["params"], tried, shape)

    def __call__(self, values: Tensor, items: Sequence[str]) -> Tensor:
        """Clips (B, T, D) changed. Raises DataError that names the clip which cannot be."""
        try:
            with torch.inference_mode():
                found = self.transform(values)
        except ValueError as error:
            if len(items) == 1:
                raise DataError(f"{items[0]}: cannot be conditioned by {self.class_path} ({error})") from error
            parts = [self(values[at : at + 1], [item]) for at, item in enumerate(items)]
            return torch.cat(parts)
        if found.shape != values.shape:
            shapes = f"{tuple(values.shape)} into {tuple(found.shape)}"
            raise DataError(f"conditioner {self.class_path}: turns {shapes}; choose one that keeps the shape")
        if bad := not_finite(found, items):
            raise DataError(f"{bad}: cannot be conditioned by {self.class_path} (the outcome is not finite)")
        return found

    def ranges(self, values: Tensor) -> dict[str, float] | None:
        """How far the transform looks in clips (B, T, D), in its own words; None if it does not tell."""
        if not hasattr(self.transform, "ranges"):
            return None
        with torch.inference_mode():
            return {name: float(value) for name, value in self.transform.ranges(values).items()}


def not_finite(values: Tensor, items: Sequence[str]) -> str | None:
    """The first of the clips (B, T, D) with a value that is NaN or infinite; None if there is none."""
    bad = ~torch.isfinite(values.flatten(1)).all(1)
    return items[int(bad.nonzero()[0])] if bad.any() else None


class ConditionedCache(FeatureCache):
    """Conditioned features below `folder` (of which `conditioned/` is used), as safe as those of `FeatureCache`."""

    def __init__(self, folder: Path | str) -> None:
        super().__init__(folder)
        self.folder = Path(folder) / "conditioned"

    def condition(self, features: Features, conditioner: Conditioner, progress: Progress | None = None) -> Features:
        """The features (N, T, D) after the conditioner, computed first if they are not there; float32, memory-mapped.

        progress: is told (clips done, clips in all). Raises DataError for clips that cannot be conditioned, and where
        the disk refuses.
        """
        header = {
            "format": FORMAT,
            "features": features.key,
            "conditioner": conditioner.facts(),
            "items": list(features.items),
        }
        header = json.loads(json.dumps(header))  # as it is read again: lists for tuples
        # The key of features does not change with their code, so what they were made by counts here, too.
        made_by = {**features.signature, "conditioner": conditioner.mark(features.array.shape[1:])}
        wanted = Wanted.by(header, made_by)
        return self._kept(
            wanted,
            lambda paths: [_write(paths[wanted], features, conditioner, progress)],
            waiting=waiting(progress, len(features.items)),
        )


def _write(path: Path, features: Features, conditioner: Conditioner, progress: Progress | None) -> Facts:
    shape, values = features.array.shape, torch.from_numpy(features.array)
    with path.open("wb") as file:
        npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
        for start in range(0, len(values), TOGETHER):
            part = slice(start, min(start + TOGETHER, len(values)))
            found = conditioner(values[part].float(), features.items[part])
            file.write(np.ascontiguousarray(found.numpy(), dtype="<f4").data)
            if progress:
                progress(part.stop, len(values))
    return {"shape": list(shape), "counts": [1] * len(values)}
