"""How long runs take: what their like took, told with where that is known from.

Minutes are those of a machine of two cores, or of one accelerator, kept busy: a run of one thread leaves the other core
to a second one. A busy hour is not taken on: of a run's epochs the median counts, and where it ran on one core, what it
computed of the time. Settings that two kinds of processors have run tell how much faster one is; what the other took is
scaled by that, and the estimate says so. Without such a setting it is taken as it is, and that is said, too.
"""

import csv
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchmarks.runs.ledger import Finished, Ledger, Run
from benchmarks.runs.provenance import cpu_name, instructions
from datasets.acquire.telling import count_of

#: The cores that estimates of a CPU are for.
CORES = 2
#: Longer than any epoch, about three years.
LONGEST_SECONDS = 1e8
#: Of how many of the newest runs the median is taken: they tell most of what the machine is now.
NEWEST = 5
#: What an estimate stands on that the paper file gives.
TYPED = "typed estimate"


class Machine(NamedTuple):
    """What runs of one kind of device take the same time on: its name and what instructions were used.

    Processors of one name may have others, and their steps take other times (docs/speed.md). Runs from before
    instructions were noted have "".
    """

    kind: str
    name: str
    instructions: str = ""

    @classmethod
    def of(cls, finished: Finished) -> "Machine":
        """That of a stored run."""
        return cls.told(finished.result["device"])

    @classmethod
    def told(cls, device: Mapping[str, Any]) -> "Machine":
        """That of a device as results and progress notes tell it."""
        return cls(device["kind"], device["name"], str(device.get("instructions") or ""))

    def __str__(self) -> str:
        return f"{self.name} ({self.instructions})" if self.instructions else self.name


@dataclass(frozen=True)
class Estimate:
    """Expected minutes of a run, and what they stand on ("5 runs on this kind of CPU")."""

    minutes: float
    basis: str


@dataclass(frozen=True)
class Took:
    """A stored run: which setting, where, with how many threads, and its minutes there."""

    recipe: tuple[str, str]
    machine: Machine
    threads: int
    minutes: float
    ended: str
    #: what it takes where nothing else keeps the machine busy, as far as it tells; None: as it took
    usual: float | None = None
    #: those of its layers (models.kernels), which later versions may have others of
    kernels: str = "native"
    #: whether it has only begun, so that its minutes are those of all its epochs at the pace of the first
    has_only_begun: bool = False

    @classmethod
    def of(cls, finished: Finished) -> "Took":
        """The same of what lies in a store."""
        device = finished.result["device"]
        threads = int(device["threads"]) if device["kind"] == "cpu" else 1
        took, usual = _seconds(finished, has_core=threads == 1 and device["kind"] == "cpu")
        return cls(
            (finished.run.setting, finished.run.recipe), Machine.of(finished), threads,
            took / 60, str(finished.result.get("ended") or ""), usual / 60, str(device.get("kernels") or "native"),
        )  # fmt: skip

    @classmethod
    def begun(cls, run: Run, note: Mapping[str, Any]) -> "Took":
        """The same of a run that has begun, by its progress note."""
        device = note["device"]
        return cls(
            (run.setting, run.recipe), Machine.told(device), int(device["threads"]) if device["kind"] == "cpu" else 1,
            note["of"] * note["seconds"] / 60, "", kernels=str(device.get("kernels") or "native"), has_only_begun=True,
        )  # fmt: skip

    @property
    def of_machine(self) -> float:
        """Minutes of the whole machine: of a CPU's two cores it leaves those without a thread of its own to others."""
        return self.minutes * self._share

    @property
    def to_expect(self) -> float:
        """The same of what the next one is expected to take."""
        return (self.minutes if self.usual is None else self.usual) * self._share

    @property
    def _share(self) -> float:
        return self.threads / CORES if self.machine.kind == "cpu" else 1.0


