"""A dataset, a data module and a network so small that whole sweeps run in tests."""

from toy_parts.dataset import CLASSES, ITEMS, ToyAnnotated, ToyDataset

__all__ = ["CLASSES", "ITEMS", "ToyAnnotated", "ToyDataModule", "ToyDataset", "ToyModule", "ToyTwoTestSets"]


def __getattr__(name: str):
    """What needs torch is imported when it is asked for, as from real wings."""
    if name in ("ToyDataModule", "ToyModule", "ToyTwoTestSets"):
        from toy_parts.training import ToyDataModule, ToyModule, ToyTwoTestSets

        return {"ToyDataModule": ToyDataModule, "ToyModule": ToyModule, "ToyTwoTestSets": ToyTwoTestSets}[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
