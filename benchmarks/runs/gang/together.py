"""Works of one process, each in a thread with draws of its own, and on an accelerator with a stream of its own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

from benchmarks.runs.gang.turns import Own, Turn, turns_of
from datasets.batches.resident import SETS_KEPT, keeping

T = TypeVar("T")


class Draws:
    """The state of torch's global generator of the CPU as a member left it."""

    def __init__(self) -> None:
        self._state = torch.get_rng_state()

    def put(self) -> None:
        """Go on where the member was."""
        torch.set_rng_state(self._state)

    def take(self) -> None:
        """Note where it is."""
        self._state = torch.get_rng_state()


class DeviceDraws(Draws):
    """The same with the accelerator's default generator, of which each member has a state of its own.

    The state itself is exchanged and not its values, so that a captured graph goes on with the one that it was captured
    with, and members on parallel streams do not write to one place.
    """

    def __init__(self) -> None:
        super().__init__()
        self._generator = torch.cuda.default_generators[torch.cuda.current_device()]
        self._on_device = self._generator.clone_state()

    def put(self) -> None:
        """Go on where the member was."""
        super().put()
        self._generator.graphsafe_set_state(self._on_device)

    def take(self) -> None:
        """Note where it is; its state is another one where a capture has failed."""
        super().take()
        self._on_device = self._generator.graphsafe_get_state()


@contextmanager
def _undrawn(device: str) -> Iterator[None]:
    """Behind the block the global generators are as they were before it."""
    with torch.random.fork_rng(devices=[]):
        if device != "cuda":
            yield
            return
        torch.cuda.init()
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        state = generator.graphsafe_get_state()
        try:
            yield
        finally:
            generator.graphsafe_set_state(state)


@contextmanager
def _own_stream(device: str) -> Iterator[None]:
    """What the thread gives the accelerator meanwhile may run beside what others give it."""
    if device != "cuda":
        yield
        return
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.default_stream())
    with torch.cuda.stream(stream):
        yield
    stream.synchronize()


def together(works: Sequence[Callable[[Turn], T]], device: str = "cpu") -> list[T]:
    """What works give that go on in turn: each is given its turn, and passes it on where another may go on.

    Raises what a work has raised, once all have ended.
    """
    found: dict[int, T] = {}
    raised: list[BaseException] = []

    def member(number: int, turn: Turn) -> None:
        with turn:
            try:
                with _own_stream(device):
                    found[number] = works[number](turn)
            except BaseException as error:  # it is raised again, in the thread that waits
                raised.append(error)

    with _undrawn(device), keeping(SETS_KEPT * len(works)):
        owns: list[Own] = [DeviceDraws() if device == "cuda" else Draws() for _ in works]
        turns = turns_of(owns)
        threads = [
            threading.Thread(target=member, args=(number, turn), name=f"member {number}", daemon=True)
            for number, turn in enumerate(turns)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]
    return [found[number] for number in range(len(works))]
