"""What is trained for the regression of a paper, read from `regression.yaml` in its folder, as runs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from benchmarks import spec
from benchmarks.errors import InputError
from benchmarks.metrics import all_metrics, metric_named
from benchmarks.runs.build import import_class
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.versions import spelled_out, versions
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Corpus, Paper, Tier
from benchmarks.spec.bricks import STRICT, Name
from benchmarks.spec.located_yaml import LocatedYaml
from datasets import registry

#: The tier that regression runs carry, so that nobody takes them for runs of the paper.
TIER = "regression"


class Changes(BaseModel):
    """Arguments that differ from a setting's own, as plain values."""

    model_config = STRICT

    data: dict[str, Any] = {}
    model: dict[str, Any] = {}
    trainer: dict[str, Any] = {}

    def apply(self, resolved: dict[str, Any]) -> dict[str, Any]:
        """What a run is made of (benchmarks.runs.ledger.Run.resolved) with these changes."""
        parts = {
            name: {**resolved[name], "init_args": {**resolved[name]["init_args"], **getattr(self, name)}}
            for name in ("data", "model")
        }
        return spelled_out({**resolved, **parts, "trainer": {**resolved["trainer"], **self.trainer}})


class Learning(Changes):
    """A short training, from the paper's full schedule with changes, whose metric has a band."""

    setting: Name
    dataset: Name
    metric: str
    corpus: Corpus = "miniature"
    fold: int = 1


class Contrast(BaseModel):
    """A task that networks solve with one of their parts and fail without it.

    `call` names a function of a file of this repository, `path.py:function`; for the arguments of each case it returns
    the shares of right answers (with the part, without it).
    """

    model_config = STRICT

    call: str = Field(pattern=r"^[\w/]+\.py:\w+$")
    cases: dict[Name, dict[str, Any]]
    with_at_least: float
    without_at_most: float


class Cases(BaseModel):
    """The content of a `regression.yaml`."""

    model_config = STRICT

    golden: Changes = Changes()
    #: what single settings have instead
    golden_of: dict[Name, Changes] = {}
    learning: dict[Name, Learning] = {}
    contrast: dict[Name, Contrast] = {}


@dataclass(frozen=True)
class PaperCases:
    """A paper and its cases."""

    paper: Paper
    cases: Cases

    def golden_runs(self, workspace: Workspace) -> dict[str, Run]:
        """A run of seconds for every setting: tier smoke on the miniature, first fold, seed 0."""
        runs = {}
        for name, setting in self.paper.settings.items():
            changes = self.cases.golden_of.get(name, self.cases.golden) if setting.trainer else Changes()
            runs[name] = self._run(name, self._dataset_of(name), "smoke", "miniature", None, changes, workspace)
        return runs

    def arguments(self, workspace: Workspace) -> dict[str, str]:
        """A hash, for every setting, of what its runs of tier full are made of."""
        return {
            name: canonical_hash(
                self._run(name, self._dataset_of(name), "full", "miniature", None, Changes(), workspace).resolved, 10
            )
            for name in self.paper.settings
        }

    def learning_run(self, name: str, workspace: Workspace, seed: int, shuffled: bool = False) -> Run:
        """One training of a learning case, with the true training labels or with shuffled ones."""
        case = self.cases.learning[name]
        data = {**case.data, "shuffle_labels": True} if shuffled else case.data
        changes = Changes(data=data, model=case.model, trainer=case.trainer)
        run = self._run(case.setting, case.dataset, "full", case.corpus, case.fold, changes, workspace)
        return replace(run, seed=seed)

    def root(self, name: str, workspace: Workspace) -> Path:
        """The folder that the files of a learning case should be in."""
        case = self.cases.learning[name]
        dataset = import_class(self.paper.datasets[case.dataset].class_path).name
        return workspace.dataset_root(dataset, case.corpus)

    def _run(
        self, setting: str, dataset: str, tier: Tier, corpus: Corpus, fold: int | None, changes: Changes,
        workspace: Workspace,
    ) -> Run:  # fmt: skip
        choice = Choice(tier, corpus, seeds=1, folds=(fold,) if fold else None)
        run = setting_runs(self.paper, setting, dataset, choice, workspace)[0]
        resolved = changes.apply(run.resolved)
        return replace(run, tier=TIER, resolved=resolved, versions=versions(resolved))

    def _dataset_of(self, setting: str) -> str:
        """The dataset of the first cell that the setting feeds; the paper's first one if it feeds none."""
        fed = (cell.dataset for cell in self.paper.cells() if cell.setting == setting and cell.dataset)
        return next(fed, next(iter(self.paper.datasets)))


def load_cases(paper_id: str) -> PaperCases:
    """Read a paper's cases. Raises InputError with file and line; a paper without the file has golden runs only."""
    paper = spec.load_paper(paper_id)
    path = spec.paper_folder(paper_id) / "regression.yaml"
    if not path.exists():
        return PaperCases(paper, Cases())
    document = LocatedYaml(path)
    try:
        cases = Cases.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        raise document.error(tuple(first["loc"]), first["msg"]) from None
    for name in cases.golden_of:
        if name not in paper.settings:
            raise document.error(("golden_of", name), f"unknown setting {name!r}{spec.nearest(name, paper.settings)}")
    known: dict[str, Mapping[str, Any]] = {"setting": paper.settings, "dataset": paper.datasets}
    for name, case in cases.learning.items():
        for kind, names in known.items():
            given = getattr(case, kind)
            if given not in names:
                message = f"unknown {kind} {given!r}{spec.nearest(given, names)}"
                raise document.error(("learning", name, kind), message)
        try:
            metric = metric_named(case.metric)
        except InputError:
            message = f"unknown metric {case.metric!r}{spec.nearest(case.metric, all_metrics())}"
            raise document.error(("learning", name, "metric"), message) from None
        if metric.unit != "%":
            raise document.error(("learning", name, "metric"), f"{case.metric!r} is no share; bands end at 100 %")
    return PaperCases(paper, cases)


def miniature(paper: Paper, workspace: Workspace) -> None:
    """Write the miniatures of all datasets of a paper where they are not there yet."""
    for path in sorted({use.class_path for use in paper.datasets.values()}):
        cls = import_class(path)
        registry.part(cls, "miniature").write(workspace.dataset_root(cls.name, "miniature"))
