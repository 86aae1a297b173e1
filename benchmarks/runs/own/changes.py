"""Other values for arguments of a setting: `--set model.hidden=256`, read as YAML, checked by the signatures."""

import inspect
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

from benchmarks.errors import InputError
from benchmarks.runs.build import class_to_read, import_class, parameters
from benchmarks.runs.own.kinds import UNKNOWN, misfit, takes_list, type_of
from benchmarks.runs.selection import SELECTING, Selection
from benchmarks.spec import DatasetUse, Setting, nearest
from benchmarks.spec.bricks import Sourced, wrong_epochs
from datasets.acquire import safe_yaml

Part = Literal["data", "model", "trainer"]
_TEXT = re.compile(r"(data|model|trainer)\.([A-Za-z_]\w*)=(.*)", re.DOTALL)
#: What of a data module, a network and a trainer is the run's own business.
FILLED: Mapping[Part, frozenset[str]] = {
    "data": frozenset({"root", "cache", "fold", "seed", "dataset", "jobs"}),
    "model": frozenset({"seed", "network", "arguments", "n_frames", "num_classes", "input_shape"}),
    "trainer": frozenset(
        {
            "accelerator", "devices", "precision", "callbacks", "logger", "enable_checkpointing", "enable_progress_bar",
            "enable_model_summary", "num_sanity_val_steps", "strategy", "num_nodes", "default_root_dir", "plugins",
            "deterministic", "benchmark", "profiler", "fast_dev_run", "inference_mode", "use_distributed_sampler",
        }
    ),
}  # fmt: skip
#: At most so many settings of one sweep.
MOST = 50


class Change(NamedTuple):
    """Another value of one argument."""

    part: Part
    name: str
    value: Any

    @property
    def place(self) -> str:
        """As it is written: `model.hidden`."""
        return f"{self.part}.{self.name}"


def read_changes(texts: Iterable[str]) -> list[Change]:
    """What `--set` was given, each PART.ARGUMENT=VALUE. Raises InputError."""
    found: dict[str, Change] = {}
    for text in texts:
        match = _TEXT.fullmatch(text)
        if match is None:
            raise InputError(f"--set {text}: must be PART.ARGUMENT=VALUE with data, model or trainer: model.hidden=256")
        change = Change(cast(Part, match[1]), match[2], _value(text, match[3]))
        if change.place in found:
            raise InputError(f"--set {text}: {change.place} is set twice; a list of values makes a sweep")
        found[change.place] = change
    return list(found.values())


def _value(text: str, given: str) -> Any:
    try:
        return _plain(safe_yaml.parse(given))
    except safe_yaml.NotPlain as error:
        raise InputError(f"--set {text}: no plain value ({error.problem})") from None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    # YAML 1.1 takes 1e-3 for a text.
    return float(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", value) else value


def sweep(
    changes: Sequence[Change], setting: Setting, use: DatasetUse, network: str | None = None
) -> list[tuple[list[Change], list[Change]]]:
    """The changes of every setting that they make, and which of those the settings differ in.

    An argument that is given a list and takes none is swept over. network: the class of the user's own whose arguments
    those of the model are, beside those of the setting's. Raises InputError for an argument that is not known, and for
    a value that is of another type.
    """
    choices: list[list[tuple[Change, bool]]] = []
    for change in changes:
        check(change, setting, use, network)
        kind = _kind(change, setting, use, network)
        is_swept = isinstance(change.value, list) and not _takes_list(change, kind, setting, use, network)
        if is_swept and not change.value:
            raise InputError(f"--set {change.place}=[]: nothing to try; name a value")
        values = change.value if is_swept else [change.value]
        for value in values:
            if problem := wrong_epochs(value) if change.place == "trainer.max_epochs" else misfit(value, kind):
                raise InputError(f"--set {change.place}={value}: {problem}")
        choices.append([(change._replace(value=value), is_swept) for value in values])
    made = [
        ([change for change, _ in chosen], [change for change, is_swept in chosen if is_swept])
        for chosen in itertools.product(*choices)
    ]
    if len(made) > MOST:
        raise InputError(f"--set: {len(made)} settings; {MOST} at most, or name fewer values")
    return made


def check(change: Change, setting: Setting, use: DatasetUse, network: str | None = None) -> None:
    """Raise InputError, with the nearest names, for an argument that there is not or that runs fill in themselves."""
    if change.part == "trainer" and not setting.trainer:
        raise InputError(f"--set {change.place}: {setting.model.class_path} is fitted at once, without a trainer")
    whose, known, takes_all = _arguments(change.part, setting, use, network)
    if change.name in FILLED[change.part]:
        raise InputError(f"--set {change.place}: is filled in by every run; it cannot be set")
    if change.name not in known and not takes_all:
        hint = nearest(change.name, known) or f"; it takes {', '.join(sorted(known))}"
        raise InputError(f"--set {change.place}: {whose} has no argument {change.name!r}{hint}")


def _arguments(part: Part, setting: Setting, use: DatasetUse, network: str | None) -> tuple[str, dict[str, Any], bool]:
    """Whose arguments they are, what they are with their defaults, and whether any others are taken, too."""
    whose = class_of(part, setting, use)
    found = parameters(whose)
    if part == "trainer":
        found |= dict.fromkeys(SELECTING)
    takes_all = False
    if part == "model" and network is not None:
        own = signature(network)
        takes_all = any(one.kind is one.VAR_KEYWORD for one in own.values())
        found |= {
            name: one.default for name, one in own.items() if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
        }
        whose = network
    return whose, {name: value for name, value in found.items() if name not in FILLED[part]}, takes_all


def class_of(part: Part, setting: Setting, use: DatasetUse) -> str:
    """The class whose arguments a part of a setting holds."""
    if part == "trainer":
        return "pytorch_lightning.Trainer"
    return setting.model.class_path if part == "model" else str(setting.data.class_path or use.data_module)


def signature(class_path: str) -> dict[str, inspect.Parameter]:
    """The arguments of a class's own constructor."""
    return {name: one for name, one in inspect.signature(import_class(class_path)).parameters.items() if name != "self"}


def _kind(change: Change, setting: Setting, use: DatasetUse, network: str | None) -> Any:
    """The type of an argument, as far as signatures say."""
    if change.part == "trainer" and change.name in SELECTING:
        return type_of(Selection, change.name)
    own = type_of(import_class(network), change.name) if change.part == "model" and network else UNKNOWN
    return own if own is not UNKNOWN else type_of(class_to_read(class_of(change.part, setting, use)), change.name)


def _takes_list(change: Change, kind: Any, setting: Setting, use: DatasetUse, network: str | None) -> bool:
    """Whether an argument is a list, as the setting, a default or its type says."""
    given = setting.arguments(change.part, "full").get(change.name)
    defaults = _arguments(change.part, setting, use, network)[1]
    return isinstance(given.value if given else defaults.get(change.name), list | tuple) or takes_list(kind)


def changed(setting: Setting, changes: Iterable[Change]) -> Setting:
    """The setting with these values in every tier."""
    for change in changes:
        item = Sourced(value=change.value, origin="assumed", note="--set")
        tiers = {
            tier: one.model_copy(update={change.part: _without(getattr(one, change.part), change.name)})
            for tier, one in setting.tiers.items()
        }
        update: dict[str, Any] = {"tiers": tiers}
        if change.part == "trainer":
            update["trainer"] = {**setting.trainer, change.name: item}
        else:
            part = getattr(setting, change.part)
            update[change.part] = part.model_copy(update={"args": {**part.args, change.name: item}})
        setting = setting.model_copy(update=update)
    return setting


def _without(arguments: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if key != name}
