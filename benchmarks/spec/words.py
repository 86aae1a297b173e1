"""The words that runs and cells are described with."""

from typing import Literal

Tier = Literal["full", "reduced", "smoke"]
Corpus = Literal["real", "miniature", "standin"]
Numerics = Literal["float32", "tf32", "bf16"]

TIERS: tuple[Tier, ...] = ("full", "reduced", "smoke")
CORPORA: tuple[Corpus, ...] = ("real", "miniature", "standin")
NUMERICS: tuple[Numerics, ...] = ("float32", "tf32", "bf16")
