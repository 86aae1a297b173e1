"""Which kernels are used: ours where they can be compiled, what the library compiles, or its layers one by one."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

#: Our loops, the library's layers one by one, or pieces of several layers that the library compiles.
Kernels = Literal["fused", "native", "compiled"]
#: What steps have used: also pieces that were compiled until one could not be.
Used = Literal["fused", "native", "compiled", "partly compiled"]


def _warned(line: str) -> None:
    warnings.warn(line, stacklevel=3)


class _Here(threading.local):
    """What this thread uses; runs that share a process are threads of it."""

    #: which may be used; where these cannot be, native ones are
    chosen: Kernels = "fused"
    #: which were, since the last `begin`
    used: Used = "native"
    #: takes what a user should know, one line
    say: Callable[[str], None] = staticmethod(_warned)


_HERE = _Here()


@cache
def _has_compiler() -> bool:
    """Whether the compiler of our kernels is here; it takes some tenths of a second to import."""
    try:
        import numba
    except Exception:  # absent, or made for another NumPy or another processor
        return False
    # NUMBA_DISABLE_JIT=1 says that nothing is compiled.
    return not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def may_fuse() -> bool:
    """Whether our kernels can be used, and no one has chosen otherwise."""
    return _HERE.chosen == "fused" and _has_compiler()


def may_compile() -> bool:
    """Whether pieces that the library compiles were chosen, and it could so far."""
    return _HERE.chosen == "compiled"


def give_up_compiling(why: str) -> None:
    """Use the library's layers from here on, as it cannot compile pieces of them, and say so."""
    _HERE.chosen = "native"
    if _HERE.used == "compiled":
        _HERE.used = "partly compiled"
    _HERE.say(f"layers could not be compiled ({why}); they are computed one by one")


@contextmanager
def choose(kernels: Kernels, say: Callable[[str], None] = _warned) -> Iterator[None]:
    """Within the block this thread uses these kernels, where they can be; say: takes where they cannot, one line."""
    before = _HERE.chosen, _HERE.say
    _HERE.chosen, _HERE.say = kernels, say  # type: ignore[method-assign]
    try:
        yield
    finally:
        _HERE.chosen, _HERE.say = before  # type: ignore[method-assign]


def note(kernels: Kernels = "fused") -> None:
    """Remember that these were used."""
    _HERE.used = kernels


def begin() -> None:
    """Forget which kernels were used before: a run begins in this thread."""
    _HERE.used = "native"


def used() -> Used:
    """Which kernels the steps of this thread since `begin` have used."""
    return _HERE.used