def _seconds(finished: Finished, has_core: bool) -> tuple[float, float]:
    """What a run took, with attempts before its last, and what it usually takes: its median epoch for each.

    has_core: it ran on one core, so that what it computed is what it would take alone there; runs of several threads
    wait for each other.
    """
    seconds, computed = finished.result["seconds"], finished.result.get("cpu_seconds") or {}
    fit, epochs, took = seconds.get("fit", 0.0), _epochs(finished), spent(finished)["total"]
    if not epochs or "fit" not in seconds or sum(epochs) < fit / 2:  # which do not tell of all that was fitted
        return took, took
    rest, usual = max(0.0, seconds["total"] - fit), len(epochs) * statistics.median(epochs)
    if has_core and fit and "fit" in computed:
        usual *= min(1.0, computed["fit"] / fit)
        rest = min(rest, max(0.0, computed["total"] - computed["fit"]))
    return took, rest + usual


def spent(finished: Finished) -> dict[str, float]:
    """Seconds per phase of a stored run, with what attempts before its last fitted.

    The clock in result.json is that of the process that ended the run; what it took up was trained by others, of which
    history.csv tells, epoch by epoch.
    """
    seconds = dict(finished.result["seconds"])
    if "fit" in seconds:
        before = max(0.0, sum(_epochs(finished)) - seconds["fit"])
        seconds |= {phase: round(seconds[phase] + before, 3) for phase in ("fit", "total")}
    return seconds


