"""What whichever process of a test session comes first writes, and all others wait for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder where it is not there; inside the block no other process is in one of the same folder."""
    from datasets.acquire.locks import lock

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        lock(file.fileno())
        yield
