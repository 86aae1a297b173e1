"""DCASE 2018 Task 4: ten-second clips of domestic sounds from YouTube, with weak labels for training."""

from typing import Any

from datasets.dcase2018_domestic.dataset import DCASE2018Domestic

__all__ = ["DCASE2018Domestic", "DCASE2018DomesticDataModule"]


def __getattr__(name: str) -> Any:
    """DCASE2018DomesticDataModule is imported when it is asked for: it needs torch, which plans do without."""
    if name == "DCASE2018DomesticDataModule":
        from datasets.dcase2018_domestic.module import DCASE2018DomesticDataModule

        return DCASE2018DomesticDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