def _epochs(finished: Finished) -> list[float]:
    """Seconds of every epoch that a run has trained; none where it tells of none, or of what cannot be."""
    try:
        with (finished.folder / "history.csv").open(newline="", encoding="utf-8") as file:
            found = [float(row["seconds"]) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        return []
    return found if all(0 <= one <= LONGEST_SECONDS for one in found) else []


class Timings:
    """What stored runs took; of a recipe of which none has ended on a machine, what those will take that have begun."""

    def __init__(self, runs: Iterable[Took], begun: Iterable[Took] = ()) -> None:
        self._by_recipe: dict[tuple[str, str], dict[Machine, list[Took]]] = defaultdict(dict)
        for one in sorted(runs, key=lambda one: one.ended):
            before = self._by_recipe[one.recipe].get(one.machine, [])
            # With other kernels than the newest it would take another time.
            self._by_recipe[one.recipe][one.machine] = [*(it for it in before if it.kernels == one.kernels), one]
        for one in begun:
            told = self._by_recipe[one.recipe].setdefault(one.machine, [])
            if all(it.has_only_begun for it in told):
                told.append(one)

    def measured(self, run: Run, here: Machine | None = None) -> dict[str, Estimate]:
        """By kind of device what a run takes there, as far as its recipe has run.

        here: the CPU to tell it of; None for wherever most of its like have run.
        """
        found = self._by_recipe.get((run.setting, run.recipe), {})
        kinds: dict[str, dict[Machine, list[Took]]] = defaultdict(dict)
        for machine, took in found.items():
            kinds[machine.kind][machine] = took
        return {
            kind: _on_most(machines) if kind != "cpu" or here is None else self._on(here, machines)
            for kind, machines in kinds.items()
        }

    def _on(self, here: Machine, machines: Mapping[Machine, Sequence[Took]]) -> Estimate:
        """An estimate for a CPU: what was taken there, else what others took, scaled by how they compare, if known.

        Those of its name whose instructions were not noted stand for it where nothing better is known.
        """
        for same, where in ((here, "this kind of CPU"), (here._replace(instructions=""), f"a CPU named {here.name}")):
            if same in machines:
                alike, threads = _alike_threads(machines[same])
                apart = "" if threads == 1 else f" with {threads} threads"
                return Estimate(_newest(alike), f"{_counted(alike)} on {where}{apart}")
        for machine, took in sorted(machines.items(), key=lambda one: -len(one[1])):
            if ratio := self._ratio(machine, here):
                factor, settings = ratio
                where = f"{_counted(took)} on {machine}"
                scaled = f"scaled by {factor:.2f}, as {count_of(settings, 'setting')} run on both"
                return Estimate(factor * _newest(took), f"{where}, {scaled}")
        most = _on_most(machines)
        return Estimate(most.minutes, f"{most.basis}, another kind of CPU")

    def _ratio(self, there: Machine, here: Machine) -> tuple[float, int] | None:
        """How much longer runs take on one CPU than on another, and how many settings, run on both, say so."""
        ratios = [
            math.log(_newest(machines[here]) / _newest(machines[there]))
            for machines in self._by_recipe.values() if here in machines and there in machines
        ]  # fmt: skip
        return (math.exp(statistics.fmean(ratios)), len(ratios)) if ratios else None


def _on_most(machines: Mapping[Machine, Sequence[Took]]) -> Estimate:
    machine, took = max(machines.items(), key=lambda one: (len(one[1]), one[0]))
    return Estimate(_newest(took), f"{_counted(took)} on {machine}")


def _counted(took: Sequence[Took]) -> str:
    """How many an estimate is from, and of which kind."""
    return count_of(min(len(took), NEWEST), "begun run" if took[-1].has_only_begun else "run")


def _alike_threads(took: Sequence[Took]) -> tuple[list[Took], int]:
    """Those with as many threads as most had, the fewer where two numbers are as frequent, and that number."""
    counts = sorted({one.threads for one in took}, key=lambda n: (-sum(one.threads == n for one in took), n))
    return [one for one in took if one.threads == counts[0]], counts[0]


def _newest(took: Sequence[Took]) -> float:
    """The median of the newest; of times that are not all above nothing, as fabricated ones, at least a moment."""
    return max(1e-4, statistics.median(one.to_expect for one in took[-NEWEST:]))


def leave_one_out(took: Sequence[Took], counts: Callable[[Took], bool] = lambda one: True) -> list[float]:
    """How far off an estimate of each run from the others of its kind is: 0.2 is 20 % too much.

    Of a kind are those of one recipe, machine, kernels and number of threads. Of each run the estimate is from those
    that ended nearest to it, as for the next run it is from the newest. Runs without another of their kind say nothing.
    """
    groups: dict[object, list[Took]] = defaultdict(list)
    for one in sorted(took, key=lambda one: one.ended):
        groups[one.recipe, one.machine, one.kernels, one.threads].append(one)
    errors = []
    for alike in groups.values():
        for at, one in enumerate(alike):
            before, after = alike[max(0, at - NEWEST) : at], alike[at + 1 : at + 1 + NEWEST]
            if counts(one) and (others := (before + after[: max(0, NEWEST - len(before))])):
                errors.append(_newest(others) / one.of_machine - 1)
    return errors


#: The timings of the store that was last asked of, by its runs as they were read.
_LAST: dict[str, tuple[object, Timings]] = {}


def stored_timings(ledger: Ledger) -> Timings:
    """Those of the runs of a store, gathered again when other runs have ended."""
    runs = ledger.by_slot
    if "runs" not in _LAST or _LAST["runs"][0] is not runs:
        ended = (Took.of(one) for of_slot in runs.values() for one in of_slot)
        _LAST["runs"] = runs, Timings(ended, (Took.begun(*one) for one in ledger.begun()))
    return _LAST["runs"][1]


def expected(run: Run, typed: Mapping[str, float], timings: Timings, here: Machine | None) -> dict[str, Estimate]:
    """By kind of device: measured, where the recipe has run and that says something of this CPU, else as typed."""
    fallback = {kind: Estimate(minutes, TYPED) for kind, minutes in typed.items()}
    return {**fallback, **timings.measured(run, here)}


def this_cpu(numerics: str) -> Machine:
    """The kind of CPU that plans are made for: this machine's, with the instructions of these numerics."""
    return Machine("cpu", cpu_name(), instructions(numerics))
