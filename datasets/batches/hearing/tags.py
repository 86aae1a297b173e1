"""How clips with any number of classes each are heard: whole, one after the other."""

from dataclasses import dataclass
from typing import Any

import torch

from datasets.batches.hearing.ear import Ear, Heard, Piece, cut, spans_of
from datasets.batches.hearing.sound import Sound
from datasets.errors import DataError
from datasets.features.conditioned import Conditioner


@dataclass(frozen=True)
class TagEar(Ear):
    """Clips x (1, 1, T, D) of the length of the data's, as TagDataModule tests with.

    conditioner: {"class_path", "init_args"} of the transform before the scale, None without. A longer sound is several
    clips; a shorter one, and the last, is filled as the extractor fills clips.
    """

    task = "tags"

    conditioner: dict[str, Any] | None = None

    def hear(self, sound: Sound) -> Heard:
        """The clips."""
        frames = self.extractor.params()["frames"]
        second = self.extractor.hop / self.extractor.rate
        sound = sound.at_least(2 * self.extractor.hop, "the features take")
        pieces, notes, clips = [], sound.notes, cut(sound, frames * second, 2 * self.extractor.hop)
        if len(clips) > 1:
            notes = (*notes, f"{sound.seconds:.2f} s are heard as {len(clips)} clips of {frames * second:g} s")
        elif sound.seconds < (frames - 1) * second:
            notes = (*notes, f"{sound.seconds:.2f} s are less than a clip ({frames * second:g} s), which is filled")
        for begin, samples in clips:
            values = torch.from_numpy(self.features(Sound(sound.path, samples, sound.rate, sound.seconds))).float()
            if self.conditioner:
                values = conditioner_of(self.conditioner)(values[None], [str(sound.path)])[0]
            x = values.sub(self.mean).div_(self.std)[None, None]
            pieces.append(Piece(x, spans_of(frames, second, second, begin)))
        return Heard(pieces, sound.seconds, notes)


def conditioner_of(given: dict[str, Any]) -> Conditioner:
    """The conditioner of this path and these arguments. Raises DataError for a path of Python's own or of others'."""
    path = str(given.get("class_path"))
    module, _, _ = path.rpartition(".")
    made_by = _class_behind(path)
    if not (hasattr(made_by, "version") and callable(getattr(made_by, "params", None))):
        raise DataError(f"{path}: is no conditioner of features; {module} has none of that name")
    return Conditioner.made_from(given)


def _class_behind(path: str) -> Any:
    import importlib

    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DataError(f"conditioner {path}: cannot be imported ({error})") from error
    return found if isinstance(found, type) else None
