"""From cells to the runs they need: deduplicated, minus those already done, with their expected cost."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.ledger import Run
from benchmarks.runs.own.names import is_own
from benchmarks.runs.stored.timings import TYPED, Estimate, Machine, Timings, expected, stored_timings, this_cpu
from benchmarks.runs.versions import check_arguments, spelled_out, versions
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, DatasetUse, Paper, load_paper
from datasets import registry


@dataclass(frozen=True)
class Choice:
    """What to run: the tier, the files, the numerics, and optionally fewer or more seeds and folds."""

    tier: str = "full"
    corpus: str = "real"
    numerics: str = "float32"
    seeds: int | None = None
    folds: tuple[int, ...] | None = None

    @property
    def options(self) -> str:
        """It as options of a command, the tier always and of the others those that are not the default."""
        told = [f"--tier {self.tier}"]
        told += [f"--corpus {self.corpus}"] if self.corpus != "real" else []
        told += [f"--numerics {self.numerics}"] if self.numerics != "float32" else []
        told += [f"--seeds {self.seeds}"] if self.seeds else []
        told += [f"--folds {','.join(map(str, self.folds))}"] if self.folds else []
        return " ".join(told)


@dataclass(frozen=True)
class Planned:
    """A run that a target needs."""

    run: Run
    done: bool
    #: expected minutes of the whole run by kind of device ("cpu": two cores, "cuda": one accelerator)
    minutes: dict[str, float]
    #: the share of its epochs that a stopped attempt has trained and keeps
    begun: float = 0.0
    #: what the minutes are known from (runs.stored.timings)
    basis: dict[str, str] = field(default_factory=dict)

    @property
    def resumes(self) -> bool:
        """Whether it goes on from where it was stopped: a network does, after any epoch; an estimator begins anew."""
        return bool(self.run.resolved["trainer"])

    def minutes_left(self, device: str) -> float:
        """Expected minutes on one kind of device until it is done."""
        return self.minutes.get(device, 0.0) * (1 - self.begun)


@dataclass
class Plan:
    """All runs of a target, each once, and which cells they feed."""

    runs: dict[str, Planned] = field(default_factory=dict)
    feeds: dict[str, list[str]] = field(default_factory=dict)
    #: cells about folds that the tier or the choice leaves out, so that runs are lacking, and the folds that are run
    left_out: dict[str, tuple[int, ...]] = field(default_factory=dict)
    #: cells whose dataset has no stand-in, which get no run on stand-in files
    without_standin: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[Planned]:
        """What is still to be run, in the order of the tables."""
        return [planned for planned in self.runs.values() if not planned.done]

    @cached_property
    def lacking(self) -> dict[str, list[Run]]:
        """The missing runs whose data need more than files and is not on this machine, by what that is: one line."""
        reasons: dict[tuple[str, str, str], str | None] = {}
        found: dict[str, list[Run]] = {}
        for run in (planned.run for planned in self.missing):
            recipe = (run.paper, run.setting, run.dataset)
            if recipe not in reasons:
                reasons[recipe] = _lacking(run)
            if reason := reasons[recipe]:
                found.setdefault(reason, []).append(run)
        return found

    @property
    def possible(self) -> list[Planned]:
        """What is missing and can be run on this machine."""
        lacking = {run.id for runs in self.lacking.values() for run in runs}
        return [planned for planned in self.missing if planned.run.id not in lacking]

    def minutes(self, device: str) -> float:
        """Expected minutes of what is missing, and can be run, on one kind of device."""
        return sum(planned.minutes_left(device) for planned in self.possible)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of `plan --json`."""
        names = ("id", "paper", "setting", "dataset", "fold", "seed", "tier", "corpus")
        return {
            "runs": [
                {
                    **{name: getattr(p.run, name) for name in names},
                    "done": p.done,
                    "minutes": p.minutes,
                    "basis": p.basis,
                }
                for p in self.runs.values()
            ],
            "feeds": self.feeds,
            "left_out": {
                **{cell: f"about another fold than {', '.join(map(str, at))}" for cell, at in self.left_out.items()},
                **dict.fromkeys(self.without_standin, "its dataset has no stand-in"),
            },
            "lacking": {reason: [run.id for run in runs] for reason, runs in self.lacking.items()},
        }


