"""What was claimed, by which recipe, under which protocol: the typed form of a paper's folder."""

from benchmarks.spec.bricks import Protocol
from benchmarks.spec.cells import Cell, Published
from benchmarks.spec.load import load_paper, nearest, paper_folder, paper_ids, select
from benchmarks.spec.paper import (
    Claim,
    Column,
    Control,
    DatasetUse,
    Erratum,
    Paper,
    Row,
    Setting,
    Table,
    TierChanges,
)
from benchmarks.spec.words import CORPORA, NUMERICS, TIERS, Corpus, Numerics, Tier

__all__ = [
    "CORPORA", "NUMERICS", "TIERS", "Cell", "Claim", "Column", "Control", "Corpus", "DatasetUse", "Erratum", "Numerics",
    "Paper", "Protocol", "Published", "Row", "Setting", "Table", "Tier", "TierChanges", "load_paper", "nearest",
    "paper_folder", "paper_ids", "select",
]  # fmt: skip
