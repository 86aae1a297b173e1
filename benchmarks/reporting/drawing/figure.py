"""What a figure of a page is, and where the arrays come from that runs keep for figures."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.judge.table import Variant
from benchmarks.reporting.drawing import style as drawing
from benchmarks.reporting.render.whole import write_whole
from benchmarks.runs.files import canonical_hash


@dataclass(frozen=True)
class Figure:
    """A figure of a page: file name without ending, caption, and how to draw it from plain data."""

    name: str
    caption: str
    data: Any
    draw: Callable[[], bytes]

    def svg(self, cache: Path) -> bytes:
        """The drawing; one made before from the same data is taken from the cache."""
        key = canonical_hash([drawing.VERSION, version("matplotlib"), self.name.partition("_")[0], self.data], 20)
        kept = cache / "figures" / f"{key}.svg"
        if not kept.exists():
            write_whole(kept, self.draw())
        return kept.read_bytes()


def stored_probes(path: Path) -> dict[str, np.ndarray]:
    """The arrays that a run kept for figures; none where it was not asked to."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def published_label(variant: Variant) -> str:
    """What published values are called beside those of a variant; nothing where they are not to be shown."""
    if variant.corpus != "real":
        return ""
    return "published" if variant.tier == "full" else "published, tier full"
