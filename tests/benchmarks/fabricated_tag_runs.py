"""Stored runs of the EDC paper with made-up scores and states; what is conditioned is, by the paper's own transform."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.runs.build import import_class
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.scores import Scores
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_results import falling, publish_run

CLASSES = {
    "dcase": ("Alarm_bell_ringing", "Blender", "Cat", "Dishes", "Dog", "Electric_shaver_toothbrush", "Frying",
              "Running_water", "Speech", "Vacuum_cleaner"),
    "chime": ("child_speech", "adult_male_speech", "adult_female_speech", "video_game_tv", "percussive_sound",
              "broadband_noise", "other_sound"),
}  # fmt: skip
#: A class that no clip has.
ABSENT = "Vacuum_cleaner"


@cache
def reference_of(dataset: str, items: int, all_clean: bool = False) -> pd.DataFrame:
    """Clips with one or two classes, the last of DCASE's with none; of DCASE a clip in eight is on one list only."""
    random = np.random.default_rng(len(dataset))
    names = [name for name in CLASSES[dataset] if name != ABSENT]
    chosen = [sorted({number % len(names), int(random.integers(len(names)))}) for number in range(items)]
    frame = pd.DataFrame(
        {
            "label": [",".join(names[place] for place in places) for places in chosen],
            "unit": [f"video {number // 2}" for number in range(items)],
            "fold": 1,
        },
        index=pd.Index([f"Y{number:03d}_{dataset}.wav" for number in range(items)], name="item"),
    )
    if dataset == "dcase":
        frame["original"] = all_clean | (np.arange(items) % 8 != 1)
        frame["clean"] = all_clean | (np.arange(items) % 8 != 2)
    return frame


def scores_of(reference: pd.DataFrame, classes: tuple[str, ...], skill: float, seed: int) -> Scores:
    """Logits that are `skill` higher where a clip has a class, with a spread of one."""
    random = np.random.default_rng(seed)
    truth = np.array([[name in label.split(",") for name in classes] for label in reference["label"]])
    return Scores(tuple(reference.index), classes, skill * truth + random.normal(size=truth.shape) - 2, "logit")


@cache
def log_mel(frames: int, bands: int = 64) -> np.ndarray:
    """Noise that falls with frequency, two events of some harmonics, and rows of zeros at the end (frames, bands)."""
    random = np.random.default_rng(1)
    values = -4 - 0.05 * np.arange(bands) + random.normal(0, 0.6, (frames, bands))
    for start, length, first in ((0.16, 0.14, 6), (0.55, 0.25, 10)):
        rows = slice(round(start * frames), round((start + length) * frames))
        values[rows, first::9] += 4.0
    values[-frames // 25 :] = 0.0
    return values


def states_of(clips: int, frames: int, units: int, spread: float) -> np.ndarray:
    """Walks of clips in a space (clips, frames, units), whose steps are `spread` of how far clips lie apart."""
    random = np.random.default_rng(2)
    centres = random.normal(size=(clips, 1, units))
    return np.tanh(centres + spread * random.normal(size=(clips, frames, units)).cumsum(axis=1) / frames**0.5)


def probes_of(run: Run, names: list[str], items: list[str], frames: int) -> dict[str, np.ndarray]:
    """What a run keeps for figures: the first item is shown; states of self-attention hardly move within a clip."""
    import torch

    conditioner = conditioner_of(run)
    plain = log_mel(frames)
    given = conditioner(torch.from_numpy(plain[None]))[0].numpy() if conditioner else plain
    shown = (given - given.mean()) / given.std()
    classes = len(CLASSES[run.dataset])
    times = np.linspace(0, 1, frames)[:, None]
    bumps = 0.9 * np.exp(-0.5 * ((times - np.linspace(0.1, 0.9, classes)) / 0.1) ** 2)
    made: Mapping[str, Any] = {
        "input_map": shown[None],
        "frame_probability": bumps[None],
        "frame_states": states_of(len(items), -(-frames // 25), 32, 0.05 if "bottleneck" in names else 1.0),
        "bottleneck": np.random.default_rng(3).normal(size=(1, 1, 64)).repeat(frames, axis=1),
        "attended_input": shown.mean(axis=0)[None, None].repeat(frames, axis=1),
    }
    return {"items": np.array(items), **{name: made[name].astype(np.float16) for name in names}}


def conditioner_of(run: Run) -> Any:
    """The conditioner of a run, made as its data module makes it; None without."""
    given = run.resolved["data"]["init_args"].get("conditioner")
    return import_class(given["class_path"])(**given["init_args"]) if given else None


def data_of(run: Run) -> dict[str, Any]:
    """What a run tells of its data; ranges are those of EDC, roughly."""
    conditioner = conditioner_of(run)
    if conditioner is None:
        return {}
    class_path = run.resolved["data"]["init_args"]["conditioner"]["class_path"]
    facts = {"class_path": class_path, "version": 1, "params": conditioner.params()}
    if alpha := conditioner.params().get("alpha"):
        reach = alpha * (0.9 if conditioner.params()["renormalise_decay"] else 0.2)
        facts["ranges"] = {"past_mean": 1 + reach, "future_mean": reach, "past_max": 9.0, "future_max": 9.0}
        facts["ranges_of"] = 100
    return {"conditioner": facts}


def fabricate_tags(
    workspace: Workspace, setting: str, dataset: str, skill: float = 2.0, tier: str = "reduced",
    corpus: str = "standin", items: int = 48, seeds: int | None = None, frames: int = 100, with_probes: bool = True,
    all_clean: bool = False,
) -> list[Run]:  # fmt: skip
    """Every run of a setting on one dataset, with its references, history and probes; `all_clean`: lists alike."""
    paper = load_paper("edc")
    auc = [1 - one for one in falling(0.4, 0.9)]
    history = {"loss": falling(0.5, 0.9), "val_loss": falling(0.5, 0.95), "val_auc": auc}
    published = []
    for run in setting_runs(paper, setting, dataset, Choice(tier, corpus, seeds=seeds)):
        arguments = run.resolved["data"]["init_args"]
        has_plain = arguments["mode"] == "am" and "conditioner" in arguments
        reference = reference_of(dataset, items, all_clean)
        test_sets = ("test", "test_plain") if has_plain else ("test",)
        said = scores_of(reference, CLASSES[dataset], skill, run.seed)
        references, scores = dict.fromkeys(test_sets, reference), dict.fromkeys(test_sets, said)
        names = paper.settings[setting].probes
        shown = names and with_probes and run.seed == 0
        probes = probes_of(run, names, list(reference.index), frames) if shown else None
        published.append(publish_run(workspace, run, references, scores, history, probes, data=data_of(run)))
    return published
