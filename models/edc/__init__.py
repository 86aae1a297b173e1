"""Event-related data conditioning (Hou and Botteldooren, Interspeech 2022), and the networks that it feeds."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.edc.conditioning import EventConditioning, condition, decay_support, range_bound, ranges
    from models.edc.controls import MinMax, MovingAverage
    from models.edc.module import EDCModule
    from models.edc.network import CornerstoneCRNN

__all__ = [
    "CornerstoneCRNN",
    "EDCModule",
    "EventConditioning",
    "MinMax",
    "MovingAverage",
    "condition",
    "decay_support",
    "range_bound",
    "ranges",
]


def __getattr__(name: str) -> Any:
    """A public name is imported when it is asked for: all need torch, which plans and reports do without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {"CornerstoneCRNN": "network", "EDCModule": "module", "MinMax": "controls", "MovingAverage": "controls"}
    return getattr(import_module(f"{__name__}.{homes.get(name, 'conditioning')}"), name)
