"""Where a soak happens: what all rounds share, the folders of one round, and what undisturbed sweeps have left."""

import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets.registry import part
from tests.conftest import SIZES
from tests.soak.commands import Command, Starter
from tests.soak.orders import Orders

#: The targets that rounds are drawn from; toys need no data.
QUICK = ("soak.t2.plain", "soak.t2.stopping", "soak.t2.two_sets")
TOYS = (*QUICK, "soak.t2")
KINDS = ("soak.t1.clips", "soak.t1.tags", "soak.t1.frames", "soak.t1.scenes", "soak.t1.activity", "soak.t1")
DATASETS = ("dcase2016_asc", "dcase2017_rare", "dcase2018_domestic", "esc50", "maestro_real")
#: What a store holds of a finished run that must be the same whenever it was made.
SAME = ("scores_", "reference_", "probes", "run.json")


@dataclass(frozen=True)
class Undisturbed:
    """What a sweep that nobody disturbed has left: checksums by run, the cells of its report, and its seconds."""

    files: dict[str, dict[str, str]]
    cells: list[Any]
    seconds: float


@dataclass
class Place:
    """The folders of one round."""

    root: Path

    @property
    def runs(self) -> Path:
        """The store."""
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        """What is derived."""
        return self.root / "cache"

    @property
    def variables(self) -> dict[str, str]:
        """As commands are told of them."""
        return {f"RESOUND_{name.upper()}": str(self.root / name) for name in ("data", "runs", "cache", "reports")}

    def results(self) -> dict[str, Path]:
        """The folders of finished runs, by name."""
        found = self.runs.glob("[!.]*/result.json")
        return {path.parent.name: path.parent for path in found}


@dataclass
class Stage:
    """What all rounds share. base: a folder for them. targets: what they may run."""

    base: Path
    starter: Starter
    targets: tuple[str, ...]
    #: whether file systems can be mounted, which nobody else sees
    mounts: bool
    orders: Orders = field(init=False)
    _known: dict[str, Undisturbed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.orders = Orders(self.base / "orders")

    def prepare(self, miniatures: Path | None) -> None:
        """Write the miniatures that are not there yet, and warm up."""
        folder = miniatures or self.base / "miniature"
        (folder / "toy").mkdir(parents=True, exist_ok=True)
        (folder / "toy" / "clip.txt").write_text("a toy clip")
        toys_alone = not set(self.targets) & set(KINDS)
        for name in () if toys_alone else DATASETS:
            part_of(name).write(folder / name, **SIZES.get(name, {}))
        self.template.cache.mkdir(parents=True)
        (self.template.cache / "miniature").symlink_to(folder.resolve())
        self.starter.warm_up(self.orders.folder, toys_alone)

    @property
    def template(self) -> Place:
        """Its cache holds what undisturbed sweeps have derived."""
        return Place(self.base / "template")

    def place(self, name: str, is_warm: bool = True) -> Place:
        """The folders of a round: an empty store, and a copy of what is derived, or the miniatures alone."""
        place = Place(self.base / name)
        place.cache.mkdir(parents=True)
        if is_warm:
            shutil.copytree(self.template.cache, place.cache, symlinks=True, dirs_exist_ok=True)
        else:
            (place.cache / "miniature").symlink_to((self.template.cache / "miniature").readlink())
        (place.root / "logs").mkdir()
        return place

    def start(self, place: Place, *arguments: str, **more: Any) -> Command:
        """Start a command in a place."""
        logs = self.base / "logs" / place.root.name
        logs.mkdir(parents=True, exist_ok=True)
        return self.starter.start(*arguments, place=place.variables, logs=logs, **more)

    def run_command(self, target: str, jobs: int = 2, launcher: str = "local") -> tuple[str, ...]:
        """The command that every round repeats; two jobs or more, so that each has one of the two cores."""
        where = ("--launcher", launcher, "--device", "cpu", "--jobs", str(jobs))
        return ("run", target, "--corpus", "miniature", *where, "--yes")

    def undisturbed(self, target: str) -> Undisturbed:
        """What a sweep of `target` leaves that nobody disturbs; made when it is asked for first."""
        if target not in self._known:
            place = Place(self.template.root)
            self.orders.forget()
            shutil.rmtree(place.runs, ignore_errors=True)
            began = time.monotonic()
            command = self.start(place, *self.run_command(target))
            code = command.wait()
            if code != 0:
                raise SystemExit(f"{target}: fails undisturbed: {code}: {command.said()}")
            self._known[target] = Undisturbed(files_of(place), cells_of(place), time.monotonic() - began)
        return self._known[target]


def part_of(name: str) -> Any:
    """The miniature part of a dataset's wing."""
    from datasets import registry

    return part(registry.get(name), "miniature")


def files_of(place: Place) -> dict[str, dict[str, str]]:
    """The checksums of what must be the same, by run."""
    found = {}
    for name, folder in place.results().items():
        files = json.loads((folder / "result.json").read_text())["files"]
        found[name] = {file: digest for file, digest in files.items() if file.startswith(SAME)}
    return found


def cells_of(place: Place) -> list[Any]:
    """The numbers of the report that `run` writes."""
    cells: list[Any] = json.loads((place.runs / "report" / "report.json").read_text())["cells"]
    return cells
