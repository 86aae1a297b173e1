"""A run as such: what is trained, under which name; it carries all that it takes to execute."""

import re
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from benchmarks.runs.files import canonical_hash
from benchmarks.runs.stored.forms import FORMAT

#: How the name of a run ends.
RUN_ID = re.compile(r"-f\d+-s\d+-[0-9a-f]{10}$")
#: Paper, setting, recipe, fold, seed. Papers may have a setting of one name and recipe in common.
Slot = tuple[str, str, str, int, int]


@dataclass(frozen=True)
class Run:
    """The unit that is trained once, ever: a setting on a fold with a seed. It carries all that it takes to execute."""

    paper: str
    setting: str
    dataset: str
    fold: int
    seed: int
    tier: str
    corpus: str
    numerics: str
    #: {"dataset" | "data" | "model": {"class_path", "init_args"}, "trainer": {...}}, as plain values
    resolved: dict[str, Any] = field(hash=False)
    #: the tensors for figures that the run writes; they move no number, so they are no part of its identity
    probes: list[str] = field(hash=False)
    #: the training protocol: what the paper file says of train lists, validation and selection
    protocol: dict[str, str] = field(hash=False)
    #: version numbers of all that `resolved` names by import path, and of their base classes (runs.versions)
    versions: dict[str, int] = field(hash=False)
    #: content hash of the dataset's files; "absent" where the data are not on this machine
    fingerprint: str

    @cached_property
    def recipe(self) -> str:
        """What is done, whatever the paper, the setting's name, the fold, the seed and the files."""
        parts = ("resolved", "protocol", "versions", "dataset", "tier", "corpus", "numerics")
        return canonical_hash({name: getattr(self, name) for name in parts})

    @property
    def slot(self) -> Slot:
        """Where the run belongs, whatever the files it was trained on."""
        return (self.paper, self.setting, self.recipe, self.fold, self.seed)

    @cached_property
    def id(self) -> str:
        """The run's name: readable, and unique by its hash. Sweeps of thousands ask for it again and again."""
        digest = canonical_hash(
            {"recipe": self.recipe, "fold": self.fold, "seed": self.seed, "data": self.fingerprint}, 10
        )
        return f"{self.paper}-{self.dataset}-{self.setting}-{self.tier}-f{self.fold}-s{self.seed}-{digest}"

    def to_dict(self) -> dict[str, Any]:
        """The content of run.json."""
        return {"format": FORMAT, "id": self.id, "recipe": self.recipe, **asdict(self)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Run":
        """The run of a run.json."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})
