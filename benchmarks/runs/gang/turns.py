"""Whose turn it is among the members of a gang: threads of one process, of which exactly one works at any time.

What a run does between two turns is what it does alone; so all that it is made of, checkpoints, validation, selection,
learning rates and hooks, needs no second form for gangs.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Own(Protocol):
    """What a member has for itself of what a process has once."""

    def put(self) -> None:
        """Put it in place: the member's turn begins."""

    def take(self) -> None:
        """Take it back as it is now: the turn ends."""


@dataclass(frozen=True)
class Seat:
    """The place of a run: how many share its process, and a clock that goes on while the run has its turn, seconds."""

    size: int = 1
    now: Callable[[], float] = time.monotonic


#: The place of a run that has its process to itself.
ALONE = Seat()


class Turn:
    """The turn of one member, entered by its thread; all of a gang are made by `turns_of`."""

    def __init__(self, order: "list[Turn]", own: Own) -> None:
        self._order, self._own = order, own
        self._gate = threading.Semaphore(0)
        self._seconds, self._since = 0.0, 0.0

    def open(self) -> None:
        """Let the member go on; whoever calls waits for a turn of his own, or leaves."""
        self._gate.release()

    def __enter__(self) -> "Turn":
        self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        place = self._order.index(self)
        self._order.remove(self)
        if self._order:
            self._order[place % len(self._order)].open()

    def pass_on(self) -> None:
        """Let each of the others make a step; returns when it is the member's turn again."""
        following = self._order[(self._order.index(self) + 1) % len(self._order)]
        if following is not self:
            self._end()
            following.open()
            self._begin()

    def seconds(self) -> float:
        """How long the member has worked so far: of all members together it is the time that has passed."""
        return self._seconds + time.monotonic() - self._since

    def _begin(self) -> None:
        self._gate.acquire()
        self._since = time.monotonic()
        self._own.put()

    def _end(self) -> None:
        self._own.take()
        self._seconds += time.monotonic() - self._since


def turns_of(owns: list[Own]) -> list[Turn]:
    """A turn for each member, in this order; the first one is open."""
    order: list[Turn] = []
    order += [Turn(order, own) for own in owns]
    if order:
        order[0].open()
    return list(order)