def make_plan(
    cells: Iterable[Cell], choice: Choice, workspace: Workspace, paper_of: Callable[[str], Paper] = load_paper
) -> Plan:
    """The runs that `cells` need under `choice`; a cell about one fold needs only the runs on that, if there are any.

    Cells that are audited or only quoted need none; on stand-in files those of datasets without a stand-in get none. Of
    the folds that are chosen each dataset has those that are its own. Raises InputError for one that none of them has.

    paper_of: the paper of an id, where it has settings that are not in its file.
    """
    plan = Plan()
    trained = [
        (cell, source, paper_of(cell.id.split(".")[0]))
        for cell in cells if cell.recipe == "train"
        for source in cell.sources if source.setting and source.dataset
    ]  # fmt: skip
    possible = {fold for _, source, paper in trained for fold in paper.datasets[str(source.dataset)].folds}
    known: dict[tuple[str, str, str], list[Planned]] = {}
    for cell, source, paper in trained:
        use, key = paper.datasets[str(source.dataset)], (paper.id, str(source.setting), str(source.dataset))
        if not _has_corpus(use, choice.corpus):
            plan.without_standin += [] if cell.id in plan.without_standin else [cell.id]
            continue
        if key not in known:
            known[key] = _runs(paper, *key[1:], _with_folds_of(use, choice, possible), workspace)
        needed = [one for one in known[key] if source.fold in (None, one.run.fold)]
        if not needed:
            plan.left_out[cell.id] = tuple(dict.fromkeys(one.run.fold for one in known[key])) or choice.folds or ()
            continue
        for planned in needed:
            plan.runs.setdefault(planned.run.id, planned)
        plan.feeds.setdefault(cell.id, []).extend(planned.run.id for planned in needed)
    for run_id, share in _begun(workspace).items():
        if run_id in plan.runs:
            plan.runs[run_id] = replace(plan.runs[run_id], begun=share)
    return plan


def _begun(workspace: Workspace) -> dict[str, float]:
    """Which share of their epochs stopped attempts have trained, by run."""
    return {
        one["id"]: one["epoch"] / one["of"]
        for one in workspace.ledger.attempts() if one["checkpoint"] and one.get("of")
    }  # fmt: skip


def _lacking(run: Run) -> str | None:
    """What the data of a run need beside the files of their dataset and is not on this machine; None if nothing."""
    dataset = import_class(run.resolved["dataset"]["class_path"])
    if not registry.has(dataset, "needs"):
        return None
    found: str | None = registry.part(dataset, "needs").lacking(run.resolved["data"]["init_args"])
    return found


def _with_folds_of(use: DatasetUse, choice: Choice, possible: Collection[int]) -> Choice:
    """The choice without those of its folds that other datasets have, and this one has not."""
    if choice.folds is None:
        return choice
    return replace(choice, folds=tuple(fold for fold in choice.folds if fold in use.folds or fold not in possible))


def setting_runs(
    paper: Paper, setting: str, dataset: str, choice: Choice, workspace: Workspace | None = None
) -> list[Run]:
    """The runs of one setting on one dataset, folds inside seeds; without a workspace, whatever the files."""
    use, recipe = paper.datasets[dataset], paper.settings[setting]
    changes = recipe.tiers.get(choice.tier)  # type: ignore[call-overload]
    if choice.tier != "full" and changes is None:
        raise InputError(f"{paper.id}: setting {setting} has no tier {choice.tier}; choose full")
    seeds = choice.seeds or (changes.seeds if changes and changes.seeds else recipe.seeds)
    # Of the tier's folds those that the dataset has: where all is trained on, there is but one.
    of_tier = tuple(fold for fold in (changes.folds or () if changes else ()) if fold in use.folds)
    folds = choice.folds or of_tier or tuple(use.folds)
    _check_folds(folds, use.folds, paper.id, dataset)
    dataset_part = {"class_path": use.class_path, "init_args": dict(use.args)}
    resolved = spelled_out({"dataset": dataset_part, **recipe.resolved(choice.tier, use)})  # type: ignore[arg-type]
    common: dict[str, Any] = {
        "paper": paper.id, "setting": setting, "dataset": dataset, "tier": choice.tier, "corpus": choice.corpus,
        "numerics": choice.numerics, "resolved": resolved, "probes": list(recipe.probes),
        "protocol": {name: item.ours or item.value for name, item in sorted(paper.training_protocol(setting).items())},
        "versions": versions(resolved, by_content=is_own(setting)),
        "fingerprint": workspace.fingerprint(use, choice.corpus) if workspace else "absent",
    }  # fmt: skip
    return [Run(fold=fold, seed=seed, **common) for seed in range(seeds) for fold in folds]


