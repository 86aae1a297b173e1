"""TUT Acoustic Scenes 2016 (Mesaros et al., EUSIPCO 2016), the data of DCASE 2016 Task 1."""

from typing import Any

from datasets.dcase2016_asc.dataset import DCASE2016ASC

__all__ = ["DCASE2016ASC", "DCASE2016ASCDataModule"]


def __getattr__(name: str) -> Any:
    """DCASE2016ASCDataModule is imported when it is asked for: it needs torch, which plans and reports do without."""
    if name == "DCASE2016ASCDataModule":
        from datasets.dcase2016_asc.module import DCASE2016ASCDataModule

        return DCASE2016ASCDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
