"""TUT Rare Sound Events 2017 (DCASE 2017, Task 2): mixtures of backgrounds and rare events, and how they are made."""

from typing import Any

from datasets.dcase2017_rare.dataset import DCASE2017Rare

__all__ = ["DCASE2017Rare", "DCASE2017RareDataModule"]


def __getattr__(name: str) -> Any:
    """DCASE2017RareDataModule is imported when it is asked for: it needs torch, which plans and reports do without."""
    if name == "DCASE2017RareDataModule":
        from datasets.dcase2017_rare.module import DCASE2017RareDataModule

        return DCASE2017RareDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
