"""A small TUT Acoustic Scenes 2016: the real layout with its quirks, parametric scenes, items of 6 s instead of 30.

Every scene has four locations of its own in the development set, one for each fold to test, and one in the evaluation
set, with one item each.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from datasets.audio import write_wav
from datasets.dcase2016_asc.layout import Layout
from datasets.dcase2016_asc.scenes.parametric import RATE, render
from datasets.dcase2016_asc.writing import (
    NO_FOLD,
    Item,
    Sizes,
    make_items,
    path_of,
    write_lists,
    write_papers,
    write_table,
)
from datasets.errors import DataError
from datasets.generated import LICENCE, count_files, has_its_files, write_once
from datasets.seeds import derive

VERSION = 1
SIZES = Sizes(per_fold=1, items=1, evaluation=1, evaluation_items=1)
NOTES = "A miniature of TUT Acoustic Scenes 2016 in the official layout. All scenes are made from formulas.\n"
#: What error.txt lists: onset and offset in shares of an item's length, label; of the first development items in order.
FLAWS = ((0.1, 0.15, "microphone"), (0.5, 0.8, "mobile"))


def write(root: Path, clip_seconds: float = 6.0, items: int = SIZES.items, seed: int = 0) -> None:
    """Write the miniature into `root`, unless it is there already with the same parameters (about 120 MB).

    items: of each location. They are shorter than the real ones, and `miniature.json` says so. Raises DataError where
    `root` holds something else than a miniature, or cannot be written.
    """
    if items < 1 or clip_seconds <= 0:
        raise DataError(f"{root}: a miniature needs items, not {items} of {clip_seconds} s per location")
    sizes = SIZES._replace(items=items, evaluation_items=items)
    declared = {
        "corpus": "miniature",
        "dataset": "dcase2016_asc",
        "version": VERSION,
        "clip_seconds": clip_seconds,
        "per_class": sizes.per_class,
        "seed": seed,
    }

    def fill(folder: Path) -> dict[str, Any]:
        layout = Layout(folder)
        draw = np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", "lists"))
        made = make_items(sizes, draw)
        write_lists(layout, made, draw)
        _write_flaws(layout, made, clip_seconds)
        write_papers(layout, NOTES, LICENCE)
        _write_audio(layout, made, clip_seconds, seed)
        return {"files": count_files(folder) + 1}

    write_once(root, "miniature.json", declared, fill, has_its_files)


def _write_flaws(layout: Layout, items: Sequence[Item], seconds: float) -> None:
    first = sorted(item.name for item in items if item.fold != NO_FOLD)
    write_table(
        layout.errors,
        (
            (path_of(name), f"{onset * seconds:.2f}", f"{offset * seconds:.2f}", label)
            for name, (onset, offset, label) in zip(first, FLAWS, strict=False)
        ),
    )


def _write_audio(layout: Layout, items: Sequence[Item], seconds: float, seed: int) -> None:
    def write_item(item: Item) -> None:
        place = np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", item.location))
        take = np.random.default_rng(derive(seed, "miniature", "dcase2016_asc", item.original))
        write_wav(layout.audio(item.name), render(item.scene, seconds, place, take), RATE, "PCM_24")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(write_item, items))
