"""How busy a run keeps what it was given, and how busy others keep the machine, to whom a run in the background yields.

Below one, the processor or accelerator has time for more.
"""

import ctypes
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: Seconds between two looks at an accelerator.
LOOK_SECONDS = 1.0
#: So many looks in a row must say the same before a run steps aside, or goes on.
LOOKS = 2
#: Whether a run was asked to stop is looked at so often while it stands aside, seconds.
STOP_SECONDS = 0.5


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


@dataclass(frozen=True)
class Yielding:
    """When a run stands aside: above `pause`, a share of all cores that others keep busy, until it is below `resume`.

    probe: the import path of what tells that share: a class like `Others`.
    """

    pause: float = 0.75
    resume: float = 0.5
    look_seconds: float = 5.0
    probe: str = "benchmarks.launch.busy.Others"


class Others:
    """The share of the machine's cores that processes other than this one keep busy."""

    def __init__(self) -> None:
        self._before = self._worked()

    def __call__(self) -> float | None:
        """That share since the last call; None where it cannot be told."""
        before, self._before = self._before, self._worked()
        if before is None or self._before is None:
            return None
        busy, own, wall = (now - then for now, then in zip(self._before, before, strict=True))
        return max(0.0, (busy - own) / (wall * (os.cpu_count() or 1))) if wall > 0 else None

    @staticmethod
    def _worked() -> tuple[float, float, float] | None:
        """Seconds for which all cores were busy, those of them that were this process's, and those of the clock."""
        now = time.monotonic()
        with suppress(OSError, ValueError):
            first = Path("/proc/stat").read_text().partition("\n")[0].split()
            user, nice, system, _, _, *interrupts = map(int, first[1:8])
            ticks = os.sysconf("SC_CLK_TCK")
            return (user + nice + system + sum(interrupts)) / ticks, time.process_time(), now
        return None


class Courtesy:
    """Lets one run stand aside while others keep the machine busy; called between its steps, as often as it likes.

    tell: is told why it stands aside, and with "" that it goes on.
    """

    def __init__(self, rule: Yielding, probe: Callable[[], float | None], tell: Callable[[str], None]) -> None:
        self.rule, self.probe, self.tell = rule, probe, tell
        self._looked = time.monotonic()
        self._busy = 0

    def __call__(self, should_stop: Callable[[], bool], alive: Callable[[], None]) -> None:
        """Return at once, or when the machine is free again or the run is to stop; `alive` is called meanwhile."""
        if not self._is_time():
            return
        share = self.probe()
        self._busy = self._busy + 1 if share is not None and share > self.rule.pause else 0
        if share is None or self._busy < LOOKS:
            return
        self.tell("the machine is busy")
        calm = 0
        while calm < LOOKS and not should_stop():
            time.sleep(min(STOP_SECONDS, self.rule.look_seconds))
            if self._is_time():
                alive()
                share = self.probe()
                calm = calm + 1 if share is None or share < self.rule.resume else 0
        self._busy = 0
        self.tell("")

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._looked < self.rule.look_seconds:
            return False
        self._looked = now
        return True
