"""The toy dataset with a miniature, and its data module with shuffled labels on demand; a contrast to test."""

from regression_parts.dataset import Dataset

__all__ = ["DataModule", "Dataset", "accuracy"]


def accuracy(with_part: float, without: float) -> tuple[float, float]:
    return with_part, without


def __getattr__(name: str):
    """What needs torch is imported when it is asked for."""
    if name == "DataModule":
        from regression_parts.training import DataModule

        return DataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
