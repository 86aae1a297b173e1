"""Stored runs of the MTFA paper with made-up scores: a bump of probability at most events, and a few elsewhere."""

import numpy as np
import pandas as pd

from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_results import falling, publish_run

FRAMES, HOP = 1501, 0.02
TEST_SETS = ("devtest", "evaltest")


def reference_of(dataset: str, test_set: str, items: int) -> pd.DataFrame:
    """Every other item has an event; the first one with an event is not on the official list."""
    random = np.random.default_rng(len(dataset) + len(test_set))
    names = [f"mixture_{test_set}_{dataset}_{number:03d}_{number:032x}.wav" for number in range(items)]
    onsets = np.where(np.arange(items) % 2 == 0, random.uniform(1, 25, items).round(2), np.nan)
    return pd.DataFrame(
        {
            "label": [dataset if number % 2 == 0 else "" for number in range(items)],
            "onset": onsets,
            "offset": onsets + 1.5,
            "unit": [f"source {number // 4}" for number in range(items)],
            "fold": 1,
            "official": np.arange(items) > 0,
        },
        index=pd.Index(names, name="item"),
    )


def scores_of(reference: pd.DataFrame, dataset: str, skill: float, seed: int) -> Scores:
    """Logits whose bumps stand at a share `skill` of the events, and at random in a tenth of the items."""
    random = np.random.default_rng(seed)
    times = HOP * np.arange(FRAMES)
    logits = np.full((len(reference), FRAMES), -3.0) + random.normal(0, 0.3, (len(reference), 1))
    for row, onset in enumerate(reference["onset"]):
        at = onset if random.random() < skill else random.uniform(0, 28) if random.random() < 0.3 else np.nan
        if not np.isnan(at):
            logits[row] += random.uniform(2, 6) * np.exp(-0.5 * ((times - at - 0.7) / 0.5) ** 2)
    return Scores(tuple(reference.index), (dataset,), logits[:, :, None], "logit", HOP)


def probes_of(item: str, onset: float, names: list[str], bands: int) -> dict[str, np.ndarray]:
    """Maps with an event at `onset` and something louder three seconds after frame 0."""
    random = np.random.default_rng(0)
    values = random.normal(0, 0.5, (1, FRAMES, bands)).astype(np.float32)
    first = round(onset / HOP)
    values[:, first : first + 75, bands // 4 : bands // 2] += 2
    values[:, 150:200] += 4
    arrays = {"items": np.array([item])}
    for name in names:
        scale = {"mask_half": 2, "mask_quarter": 4, "mask_eighth": 8}.get(name, 1)
        arrays[name] = values[:, ::scale, ::scale]
    if "frame_probability" in names:
        arrays["frame_probability"] = 0.9 * np.exp(-0.5 * ((HOP * np.arange(FRAMES) - onset - 0.7) / 0.5) ** 2)[None]
    return {name: one if name == "items" else one.astype(np.float16) for name, one in arrays.items()}


def fabricate_events(
    workspace: Workspace, setting: str, dataset: str, skill: float = 0.8, tier: str = "full", corpus: str = "real",
    items: int = 24, seeds: int | None = None,
) -> list[Run]:  # fmt: skip
    """Every run of a setting on one class, with its references, history and probes."""
    paper = load_paper("mtfa")
    history = {"loss": falling(0.5, 0.9)} | ({} if setting.startswith("mlp") else {"val_loss": falling(0.5, 0.95)})
    published = []
    for run in setting_runs(paper, setting, dataset, Choice(tier, corpus, seeds=seeds)):
        test_sets = run.resolved["data"]["init_args"].get("test_sets", TEST_SETS)
        references = {test_set: reference_of(dataset, test_set, items) for test_set in test_sets}
        scores = {name: scores_of(one, dataset, skill, run.seed) for name, one in references.items()}
        probes = None
        if names := paper.settings[setting].probes:
            first = reference_of(dataset, "evaltest", items).iloc[0]
            probes = probes_of(first.name, first["onset"], names, 40)
        published.append(publish_run(workspace, run, references, scores, history, probes))
    return published
