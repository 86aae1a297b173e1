"""The file of kept weights: safetensors, which holds numbers and names alone; nothing in it is ever executed.

Its tensors are `weights.<name>` and `ear.<name>`; its metadata have under `resound` the rest as JSON: which class, made
with which arguments, and what it hears (datasets.batches.hearing).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.errors import InputError
from benchmarks.runs.files import writing

#: The file, in the folder of a run.
FILE = "weights.safetensors"
FORMAT = 1
_KEY, _WEIGHTS, _EAR = "resound", "weights.", "ear."
#: Metadata of more characters than this are none of ours.
LONGEST = 1 << 22


class _Said(BaseModel):
    """What the metadata say."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: int
    class_path: str
    init_args: dict[str, Any]
    ear: dict[str, Any] | None


@dataclass(frozen=True)
class Kept:
    """A network or an estimator as a file holds it.

    class_path, init_args: what makes it. tensors: its weights by name, torch's. ear: the facts of what it hears, None
    where its data gave none. source: what messages call it.
    """

    class_path: str
    init_args: dict[str, Any]
    tensors: Mapping[str, Any]
    ear: dict[str, Any] | None
    source: str = field(default="", compare=False)


def write_weights(path: Path, kept: Kept) -> None:
    """Write what is kept. Raises InputError where the disk refuses."""
    from safetensors.torch import save_file

    tensors = {_WEIGHTS + name: value for name, value in kept.tensors.items()}
    facts = dict(kept.ear or {})
    for name in [name for name, value in facts.items() if hasattr(value, "detach")]:
        tensors[_EAR + name] = facts.pop(name)
    said = {"format": FORMAT, "class_path": kept.class_path, "init_args": kept.init_args}
    content = json.dumps({**said, "ear": None if kept.ear is None else facts})
    # Every tensor has memory of its own, in one order: the format knows neither views nor shares.
    plain = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with writing(path):
        save_file(plain, path, {_KEY: content})


def read_weights(path: Path) -> Kept:
    """What a file holds. Raises InputError, one line, for one that is damaged, or was not written here."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise InputError(f"{path}: no such file of weights")
    try:
        with safe_open(path, framework="pt") as file:
            content = (file.metadata() or {}).get(_KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cut short, damaged or no safetensors ({reason}); {ADVICE}") from None
    if content is None or len(content) > LONGEST:
        raise InputError(f"{path}: does not say what network its tensors are of; {ADVICE}")
    try:
        said = _Said.model_validate(json.loads(content))
    except (ValidationError, ValueError, RecursionError):
        raise InputError(f"{path}: does not say rightly what network its tensors are of; {ADVICE}") from None
    if said.format > FORMAT:
        raise InputError(f"{path}: written by a newer version of the harness; update it to read this")
    ear = said.ear
    if ear is not None:
        ear |= {name.removeprefix(_EAR): value for name, value in tensors.items() if name.startswith(_EAR)}
    weights = {name.removeprefix(_WEIGHTS): value for name, value in tensors.items() if name.startswith(_WEIGHTS)}
    return Kept(said.class_path, said.init_args, weights, ear, str(path))


#: What helps where a file cannot be used.
ADVICE = "`python -m benchmarks run TARGET --keep weights` keeps weights that can be used"
