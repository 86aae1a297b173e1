"""Stored runs that feed no cell any more, and what has changed since they were made."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.errors import USER_ERRORS
from benchmarks.judge.table import TableResult, Variant
from benchmarks.runs.ledger import Finished, Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import Paper

#: More changes than these are not told one by one.
TOLD = 3


@dataclass(frozen=True)
class LeftAside:
    """Runs of one setting that were left aside for one reason."""

    paper: str
    setting: str
    dataset: str
    variant: Variant
    runs: int
    why: str


def left_aside(tables: Iterable[TableResult], stored: Iterable[Finished]) -> list[LeftAside]:
    """What is stored of these tables' settings and feeds none of their cells, with the reason, setting by setting."""
    fed: set[str] = set()
    papers: dict[tuple[str, str, str], Paper] = {}
    shown: set[tuple[str, str, Variant, str]] = set()
    for table in tables:
        for variant, states in table.states.items():
            shown |= {(table.paper.id, dataset, variant, state.shown) for dataset, state in states.items()}
        fed |= set(table.unscored)
        for one in (*table.main, *(one for rows in (*table.controls.values(), *table.others.values()) for one in rows)):
            fed |= {scored.finished.run.id for scored in (one.evidence.scored if one.evidence else ())}
            for source in one.cell.sources:
                if source.setting and source.dataset:
                    papers[table.paper.id, source.setting, source.dataset] = table.paper
    counts: Counter[tuple[str, str, str, Variant, str]] = Counter()
    for run in (finished.run for finished in stored):
        asked = (run.paper, run.setting, run.dataset)
        if asked in papers and run.id not in fed:
            variant = Variant(run.tier, run.corpus, run.numerics)
            has_files = (run.paper, run.dataset, variant, run.fingerprint) in shown
            counts[(*asked, variant, _why(run, papers[asked], has_files))] += 1
    return [LeftAside(*key[:4], runs=count, why=key[4]) for key, count in counts.items()]


def _why(run: Run, paper: Paper, has_files: bool) -> str:
    """What sets a run apart from the one that the paper file plans today; `has_files`: it has those that are shown."""
    choice = Choice(run.tier, run.corpus, run.numerics)
    try:
        now = setting_runs(paper, run.setting, run.dataset, choice)[0]
    except USER_ERRORS as error:
        return str(error)
    if now.recipe == run.recipe:
        return "features of other code than newer runs have" if has_files else f"other files (`{run.fingerprint}`)"
    changes = [
        *_versions(run.versions, now.versions),
        *(f"{name} has changed" for name in _differing(run.resolved, now.resolved)),
        *(f"the protocol's field `{name}` has changed" for name in _differing(run.protocol, now.protocol)),
    ]
    more = [f"and {len(changes) - TOLD} more"] if len(changes) > TOLD else []
    return ", ".join([*changes[:TOLD], *more]) or "its recipe has changed"


def _versions(before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[str]:
    """Versions that were raised since; of what is named on one side alone, the change of arguments tells."""
    for path, version in now.items():
        if before.get(path, version) != version:
            yield f"`{path}` is at version {version}, then {before[path]}"
        elif path not in before and version > 1:
            yield f"`{path}` is at version {version}"


def _differing(before: Mapping[str, Any], now: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """The dotted names under which two nested mappings say something else."""
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differing(old, new, f"{place}{name}.")
        elif old != new:
            yield f"{place}{name}"
