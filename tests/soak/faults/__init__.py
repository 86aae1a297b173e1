"""What is done to a sweep: a file per family, a function per fault."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.soak.rounds import Round


class Fault(NamedTuple):
    """A way to disturb a round; `lacks` says what it needs and is not here, in words, or nothing.

    is_slow: the commands are programs, which import torch anew. every: in how many turns of all faults it comes once.
    is_cold: the rounds begin without features, which are what it meets.
    """

    name: str
    disturb: Callable[["Round"], None]
    lacks: Callable[[], str] = lambda: ""
    is_slow: bool = False
    every: int = 1
    is_cold: bool = False
