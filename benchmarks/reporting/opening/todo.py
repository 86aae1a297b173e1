"""What is still to be run of tables: on the real files, by the paper's own schedule."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.judge.table import TableResult
from benchmarks.runs.build import import_class
from benchmarks.runs.plan import Choice, expected_minutes, setting_runs
from benchmarks.runs.stored.timings import TYPED
from benchmarks.runs.workspace import Workspace
from benchmarks.spec.equivalence import Other
from datasets.acquire.telling import count_of, in_words

#: What a kind of device is called where hours are told.
CALLED = {"cpu": "two CPU cores", "cuda": "one GPU"}
#: Paper, setting, dataset, fold and seed, which tell planned runs apart.
Key = tuple[str, str, str, int, int]


@dataclass(frozen=True)
class Todo:
    """Runs that are missing, each once, with the minutes that each is expected to take by kind of device."""

    missing: Mapping[Key, Mapping[str, float]] = field(default_factory=dict)
    #: how many runs there are in all
    of: frozenset[Key] = frozenset()
    #: the datasets that the missing runs need: by name on the command line the title
    datasets: Mapping[str, str] = field(default_factory=dict)
    #: on which kinds of devices nothing like a missing run has been timed, so that its minutes are a guess
    guessed: Mapping[Key, frozenset[str]] = field(default_factory=dict)
    #: the numerics in which missing ones are there, which feed cells as long as float32 is missing
    otherwise: Mapping[Key, str] = field(default_factory=dict)

    def hours(self) -> str:
        """ "about 324 h on two CPU cores or 2.4 h on one GPU (guessed)"; nothing where no time is known."""
        told = [
            f"{in_words(60 * sum(known))} on {called}{f' ({guess})' if (guess := self._guess(device)) else ''}"
            for device, called in CALLED.items() if (known := self._known(device))
        ]  # fmt: skip
        return f"about {' or '.join(told)}" if told else ""

    def on(self, device: str) -> str:
        """The time on one kind of device."""
        if not (known := self._known(device)):
            return ""
        guess = self._guess(device)
        return in_words(60 * sum(known)) + (f", {guess}" if guess else "")

    def _known(self, device: str) -> list[float]:
        return [minutes[device] for minutes in self.missing.values() if device in minutes]

    def _guess(self, device: str) -> str:
        """Whether the time on a kind of device is guessed, or that of some of the runs."""
        guesses = [device in self.guessed.get(key, ()) for key, minutes in self.missing.items() if device in minutes]
        return "guessed" if all(guesses) else "partly guessed" if any(guesses) else ""


def plain_todo(todo: Todo) -> dict[str, Any]:
    """It as plain data."""
    missing = [[list(key), dict(minutes)] for key, minutes in todo.missing.items()]
    guessed = [[list(key), sorted(devices)] for key, devices in todo.guessed.items()]
    otherwise = [[list(key), numerics] for key, numerics in todo.otherwise.items()]
    return {
        "missing": missing, "of": sorted(map(list, todo.of)), "datasets": dict(todo.datasets), "guessed": guessed,
        "otherwise": otherwise,
    }  # fmt: skip


def todo_from(plain: Mapping[str, Any]) -> Todo:
    """What `plain_todo` gave."""
    missing = {tuple(key): minutes for key, minutes in plain["missing"]}
    guessed = {tuple(key): frozenset(devices) for key, devices in plain["guessed"]}
    otherwise = {tuple(key): numerics for key, numerics in plain["otherwise"]}
    return Todo(missing, frozenset(map(tuple, plain["of"])), plain["datasets"], guessed, otherwise)


def todo_of(result: TableResult, workspace: Workspace) -> Todo:
    """What a table lacks, whatever files are on this machine."""
    paper, choice = result.paper, Choice()
    missing: dict[Key, Mapping[str, float]] = {}
    every: set[Key] = set()
    guessed: dict[Key, frozenset[str]] = {}
    wanted: dict[tuple[str, str], set[int | None]] = {}
    made_in: dict[tuple[str, str], str] = {}
    otherwise: dict[Key, str] = {}
    for found in (one for one in result.main if one.cell.recipe == "train"):
        for cell in found.cell.sources:
            if cell.setting and cell.dataset:
                wanted.setdefault((cell.setting, cell.dataset), set()).add(cell.fold)
                made_in[cell.setting, cell.dataset] = found.numerics
    for (setting, dataset), folds in wanted.items():
        planned = setting_runs(paper, setting, dataset, choice)
        numerics = made_in[setting, dataset]
        made = setting_runs(paper, setting, dataset, Choice(numerics=numerics))
        told = expected_minutes(paper, planned[0], workspace)
        minutes = {device: round(one.minutes, 3) for device, one in told.items()}
        guesses = frozenset(device for device, one in told.items() if one.basis == TYPED)
        for run, fed_by in zip(planned, made, strict=True):
            if folds & {None, run.fold}:
                key = (paper.id, run.setting, run.dataset, run.fold, run.seed)
                every.add(key)
                if not workspace.ledger.is_done(run):
                    missing[key], guessed[key] = minutes, guesses
                    if numerics != "float32" and workspace.ledger.is_done(fed_by):
                        otherwise[key] = numerics
    used = dict.fromkeys(paper.datasets[dataset].class_path for _, _, dataset, _, _ in missing)
    titles = {(found := import_class(path)).name: found.title for path in used}
    return Todo(missing, frozenset(every), titles, guessed, otherwise)


def _alike(result: TableResult, setting: str) -> list[Other]:
    """Numerics that a study lets stand for float32, for the networks of a setting."""
    return [numerics for numerics, study in result.studies.items() if study.speaks_for(setting, ())]


def together(several: Iterable[Todo]) -> Todo:
    """What several tables lack, in which runs that they share count once."""
    listed = list(several)
    missing = {key: minutes for one in listed for key, minutes in one.missing.items()}
    every = frozenset(key for one in listed for key in one.of)
    titles = {name: title for one in listed for name, title in one.datasets.items()}
    guessed = {key: devices for one in listed for key, devices in one.guessed.items()}
    otherwise = {key: numerics for one in listed for key, numerics in one.otherwise.items()}
    return Todo(missing, every, titles, guessed, otherwise)


def _are_there(number: int) -> str:
    return "" if not number else f", and {number} of them {'is' if number == 1 else 'are'} there"


def todo_sentence(result: TableResult, todo: Todo) -> str:
    """What is missing, by which command it is run, on which files, and how long that takes; nothing where all ran."""
    if not todo.missing:
        return ""
    lacking, every = len(todo.missing), count_of(len(todo.of), "run")
    runs = every if lacking == len(todo.of) else f"{lacking} of {every}"
    told = ", ".join(filter(None, (runs, todo.hours())))
    files = " and ".join(
        f"*{title}* (`python -m benchmarks data check {name}`)" for name, title in todo.datasets.items()
    )
    settings = {setting for _, setting, *_ in todo.missing}
    alike = [one for one in result.studies if all(one in _alike(result, setting) for setting in settings)]
    there = Counter(todo.otherwise.values())
    faster = "".join(
        f" With `--numerics {numerics}`, which counts as float32 does ([numerics](numerics.md)), it takes less time "
        f"where there are instructions for it{_are_there(there[numerics])}."
        for numerics in alike
    )
    return (
        f"To run what is missing: `python -m benchmarks run {result.id} --yes` ({told}); it goes on where it was "
        f"stopped.{faster} It needs the files of {files}."
    )