def _has_corpus(use: DatasetUse, corpus: str) -> bool:
    """Whether a dataset has such a corpus at all; not all have a stand-in."""
    return corpus != "standin" or registry.has(import_class(use.class_path), "standin")


def _runs(paper: Paper, setting: str, dataset: str, choice: Choice, workspace: Workspace) -> list[Planned]:
    if choice.folds == ():
        return []
    runs = setting_runs(paper, setting, dataset, choice, workspace)
    check_arguments(runs[0].resolved)
    told = expected_minutes(paper, runs[0], workspace, this_cpu(choice.numerics))
    minutes = {device: round(one.minutes, 3) for device, one in told.items()}
    basis = {device: one.basis for device, one in told.items()}
    return [Planned(run, workspace.ledger.is_done(run), minutes, basis=basis) for run in runs]


def expected_minutes(paper: Paper, run: Run, workspace: Workspace, here: Machine | None = None) -> dict[str, Estimate]:
    """By kind of device: from stored timings if the recipe has run, else what the paper file expects.

    here: the CPU that it is asked of; None for wherever most of its like have run, which is the same on every machine.
    """
    by_device = paper.settings[run.setting].minutes.get(run.tier, {})  # type: ignore[call-overload]
    typed = {device: values[run.dataset] for device, values in by_device.items() if run.dataset in values}
    timings = stored_timings(workspace.ledger)
    found = expected(run, typed, timings, here)
    guesses = {device: one for device, one in found.items() if one.basis == TYPED}
    for device, guess in guesses.items():
        found[device] = _by_others(paper, run, device, guess, timings, here)
    return found


def _by_others(
    paper: Paper, run: Run, device: str, guess: Estimate, timings: Timings, here: Machine | None
) -> Estimate:
    """A typed estimate, scaled by what such an estimate was off where its like has run.

    That is the setting itself on another dataset, else another setting of the same network, on the same one if it can
    be.
    """
    choice = Choice(run.tier, run.corpus, numerics=run.numerics)
    for setting, name in _alike(paper, run, device):
        minutes = _typed(paper, setting, run.tier, device)[name]
        took = timings.measured(setting_runs(paper, setting, name, choice)[0], here).get(device) if minutes else None
        if took:
            times, what = took.minutes / minutes, "" if setting == run.setting else f"{setting} "
            return Estimate(guess.minutes * times, f"typed, times {times:.1f} as {what}on {name}: {took.basis}")
    return guess


def _alike(paper: Paper, run: Run, device: str) -> list[tuple[str, str]]:
    """Settings with datasets that a typed estimate may be compared at, the nearest to that of the run first."""
    network = paper.settings[run.setting].model.class_path
    found = [
        (setting, name)
        for setting, recipe in paper.settings.items()
        if recipe.model.class_path == network and (run.tier == "full" or run.tier in recipe.tiers)
        for name in _typed(paper, setting, run.tier, device) if (setting, name) != (run.setting, run.dataset)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one[0] != run.setting, one[1] != run.dataset))


def _typed(paper: Paper, setting: str, tier: str, device: str) -> Mapping[str, float]:
    """The minutes that the paper file gives for a setting on one kind of device, by dataset."""
    return paper.settings[setting].minutes.get(tier, {}).get(device, {})  # type: ignore[call-overload, no-any-return]


def _check_folds(folds: Sequence[int], known: Sequence[int], paper: str, dataset: str) -> None:
    odd = sorted(set(folds) - set(known))
    if odd:
        raise InputError(f"{paper}: {dataset} has no fold {odd[0]}; its folds are {', '.join(map(str, known))}")
