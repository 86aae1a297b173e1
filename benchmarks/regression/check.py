"""Compares fresh numbers with the stored ones."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from benchmarks import spec
from benchmarks.errors import InputError
from benchmarks.regression import contrast, golden
from benchmarks.regression.bands import Band
from benchmarks.regression.cases import Contrast, PaperCases, load_cases, miniature
from benchmarks.regression.stored import BANDS, GOLDEN, VALUES, fresh_store, home_of, read
from benchmarks.regression.training import Trained, measure, train
from benchmarks.runs.ledger import Run
from benchmarks.runs.workspace import Workspace

State = Literal["ok", "FAIL", "skip"]


@dataclass(frozen=True)
class Check:
    """One comparison: its name, how it went, and the numbers."""

    name: str
    state: State
    text: str

    def __str__(self) -> str:
        return f"{self.state:<4} {self.name:<34} {self.text}"


def check(
    workspace: Workspace, corpora: Container[str], only: Sequence[str] = ("*",), values: Path = VALUES
) -> Iterator[Check]:
    """Train the cases of all papers whose corpus is among `corpora`, and compare them with the stored `values`.

    only: patterns of the checks' names ("golden acrnn.*"), or papers, each of which is all of its checks. Raises
    InputError if no check has such a name.
    """
    asked = {paper_id: _asked(load_cases(paper_id), only) for paper_id in spec.paper_ids()}
    if not any(asked.values()):
        paper = next((word for word in spec.paper_ids() if any(word in name for name in only)), spec.paper_ids()[0])
        raise InputError(f"no check is called {' or '.join(only)}; try {paper}, 'golden {paper}.*' or 'learning *'")
    for paper_id, names in asked.items():
        if not names:
            continue
        cases = load_cases(paper_id)
        if any(not name.startswith("contrast") for name in names):
            with fresh_store(workspace) as store:
                yield from _check_trainings(cases, names, corpora, store, values)
        for name, one in cases.cases.contrast.items():
            yield from check_contrast(f"contrast {paper_id}.{name}", one, names)


def names_of(cases: PaperCases) -> list[str]:
    """The names of all checks of a paper, as `check --only` takes them."""
    contrasts = [f"{name}.{case}" for name, one in cases.cases.contrast.items() for case in one.cases]
    learning = list(cases.cases.learning)
    kinds = {"golden": list(cases.paper.settings), "learning": learning, "shuffled": learning, "contrast": contrasts}
    return [f"{kind} {cases.paper.id}.{name}" for kind, some in kinds.items() for name in some]


def _asked(cases: PaperCases, only: Sequence[str]) -> frozenset[str]:
    """The names of a paper's checks that one of the patterns fits."""
    patterns = ["*" if pattern == cases.paper.id else pattern for pattern in only]
    return frozenset(name for name in names_of(cases) if any(fnmatchcase(name, pattern) for pattern in patterns))


def _check_trainings(
    cases: PaperCases, asked: Container[str], corpora: Container[str], store: Workspace, values: Path
) -> Iterator[Check]:
    """The checks of one paper that train runs, in an empty store."""
    paper_id, learning = cases.paper.id, cases.cases.learning
    bands, records = (read(home_of(paper_id, values) / name).get(paper_id, {}) for name in (BANDS, GOLDEN))
    miniature(cases.paper, store)
    arguments = cases.arguments(store)
    golden_runs = {f"golden {paper_id}.{name}": (name, run) for name, run in cases.golden_runs(store).items()}
    golden_runs = {title: pair for title, pair in golden_runs.items() if title in asked}
    banded: dict[str, tuple[str, Run]] = {}
    for name, case in learning.items():
        kinds = [kind for kind in ("learning", "shuffled") if f"{kind} {paper_id}.{name}" in asked]
        if case.corpus not in corpora or not kinds:
            continue
        root = cases.root(name, store)
        if not root.is_dir():
            note = f"{root}: no such folder; set RESOUND_DATA to the folder that holds {root.name}/"
            yield Check(f"learning {paper_id}.{name}", "skip", note)
            continue
        for kind in kinds:
            run = cases.learning_run(name, store, seed=0, shuffled=kind == "shuffled")
            banded[f"{kind} {paper_id}.{name}"] = (name, run)
    trained = train([run for _, run in (*banded.values(), *golden_runs.values())], store, paper_id)
    for title, (name, run) in golden_runs.items():
        yield check_golden(title, run, trained, records.get(name), arguments[name])
    for title, (name, run) in banded.items():
        inside = title.startswith("learning")
        yield check_band(title, run, trained, learning[name].metric, bands.get(name), inside)


def check_golden(name: str, run: Run, trained: Trained, stored: dict[str, Any] | None, arguments: str) -> Check:
    """Compare what a run gave, and the arguments of its setting, with what is stored."""
    problem = trained.problem(run) or golden.problem(stored, golden.record(trained.finished[run.id], arguments))
    return _check(name, problem is None, problem or "losses, epochs and scores as stored")


def check_band(
    name: str, run: Run, trained: Trained, metric: str, stored: dict[str, Any] | None, inside: bool = True
) -> Check:
    """Compare the metric of a run with its band, in which it must lie or must not."""
    if stored is None:
        return Check(name, "FAIL", "has no band yet; `python -m benchmarks.regression renew --bands --only CASE`")
    if problem := trained.problem(run):
        return Check(name, "FAIL", problem)
    band = Band(**stored)
    value = measure(trained.finished[run.id], metric).value
    return _check(name, band.holds(value) is inside, f"{value:.1f}, must be {'in' if inside else 'out'}side {band}")


def check_contrast(title: str, asked: Contrast, names: Container[str]) -> Iterator[Check]:
    """Compare what networks reach with a part and without it, in the cases that are among the checks' `names`."""
    cases = {name: args for name, args in asked.cases.items() if f"{title}.{name}" in names}
    if not cases:
        return
    for name, (with_part, without) in contrast.outcomes(asked.call, cases).items():
        text = (
            f"with it {with_part:.2f}, must be at least {asked.with_at_least:.2f}; "
            f"without {without:.2f}, at most {asked.without_at_most:.2f}"
        )
        ok = with_part >= asked.with_at_least and without <= asked.without_at_most
        yield _check(f"{title}.{name}", ok, text)


def _check(name: str, ok: bool, text: str) -> Check:
    return Check(name, "ok" if ok else "FAIL", text)
