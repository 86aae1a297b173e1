"""Which kernels are used: ours where they can be compiled, and the library's everywhere else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Literal

Kernels = Literal["fused", "native"]

#: Whether ours may be used.
_STATE = {"may": True}


class _Seen(threading.local):
    """Whether ours were used since the last `begin`; runs that share a process are threads of it."""

    did = False


_SEEN = _Seen()


@cache
def _compiles() -> bool:
    """Whether the compiler of our kernels is here; it takes some tenths of a second to import."""
    try:
        import numba
    except Exception:  # absent, or made for another NumPy or another processor
        return False
    # NUMBA_DISABLE_JIT=1 says that nothing is compiled.
    return not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def may_fuse() -> bool:
    """Whether our kernels can be used, and no one has chosen otherwise."""
    return _STATE["may"] and _compiles()


@contextmanager
def choose(kernels: Kernels) -> Iterator[None]:
    """Within the block our kernels ("fused", where they can be) or the library's ("native") are used."""
    before = _STATE["may"]
    _STATE["may"] = kernels == "fused"
    try:
        yield
    finally:
        _STATE["may"] = before


def available() -> Kernels:
    """Which kernels a training here would use, as far as its layers are of that kind."""
    return "fused" if may_fuse() else "native"


def note() -> None:
    """Remember that ours were used."""
    _SEEN.did = True


def begin() -> None:
    """Forget which kernels were used before: a run begins in this thread."""
    _SEEN.did = False


def used() -> Kernels:
    """Which kernels the steps of this thread since `begin` have used."""
    return "fused" if _SEEN.did else "native"
