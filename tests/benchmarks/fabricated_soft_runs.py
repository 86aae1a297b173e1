"""Stored runs of the MAESTRO paper with made-up scores of recordings, and with arrays for figures."""

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from datasets.maestro_real.layout import SCORED
from tests.benchmarks.fabricated_results import falling, publish_run

SECONDS, PER_SECOND, CHUNK, SIZE = 60, 2, 41, 8
#: Seconds of each class that a fold shows, at most.
SHOWN = 28
#: The share of the truth in what networks say.
SKILL = {"baseline": 0.5, "c7": 0.8, "p5": 0.7, "own_query": 0.75}


def recordings(fold: int) -> tuple[str, ...]:
    return f"city_center_{fold:02d}", f"metro_station_{fold:02d}"


@cache
def activity(item: str) -> np.ndarray:
    """Soft labels (seconds, classes): each class swells at times of its own, later ones less often."""
    random = np.random.default_rng(sum(item.encode()))
    times, found = np.arange(SECONDS)[:, None], np.zeros((SECONDS, len(SCORED)))
    for number in range(len(SCORED)):
        centres = random.uniform(0, SECONDS, 8 - number // 2)
        found[:, number] = np.exp(-0.5 * ((times - centres) / 3) ** 2).max(axis=1)
    return np.where(found < 0.05, 0, found.round(3))


@cache
def reference(fold: int) -> pd.DataFrame:
    """What is true of the recordings that a fold tests, as the dataset has it."""
    rows = []
    for item in recordings(fold):
        rows.append((item, "", np.nan, np.nan))
        seconds, classes = np.nonzero(activity(item))
        rows += [
            (item, SCORED[one], float(at), activity(item)[at, one]) for at, one in zip(seconds, classes, strict=True)
        ]
    frame = pd.DataFrame(rows, columns=["item", "label", "onset", "activity"]).set_index("item")
    facts = {"unit": frame.index, "fold": fold, "seconds": float(SECONDS), "scored": True}
    return frame.assign(offset=frame["onset"] + 1, **facts)


def scores_of(skill: float, fold: int, seed: int) -> Scores:
    """Outputs of every frame: the truth and noise."""
    random = np.random.default_rng(10 * fold + seed)
    true = np.stack([activity(item) for item in recordings(fold)]).repeat(PER_SECOND, axis=1)
    values = skill * true + (1 - skill) * random.random(true.shape)
    return Scores(recordings(fold), SCORED, values.astype(np.float32), "probability", 1 / PER_SECOND)


def shown(fold: int) -> list[str]:
    """The seconds that runs of a fold show, each with the class of its largest label."""
    found = []
    for item in recordings(fold):
        largest = activity(item).argmax(axis=1)
        found += [(item, at, SCORED[largest[at]]) for at in range(SECONDS) if activity(item)[at].any()]
    kept = [one for label in SCORED for one in [one for one in found if one[2] == label][:SHOWN]]
    return [f"{item}:{at}:{label}" for item, at, label in sorted(kept)]


def probes_of(fold: int, names: list[str]) -> dict[str, np.ndarray]:
    """Embeddings that lie by class, and weights that fall with the distance from the middle of the context."""
    random, items = np.random.default_rng(fold), shown(fold)
    centres = 2 * np.random.default_rng(0).normal(size=(len(SCORED), SIZE))
    places = [SCORED.index(item.split(":", 2)[2]) for item in items]
    distance = np.abs(np.arange(CHUNK * PER_SECOND) - CHUNK * PER_SECOND // 2)
    weights = np.exp(-distance / 40) + random.random((len(items), CHUNK * PER_SECOND))
    made = {
        "embeddings": centres[places][:, None] + random.normal(size=(len(items), PER_SECOND, SIZE)),
        "attention_weights": weights / weights.sum(axis=1, keepdims=True),
    }
    return {"items": np.array(items), **{name: made[name].astype(np.float16) for name in names}}


def soft_activity(workspace: Workspace) -> None:
    """Four networks in full, two of them with a second seed; one on stand-in files."""
    for setting, skill in SKILL.items():
        fabricate_soft(workspace, setting, skill, seeds=2 if setting in ("baseline", "c7") else 1)
    fabricate_soft(workspace, "c7", 0.6, "reduced", "standin", seeds=1)


def fabricate_soft(
    workspace: Workspace, setting: str, skill: float, tier: str = "full", corpus: str = "real", seeds: int = 1
) -> list[Run]:
    """Every run of a setting, with what is true of its recordings, and what the paper file has it show."""
    paper = load_paper("maestro")
    published = []
    for run in setting_runs(paper, setting, "maestro", Choice(tier, corpus, seeds=seeds)):  # type: ignore[arg-type]
        references, scores = {"test": reference(run.fold)}, {"test": scores_of(skill, run.fold, run.seed)}
        names = paper.settings[setting].probes
        probes = probes_of(run.fold, names) if names and run.seed == 0 else None
        published.append(publish_run(workspace, run, references, scores, history_of(run.fold), probes))
    return published


def history_of(fold: int) -> dict[str, list[float]]:
    """Losses of 30 epochs; those of validation shake."""
    random = np.random.default_rng(fold)
    shaken = [loss * (1 + 0.2 * random.random()) for loss in falling(0.05, 0.98, 30)]
    return {"loss": falling(0.05, 0.93, 30), "val_loss": shaken}
