"""What the compiler keeps of our loops for later processes.

numba takes what it has kept of a function for good as long as the file of that function is the same, whatever else was
compiled into it, and runs it whatever has become of its bytes. Here it counts for one state of all files beside this
one, and has a checksum.
"""

import hashlib
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import IndexDataCacheFile


@cache
def _state() -> str:
    """The content of all files of which something may be compiled into a loop."""
    found = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    """numba's files of a function, each with a checksum of what it holds."""

    def _save_data(self, name: str, data: Any) -> None:
        content = self._dump(data)
        super()._save_data(name, (hashlib.sha256(content).hexdigest(), content))

    def _load_data(self, name: str) -> Any:
        digest, content = super()._load_data(name)
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"{name} is damaged")
        return pickle.loads(content)


class Kept:
    """What is kept of one function: nothing where its files are damaged or the disk is full.

    Either costs the time to compile; a run does not fail of it.
    """

    def __init__(self, files: Any) -> None:
        self._files = files
        files._cache_file = _Files(files.cache_path, files._impl.filename_base, _state())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._files, name)

    def load_overload(self, *asked: Any) -> Any:
        """What is kept for these types; None where nothing is, or nothing that can be read, which is forgotten then."""
        try:
            return self._files.load_overload(*asked)
        except Exception:  # whatever reading cut pickles raises
            with suppress(OSError):
                self._files.flush()
            return None

    def save_overload(self, *made: Any) -> None:
        """Keep what was compiled, if that can be."""
        with suppress(OSError):
            self._files.save_overload(*made)


def compiled_loop(function: Callable[..., Any]) -> Any:
    """Compile at the first call and keep it for later processes, where there is a place to keep it."""
    try:
        loop = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither beside this file nor in the user's cache may anything be written
        return njit(nogil=True, error_model="numpy")(function)
    loop._cache = Kept(loop._cache)  # type: ignore[attr-defined]
    return loop
