"""How much memory runs need and how much there is, so that no more of them run at a time than fit.

Of a CPU the memory that a worker alone holds counts: what it shares with the others (libraries, features that are
mapped) is there once. Of an accelerator it is what the allocator has taken, and a context for each process.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace

#: Left to everything else, MiB.
RESERVE_MIB = 512.0
#: What a process with kernels loaded takes of an accelerator beside the allocator's memory, MiB (assumed).
CONTEXT_MIB = 600.0
#: The allocator takes more than tensors fill, of which results tell (assumed).
ALLOCATED_TO_TAKEN = 1.25
#: Of runs of which nothing is known at all so many are started before the first has told what it holds.
UNKNOWN_AT_A_TIME = 4


class Holding(NamedTuple):
    """What this process holds of a device's memory and what is free there, MiB; free is None where nothing tells."""

    held: float
    free: float | None


def holding(device: str) -> Holding:
    """The memory of this process and of the device ("cpu", "cuda") that it computes on."""
    if device == "cuda":
        from benchmarks.runs.machine.device import accelerator_mib

        taken, free = accelerator_mib()
        return Holding(taken + CONTEXT_MIB, free)
    return Holding(_held_by_this_process(), free_mib())


def _held_by_this_process() -> float:
    """What the process alone has written, MiB; elsewhere than on Linux, its largest size so far."""
    from benchmarks.runs.machine.device import peak_memory_mib

    found = _kibibytes(Path("/proc/self/smaps_rollup"))
    return (found["Private_Dirty"] + found["Swap"]) / 1024 if found else peak_memory_mib("cpu")


def free_mib() -> float | None:
    """What can still be taken of this machine's memory, or of what its control group leaves; None where nothing tells.

    Linux only. Control groups of either version count, with those above them.
    """
    found = _kibibytes(Path("/proc/meminfo"))
    if "MemAvailable" not in found:
        return None
    return min([found["MemAvailable"] / 1024, *_left_by_groups()])


def _left_by_groups() -> list[float]:
    """What each control group of this process may still take, MiB; caches of files in it can be taken back."""
    left = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, kinds, place = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        top = Path("/sys/fs/cgroup", kinds)
        names = ("memory.max", "memory.current") if not kinds else ("memory.limit_in_bytes", "memory.usage_in_bytes")
        here = top / place.lstrip("/")
        for group in (one for one in (here, *here.parents) if one.is_relative_to(top)):
            with suppress(OSError, ValueError, KeyError):  # no limit ("max"), or none that can be seen from inside
                limit, used = (int((group / name).read_text()) for name in names)
                stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
                left.append((limit - used + int(stat["inactive_file"])) / 2**20)
    return left


def _kibibytes(path: Path) -> dict[str, int]:
    """The amounts of a file of /proc, by name; none where there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    fields = (line.split() for line in lines)
    return {field[0].rstrip(":"): int(field[1]) for field in fields if len(field) == 3 and field[2] == "kB"}


class Room:
    """Which runs fit beside each other: by what their like was measured to hold, now or when it was stored."""

    def __init__(self, workspace: "Workspace", device: str, limit_mib: float | None = None) -> None:
        """limit_mib: what all slots may hold together, where that is less than there is."""
        self.workspace, self.device, self.limit_mib = workspace, device, limit_mib
        self._free = free_mib() if device == "cpu" else None
        self._held: dict[int, float] = {}
        self._peaks: dict[str, float] = {}
        self._needs: dict[tuple[str, ...], float] = {}

    def learn(self, slot: int, run: "Run", told: Holding) -> None:
        """A slot tells what it holds while it works on a run."""
        self._held[slot], self._free = told
        self._peaks[run.id] = max(told.held, self._peaks.get(run.id, 0.0))

    def end(self, run: "Run") -> None:
        """A run has ended. What it held is more than it needed where its slot kept memory of runs before it."""
        if run.id in self._peaks:
            self._needs[_kind(run)] = min(self._peaks.pop(run.id), self._needs.get(_kind(run), float("inf")))

    def leave(self, slot: int) -> None:
        """A slot is no more."""
        self._held.pop(slot, None)

    def fits(self, slot: int, run: "Run", busy: Mapping[int, "Run"]) -> bool:
        """Whether a run fits in a slot beside those of the busy ones, each of which may still grow to what it needs."""
        free = self._free
        if free is None and (self.device != "cpu" or self.limit_mib is None):
            return self.device == "cpu"  # of an accelerator its first run tells
        if free is None:  # the system does not tell
            free = float("inf")
        if self.limit_mib is not None:
            free = min(free, self.limit_mib - sum(self._held.values()))
        growing = sum(self._lacks(other, one) for other, one in busy.items())
        return growing + self._lacks(slot, run) + RESERVE_MIB <= free

    def _lacks(self, slot: int, run: "Run") -> float:
        return max(0.0, self._need(run) - self._held.get(slot, 0.0))

    def _need(self, run: "Run") -> float:
        """What a run is expected to hold, MiB: as its like did; else as much as the largest; else a good share."""
        kind = _kind(run)
        known = self._needs.get(kind, self._stored.get(kind))
        so_far = self._peaks.get(run.id, 0.0)
        if known is not None:
            return max(known, so_far)
        others = [*self._needs.values(), *self._peaks.values()]
        return max(others) if others else (self._free or 0.0) / (UNKNOWN_AT_A_TIME + 1)

    @cached_property
    def _stored(self) -> dict[tuple[str, ...], float]:
        """The peaks of stored runs on this kind of device, the smallest of each kind of run.

        Those of gangs tell nothing: the peak is that of all their runs together.
        """
        needs: dict[tuple[str, ...], float] = {}
        for one in (one for runs in self.workspace.ledger.by_slot.values() for one in runs):
            peak = float(one.result.get("peak_memory_mib") or 0.0)
            if peak and "gang" not in one.result and one.result["device"]["kind"] == self.device:
                need = peak * ALLOCATED_TO_TAKEN + CONTEXT_MIB if self.device == "cuda" else peak
                needs[_kind(one.run)] = min(need, needs.get(_kind(one.run), float("inf")))
        return needs


def _kind(run: "Run") -> tuple[str, ...]:
    """Runs of one kind need the same memory: they differ in fold and seed."""
    return run.paper, run.setting, run.dataset, run.tier, run.corpus, run.numerics
