"""The words that runs and cells are described with, and which of several is meant by one that is not among them."""

import difflib
from collections.abc import Iterable
from typing import Literal

Tier = Literal["full", "reduced", "smoke"]
Corpus = Literal["real", "miniature", "standin"]
Numerics = Literal["float32", "tf32", "bf16"]

TIERS: tuple[Tier, ...] = ("full", "reduced", "smoke")
CORPORA: tuple[Corpus, ...] = ("real", "miniature", "standin")
NUMERICS: tuple[Numerics, ...] = ("float32", "tf32", "bf16")


def nearest(name: str, known: Iterable[object]) -> str:
    """A hint with the nearest known names, or nothing: "; did you mean a, b?"."""
    close = difflib.get_close_matches(name, [str(item) for item in known], n=3, cutoff=0.5)
    return f"; did you mean {', '.join(close)}?" if close else ""
