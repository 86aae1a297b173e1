"""MAESTRO Real (Martín-Morató and Mesaros, 2023), the data of DCASE 2023 Task 4b."""

from typing import Any

from datasets.maestro_real.dataset import MaestroReal

__all__ = ["MaestroReal", "MaestroRealDataModule"]


def __getattr__(name: str) -> Any:
    """MaestroRealDataModule is imported when it is asked for: it needs torch, which plans and reports do without."""
    if name == "MaestroRealDataModule":
        from datasets.maestro_real.module import MaestroRealDataModule

        return MaestroRealDataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
