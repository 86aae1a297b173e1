"""Stored runs of the real paper with made-up scores: official-looking items, 8 clips per class and fold."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from datasets.esc50.layout import CATEGORIES, ESC10_TARGETS
from tests.benchmarks.fabricated_results import FINGERPRINT, falling, publish_run

TARGETS = {"esc10": ESC10_TARGETS, "esc50": tuple(range(50))}


def workspace_in(folder: Path) -> Workspace:
    return Workspace(**{name: folder / name for name in ("data", "runs", "cache", "reports")})


def classes_of(dataset: str) -> tuple[str, ...]:
    return tuple(CATEGORIES[target] for target in TARGETS[dataset])


def items_of(dataset: str, fold: int) -> tuple[str, ...]:
    """Two takes of each of four sources per class."""
    sources = [(target, number) for target in TARGETS[dataset] for number in range(8)]
    return tuple(
        f"{fold}-{fold}{target:02d}{number // 2}-{'AB'[number % 2]}-{target}.wav" for target, number in sources
    )


def scores_with(dataset: str, fold: int, wrong: int, kind: str = "logit", first: int = 0) -> Scores:
    """Scores with exactly `wrong` wrong clips, from clip number `first` on."""
    n_classes = len(TARGETS[dataset])
    decided = np.repeat(np.arange(n_classes), 8)
    at = (first + np.arange(wrong)) % len(decided)
    decided[at] = (decided[at] + 1) % n_classes
    values = np.eye(n_classes, dtype=np.float32)[decided]
    values = values if kind == "decision" else 4 * values[:, None, :].repeat(2, axis=1)
    return Scores(items_of(dataset, fold), classes_of(dataset), values, kind)


def publish(workspace: Workspace, run: Run, scores: Scores, fingerprint: str = FINGERPRINT, **facts: Any) -> Run:
    """Store a run of the real paper, whose history is a network's unless its scores are decisions."""
    history = {"loss": falling(2.3, 0.9, 20), "learning_rate": [0.01] * 20, "seconds": [1.5] * 20}
    n = len(scores.items)
    items = {split: {"used": count, "expected": count} for split, count in {"train": 4 * n, "test": n}.items()}
    data = {"items": items, **facts.pop("data", {})}
    made = {"seconds": {"total": 3600.0, "fit": 3500.0}, "packages": {"python": "3.11", "torch": "2.11"}}
    facts = {"numerics": run.numerics, "data": data, **made, **facts}
    trained = history if scores.kind != "decision" else None
    return publish_run(workspace, run, {}, {"test": scores}, trained, fingerprint=fingerprint, **facts)


def fabricate(
    workspace: Workspace, setting: str, dataset: str, wrong: int = 10, tier: str = "full", corpus: str = "real",
    seeds: int | None = None, kind: str = "logit", folds: tuple[int, ...] | None = None, step: int = 1,
    fingerprint: str = FINGERPRINT, numerics: str = "float32", **facts: Any,
) -> list[Run]:  # fmt: skip
    """Every run of a setting, with `wrong` wrong clips, `step` more for each further seed; `facts` of its result."""
    choice = Choice(tier, corpus, numerics, seeds, folds)

    def scores(run: Run) -> Scores:
        more = step * run.seed
        return scores_with(dataset, run.fold, wrong + more, kind, first=3 * run.fold + more)

    runs = setting_runs(load_paper("acrnn"), setting, dataset, choice)
    return [publish(workspace, run, scores(run), fingerprint, **facts) for run in runs]


CNN_LAYERS = [f"l{layer}_{scaling}" for layer in (2, 4, 6, 8) for scaling in ("softmax", "sigmoid")]


def fabricate_120(workspace: Workspace) -> None:
    """Tables 3 and 4 on ESC-10 in full (100 runs), two settings on ESC-50 (10), two in tier reduced (10)."""
    for setting, wrong in (("base", 9), ("att", 6), ("aug", 5), ("att_aug", 4)):
        fabricate(workspace, setting, "esc10", wrong)
    for setting in CNN_LAYERS:
        fabricate(workspace, setting, "esc10", 6)
    for setting in ("aug", "att_aug"):
        fabricate(workspace, setting, "esc50", 60, seeds=1)
        fabricate(workspace, setting, "esc10", 20, tier="reduced", seeds=1)
