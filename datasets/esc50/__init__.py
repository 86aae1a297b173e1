"""ESC-50 and its subset ESC-10 (K. J. Piczak, "ESC: Dataset for Environmental Sound Classification", ACM MM 2015)."""

from typing import Any

from datasets.esc50.dataset import ESC50

__all__ = ["ESC50", "ESC50DataModule"]


def __getattr__(name: str) -> Any:
    """ESC50DataModule is imported when it is asked for: it needs torch, which plans and reports do without."""
    if name == "ESC50DataModule":
        from datasets.esc50.module import ESC50DataModule

        return ESC50DataModule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
