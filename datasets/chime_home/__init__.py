"""CHiME-Home (Foster et al., WASPAA 2015), as DCASE 2016 Task 4 (domestic audio tagging) uses it."""

from typing import Any

from datasets.chime_home.dataset import CHiMEHome

__all__ = ["CHiMEHome", "CHiMEHomeDataModule"]


def __getattr__(name: str) -> Any:
    """CHiMEHomeDataModule is imported when it is asked for: it needs torch, which plans and reports do without."""
    if name == "CHiMEHomeDataModule":
        from datasets.chime_home.module import CHiMEHomeDataModule

        return CHiMEHomeDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
