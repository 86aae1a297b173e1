"""How busy a run keeps what it was given: below one, the processor or accelerator has time for more."""

import ctypes
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

#: Seconds between two looks at an accelerator.
LOOK_SECONDS = 1.0


class BusyMeter:
    """The busy share of the processor threads of this process, or of the accelerator that it uses, 0 to 1.

    Of an accelerator it is the share of the time in which anything ran on it, whosever it was, as its driver tells.
    """

    def __init__(self, device: str, threads: int, look: Callable[[], float | None] | None = None) -> None:
        self._threads = threads
        self._look = look or (_accelerator() if device == "cuda" else None)
        self._seen: list[float] = []
        self._is_cpu = device != "cuda"
        self._since = (time.monotonic(), time.process_time())
        self._ended = threading.Event()
        if self._look is not None:
            threading.Thread(target=self._watch, name="busy", daemon=True).start()

    def share(self) -> float | None:
        """The busy share since the last call; None where it cannot be told."""
        if self._is_cpu:
            before, self._since = self._since, (time.monotonic(), time.process_time())
            wall, worked = (now - then for now, then in zip(self._since, before, strict=True))
            return round(min(1.0, worked / (wall * self._threads)), 3) if wall > 0 else None
        seen, self._seen = self._seen, []
        return round(sum(seen) / len(seen), 3) if seen else None

    def close(self) -> None:
        """Look no more."""
        self._ended.set()

    def _watch(self) -> None:
        while self._look is not None and not self._ended.is_set():
            found = self._look()
            if found is None:
                return
            self._seen.append(found)
            self._ended.wait(LOOK_SECONDS)


def _accelerator() -> Callable[[], float | None] | None:
    """A look at the first accelerator that this process sees, by NVIDIA's management library; None without it."""

    class Rates(ctypes.Structure):
        _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))

    handle, rates = ctypes.c_void_p(), Rates()
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    with suppress(OSError, AttributeError, ValueError):
        library = ctypes.CDLL("libnvidia-ml.so.1")
        find = library.nvmlDeviceGetHandleByUUID if first.startswith("GPU-") else library.nvmlDeviceGetHandleByIndex_v2
        name = first.encode() if first.startswith("GPU-") else int(first)
        if library.nvmlInit_v2() or find(name, ctypes.byref(handle)):
            return None

        def look() -> float | None:
            refused = library.nvmlDeviceGetUtilizationRates(handle, ctypes.byref(rates))
            return None if refused else rates.gpu / 100

        return look
    return None
