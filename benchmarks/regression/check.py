"""Compares fresh numbers with the stored ones."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks import spec
from benchmarks.regression import contrast, golden
from benchmarks.regression.bands import Band
from benchmarks.regression.cases import Contrast, PaperCases, load_cases, miniature
from benchmarks.regression.stored import BANDS, GOLDEN, VALUES, fresh_store, read
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


def check(workspace: Workspace, corpora: Container[str], values: Path = VALUES) -> Iterator[Check]:
    """Train the cases of all papers whose corpus is among `corpora`, and compare them with the stored `values`."""
    for paper_id in spec.paper_ids():
        cases = load_cases(paper_id)
        bands, records = (read(values / name).get(paper_id, {}) for name in (BANDS, GOLDEN))
        with fresh_store(workspace) as store:
            miniature(cases.paper, store)
            names = [name for name, case in cases.cases.learning.items() if case.corpus in corpora]
            absent = {name: root for name in names if not (root := cases.root(name, store)).is_dir()}
            pairs = {name: _pair(cases, name, store) for name in names if name not in absent}
            settings = cases.golden_runs(store)
            trained = train([run for pair in pairs.values() for run in pair] + list(settings.values()), store, paper_id)
            for name, run in settings.items():
                yield check_golden(f"golden {paper_id}.{name}", run, trained, records.get(name))
            for name, (run, shuffled) in pairs.items():
                metric = cases.cases.learning[name].metric
                yield check_band(f"learning {paper_id}.{name}", run, trained, metric, bands.get(name))
                yield check_band(f"shuffled {paper_id}.{name}", shuffled, trained, metric, bands.get(name), False)
            for name, root in absent.items():
                note = f"{root}: no such folder; set RESOUND_DATA to the folder that holds {root.name}/"
                yield Check(f"learning {paper_id}.{name}", "skip", note)
        if cases.cases.contrast:
            yield from check_contrast(paper_id, cases.cases.contrast)


def _pair(cases: PaperCases, name: str, workspace: Workspace) -> tuple[Run, Run]:
    run, shuffled = (cases.learning_run(name, workspace, seed=0, shuffled=shuffled) for shuffled in (False, True))
    return run, shuffled


def check_golden(name: str, run: Run, trained: Trained, stored: dict[str, Any] | None) -> Check:
    """Compare the losses and scores of a run with the stored ones."""
    problem = trained.problem(run) or golden.problem(stored, golden.record(trained.finished[run.id]))
    return _check(name, problem is None, problem or "losses and scores as stored")


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


def check_contrast(paper_id: str, asked: Contrast) -> Iterator[Check]:
    """Compare what networks reach with a part and without it."""
    for name, (with_part, without) in contrast.outcomes(asked).items():
        text = (
            f"with it {with_part:.2f}, must be at least {asked.with_at_least:.2f}; "
            f"without {without:.2f}, at most {asked.without_at_most:.2f}"
        )
        ok = with_part >= asked.with_at_least and without <= asked.without_at_most
        yield _check(f"contrast {paper_id}.{name}", ok, text)


def _check(name: str, ok: bool, text: str) -> Check:
    return Check(name, "ok" if ok else "FAIL", text)
