"""The names of settings that are not the paper's. All have a `+`, which no setting of a paper file has."""

import re
from collections.abc import Iterable
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.files import canonical_hash

_PLUS = "+"
#: What stands before the name of a network of the user's own.
_OWN = "own"
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]*")
#: Characters of a label, and of what is told of changed arguments.
LONGEST = 60


def is_own(setting: str) -> bool:
    """Whether a setting is none of the paper's."""
    return _PLUS in setting


def own_setting(label: str) -> str:
    """The setting of a row that the user calls so. Raises InputError for a label that no folder may have."""
    if not _LABEL.fullmatch(label) or len(label) > LONGEST:
        raise InputError(f"--name {label!r}: give letters, digits, blanks, `.`, `-` and `_`, {LONGEST} at most")
    return _PLUS.join([_OWN, *label.split()])


def changed_setting(setting: str, changes: Iterable[tuple[str, Any]]) -> str:
    """The setting with other values of arguments, (name, value) each."""
    told = [str(word) for change in changes for word in change]
    words = [re.sub(r"[^A-Za-z0-9_.-]+", "_", word) or "_" for word in told]
    if sum(map(len, words)) > LONGEST:
        words = [*words[::2], canonical_hash(told, 8)]
    return _PLUS.join([setting, *words])


def label_of(setting: str) -> str:
    """What a setting that is not the paper's is called: "my MLP", "att_aug max_epochs 10"."""
    words = setting.split(_PLUS)
    return " ".join(words[1:] if words[0] == _OWN else words)
