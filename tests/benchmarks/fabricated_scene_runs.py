"""Stored runs of the PB-CNN paper with made-up scores of evaluation files, and with arrays for figures."""

from functools import cache

import numpy as np
import pandas as pd

from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from datasets.contract import EVERY_FOLD
from datasets.dcase2016_asc.layout import CLASSES
from tests.benchmarks.fabricated_results import falling, publish_run

#: Official classes of the three files that Fig. 9 shows.
SHOWN = {"208.wav": "metro_station", "368.wav": "bus", "385.wav": "train"}
FILES_PER_CLASS, SEGMENTS = 8, 2
BANDS, COLUMNS = 60, 375
#: The share of files that are right.
SKILL = {"cnn": 0.7, "tb_cnn": 0.75, "fb_cnn": 0.72, "pb_cnn": 0.85}
#: What modules add of what they attend to, first to last, in fold 1; in each further fold somewhat more.
GAMMAS = np.array([0.02, 0.11, 0.25, 0.4])


@cache
def reference() -> pd.DataFrame:
    """Evaluation files, those of Fig. 9 among them: as many of each scene."""
    named = {label: item for item, label in SHOWN.items()}
    labels = [label for _ in range(FILES_PER_CLASS) for label in CLASSES]
    items = [named.pop(label, f"{number}.wav") for number, label in enumerate(labels, 1)]
    columns = {"label": labels, "unit": items, "fold": EVERY_FOLD}
    return pd.DataFrame(columns, index=pd.Index(items, name="item"))


def scores_of(skill: float, draw: int) -> Scores:
    """Logits of two segments that agree: a share `skill` of the files is right, others are the next class."""
    truth = reference()
    random = np.random.default_rng(draw)
    decided = np.array([CLASSES.index(label) for label in truth["label"]])
    decided = np.where(random.random(len(decided)) < skill, decided, (decided + 1) % len(CLASSES))
    logits = 4 * np.eye(len(CLASSES), dtype=np.float32)[decided]
    return Scores(tuple(truth.index), CLASSES, logits[:, None].repeat(SEGMENTS, axis=1), "logit")


def probes_of(fold: int) -> dict[str, np.ndarray]:
    """Three clips of noise that falls with frequency, each attended to for three seconds, the first most of all."""
    random = np.random.default_rng(fold)
    log_mel = random.normal(0, 0.5, (3, BANDS, COLUMNS)) - np.linspace(-1, 1, BANDS)[:, None]
    weights = np.maximum(random.normal(-0.3, 0.2, (3, BANDS, COLUMNS)), 0)
    for clip, start in enumerate((50, 150, 250)):
        weights[clip, 10:30, start : start + 38] += 2 - 0.5 * clip
    arrays = {"log_mel": log_mel, "attention_weights": weights, "gammas": GAMMAS + 0.02 * (fold - 1)}
    return {"items": np.array(list(SHOWN)), **{name: one.astype(np.float16) for name, one in arrays.items()}}


def four_networks(workspace: Workspace) -> None:
    """The four networks in full with two seeds, two of them on stand-in files, and two controls with arrays.

    The stand-in files have the names of official ones.
    """
    for setting, skill in SKILL.items():
        fabricate_scenes(workspace, setting, skill)
    for setting in ("cnn", "pb_cnn"):
        fabricate_scenes(workspace, setting, 0.5, "reduced", "standin", seeds=1)
    for setting in ("pb_cnn_value_1x1", "pb_cnn_gamma_50"):
        fabricate_scenes(workspace, setting, 0.8, seeds=1)


def fabricate_scenes(
    workspace: Workspace, setting: str, skill: float, tier: str = "full", corpus: str = "real", seeds: int = 2
) -> list[Run]:
    """Every run of a setting on the folds, with what is true of the evaluation set."""
    paper = load_paper("pbcnn")
    history = {"loss": falling(2, 0.9), "val_loss": falling(2, 0.94)}
    published = []
    for run in setting_runs(paper, setting, "scenes", Choice(tier, corpus, seeds=seeds)):  # type: ignore[arg-type]
        references = {"evaluation": reference()}
        scores = {"evaluation": scores_of(skill, 10 * run.fold + run.seed)}
        probes = probes_of(run.fold) if paper.settings[setting].probes and run.seed == 0 else None
        published.append(publish_run(workspace, run, references, scores, history, probes))
    return published
