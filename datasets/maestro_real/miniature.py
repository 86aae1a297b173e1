"""A small MAESTRO Real: the real layout with its quirks, parametric recordings of 12 to 13 s instead of minutes.

Every scene has five recordings, one for each fold to test; so, as in the real set, every fold tests every scene. Every
class of a scene is heard in each of its recordings. Soft labels are those of simulated annotators. Evaluation audio,
which nothing needs, is left out unless it is asked for.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.audio import write_wav
from datasets.errors import DataError
from datasets.generated import LICENCE, count_files, has_its_files, write_once
from datasets.maestro_real.layout import RATE, Layout
from datasets.maestro_real.scenes.annotators import annotate, told
from datasets.maestro_real.scenes.events import SCENES, draw_events, presence
from datasets.maestro_real.scenes.parametric import render
from datasets.maestro_real.writing import (
    NO_FOLD,
    Recording,
    counts,
    make_folders,
    make_recordings,
    write_lists,
    write_papers,
    write_soft,
)
from datasets.seeds import derive

VERSION = 1
#: How far recordings differ from their usual length, as a share of it, either way.
SPREAD = 0.05
NOTES = "A miniature of MAESTRO Real in the official layout. All recordings are made from formulas.\n"


def write(root: Path, seconds: float = 12.5, evaluation: int = 0, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters (55 MB).

    seconds: the length of recordings, about; `miniature.json` says it. evaluation: recordings of the evaluation set of
    each scene. Raises DataError where `root` holds something else than a miniature, or cannot be written.
    """
    if seconds < 2 or not 0 <= evaluation <= 5:
        raise DataError(f"{root}: a miniature needs recordings of 2 s or more, and at most 5 of evaluation per scene")
    draw = np.random.default_rng(derive(seed, "miniature", "maestro_real", "recordings"))
    recordings = make_recordings(1, evaluation, seconds, SPREAD * seconds, draw)
    declared = {
        "corpus": "miniature",
        "dataset": "maestro_real",
        "version": VERSION,
        "seconds": seconds,
        "recordings": counts(recordings),
        "annotators": told(),
        "seed": seed,
    }

    def fill(folder: Path) -> dict[str, Any]:
        layout = Layout(folder)
        make_folders(layout, recordings)
        soft = _write_recordings(layout, recordings, seed)
        write_lists(layout, soft, recordings)
        write_papers(layout, NOTES, LICENCE)
        return {"files": count_files(folder) + 1}

    write_once(root, "miniature.json", declared, fill, has_its_files)


def _write_recordings(layout: Layout, recordings: Sequence[Recording], seed: int) -> dict[str, NDArray[np.float64]]:
    """Write the sound of all recordings, and the labels of the development set, which are returned by item."""

    def write_recording(one: Recording) -> NDArray[np.float64]:
        draw = np.random.default_rng(derive(seed, "miniature", "maestro_real", one.item))
        events = draw_events(one.scene, one.seconds, draw, at_least=1)
        write_wav(layout.audio(one.item), render(one.scene, events, one.frames, draw), RATE, "PCM_16")
        soft = annotate(presence(events, one.complete), SCENES[one.scene], draw)
        if one.fold != NO_FOLD:
            write_soft(layout.labels(one.item), soft)
        return soft

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip((one.item for one in recordings), pool.map(write_recording, recordings), strict=True))
