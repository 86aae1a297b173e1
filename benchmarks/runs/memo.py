"""What was computed once and need not be computed again: a folder that may be deleted at any time.

Every file carries a checksum of its content and of its name, so that none that stands in another's place is taken for
it. What is missing, cut short or damaged is computed anew, and a disk that is full or read-only costs time, never the
result.

Processes that work on the same (`sharing`) take turns: what one is computing the others wait for, and read.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.runs.files import canonical_hash
from datasets.acquire.locks import lock
from datasets.acquire.whole import checked, with_checksum, write_whole


class Shared:
    """What processes that work on the same know of each other: a folder with a lock for everything in the making.

    Locks go with their process, so that what a killed one was at is computed by the next.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: seconds that this process has computed, waiting aside
        self.spent = 0.0
        #: asked after everything that was computed
        self.after: Callable[[], None] = lambda: None
        self._nested = [0.0]

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """Computes something, when no other process does; the block looks first whether another one has.

        Where the lock cannot be had, as on a full disk, both do.
        """
        with ExitStack() as held:
            with suppress(OSError):
                lock(held.enter_context((self.folder / name).open("ab")).fileno())
            began = time.monotonic()
            self._nested.append(0.0)
            try:
                yield
            finally:
                took = time.monotonic() - began
                self.spent += took - self._nested.pop()
                self._nested[-1] += took
        self.after()


#: Whom this process shares its work with.
_SHARED: list[Shared] = []


@contextmanager
def sharing(folder: Path) -> Iterator[Shared]:
    """Take turns with the other processes that say so of the same folder, while the block runs."""
    _SHARED.append(Shared(folder))
    try:
        yield _SHARED[-1]
    finally:
        _SHARED.pop()


def is_shared() -> bool:
    """Whether other processes may be at work on the same."""
    return bool(_SHARED)


@dataclass(frozen=True)
class Memo:
    """Values below `folder` (the workspace's cache), by what they are of and by all that they depend on."""

    folder: Path

    def json(self, what: str, key: Any, compute: Callable[[], Any]) -> Any:
        """Plain data: the kept value, or what `compute` returns. Both come back as JSON gives them.

        what: a word for the folder ("confusions"). key: plain data that changes with everything the value depends on.
        """
        return json.loads(self.bytes(what, key, lambda: json.dumps(compute()).encode()))

    def newest(self, what: str, of: Any, key: Any, compute: Callable[[], bytes | None]) -> bytes | None:
        """Bytes that are large: of each `of` only the value of the last `key` is kept, and nothing for None."""
        path, mark = self.folder / what / canonical_hash(of, 24), canonical_hash(key, 64).encode() + b"\n"
        kept = checked(path)
        if kept is not None and kept.startswith(mark):
            return kept.removeprefix(mark)
        content = compute()
        if content is not None:
            with suppress(OSError):
                write_whole(path, with_checksum(mark + content, path))
        return content

    def bytes(self, what: str, key: Any, compute: Callable[[], bytes]) -> bytes:
        """As `json`, for bytes."""
        path = self.folder / what / canonical_hash(key, 24)
        kept = checked(path)
        if kept is not None:
            return kept
        if not _SHARED:
            return _computed(path, compute)
        with _SHARED[-1].turn(f"{what}-{path.name}"):
            kept = checked(path)
            return _computed(path, compute) if kept is None else kept


def _computed(path: Path, compute: Callable[[], bytes]) -> bytes:
    """What is computed, which is kept at `path`, if that can be."""
    content = compute()
    with suppress(OSError):
        write_whole(path, with_checksum(content, path))
    return content
