"""What was claimed, by which recipe, under which protocol: the typed form of a paper's folder.

The names below are here when first asked for: the command line takes the words alone, and `--help` has no time to load
the rest.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.spec.bricks import Protocol
    from benchmarks.spec.cells import Cell, Published
    from benchmarks.spec.load import (
        CONTROLS,
        faults,
        load_paper,
        mistakes,
        outside_papers,
        paper_folder,
        paper_ids,
        select,
        unknown_paper,
    )
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
    from benchmarks.spec.words import CORPORA, NUMERICS, TIERS, Corpus, Numerics, Tier, nearest

__all__ = [
    "CONTROLS", "CORPORA", "NUMERICS", "TIERS", "Cell", "Claim", "Column", "Control", "Corpus", "DatasetUse", "Erratum",
    "Numerics", "Paper", "Protocol", "Published", "Row", "Setting", "Table", "Tier", "TierChanges", "faults",
    "load_paper", "mistakes", "nearest", "outside_papers", "paper_folder", "paper_ids", "select",
    "unknown_paper",
]  # fmt: skip

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A name of `__all__`, from the file that it stands in."""
        if name in __all__:
            from importlib import import_module

            for file in ("words", "bricks", "cells", "paper", "load"):
                module = import_module(f"{__name__}.{file}")
                if name in vars(module):
                    return vars(module)[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
