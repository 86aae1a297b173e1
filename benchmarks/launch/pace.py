"""How long a sweep still takes: from what its runs are expected to take, and what those have taken that it has seen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass
class _Seen:
    """A run that goes on; times in seconds of one clock."""

    started: float
    #: the first epoch that was told, and the last, with their times
    first: tuple[int, float] | None = None
    last: tuple[int, float] | None = None
    of: int = 0

    @property
    def ends(self) -> float | None:
        """When it ends, by its epochs; None until there are two."""
        if not self.first or not self.last or self.last[0] <= self.first[0]:
            return None
        each = (self.last[1] - self.first[1]) / (self.last[0] - self.first[0])
        return self.last[1] + each * (self.of - self.last[0])


class _Whole(NamedTuple):
    """Whole runs together: how many and their seconds, and of those of which something was expected, what that was."""

    runs: int = 0
    took: float = 0.0
    #: of the runs of which something was expected: the seconds that they took, and those that were expected
    foreseen_took: float = 0.0
    foreseen: float = 0.0

    def with_run(self, took: float, expected: float) -> "_Whole":
        """These and one more; expected: 0 for nothing."""
        is_foreseen = bool(expected)
        return _Whole(
            self.runs + 1, self.took + took, self.foreseen_took + took * is_foreseen, self.foreseen + expected
        )

    def expects(self, seconds: float) -> float | None:
        """What a run takes of which so much is expected: by the ratio that held so far; of which nothing is, the mean.

        None where nothing is known of any.
        """
        if seconds:
            return seconds * self.foreseen_took / self.foreseen if self.foreseen else seconds
        return self.took / self.runs if self.runs else None


@dataclass
class Pace:
    """Seconds of runs; a run of which nothing is expected counts as the mean of those that are known."""

    expected: dict[str, float] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    #: the runs that are done, summed up: there may be thousands, and `sweep` is asked at every event
    _done: _Whole = field(default_factory=_Whole)

    def expect(self, seconds: Mapping[str, float]) -> None:
        """What runs are expected to take, 0 where nothing is known."""
        self.expected |= seconds

    def start(self, run: str, now: float) -> None:
        """A run has been given to a slot."""
        self._seen[run] = _Seen(now)

    def see(self, run: str, epoch: int, of: int, now: float) -> None:
        """A run has trained so many of its epochs."""
        seen = self._seen.setdefault(run, _Seen(now))
        seen.first, seen.last, seen.of = seen.first or (epoch, now), (epoch, now), of

    def end(self, run: str, how: str, now: float) -> None:
        """A run has ended; only one that is done says how long runs take."""
        seen = self._seen.pop(run, None)
        if seen is None or how != "done":
            return
        self._done = self._done.with_run(now - seen.started, self.expected.get(run, 0.0))

    def left(self, run: str, now: float) -> float | None:
        """The seconds that a run still takes: by its epochs once there are two, else by what is expected of it."""
        [seconds] = self.each([run], now)
        return seconds

    def each(self, runs: Iterable[str], now: float) -> list[float | None]:
        """The same of several runs, in their order."""
        known = self._known()
        return [self._left(run, now, known) for run in runs]

    def sweep(self, running: Collection[str], waiting: Collection[str], jobs: int, now: float) -> float | None:
        """The seconds until all have ended in so many slots; None where nothing is known of some run."""
        left = self.each((*running, *waiting), now)
        known = [seconds for seconds in left if seconds is not None]
        return max(*known, sum(known) / jobs, 0.0) if len(known) == len(left) and known else None

    def _known(self) -> _Whole:
        """The runs that are done, with those that go on and tell when they end."""
        known = self._done
        for run, seen in self._seen.items():
            if (ends := seen.ends) is not None:
                known = known.with_run(ends - seen.started, self.expected.get(run, 0.0))
        return known

    def _left(self, run: str, now: float, known: _Whole) -> float | None:
        seen = self._seen.get(run)
        if seen is not None and (ends := seen.ends) is not None:
            return round(max(0.0, ends - now), 1)
        whole = known.expects(self.expected.get(run, 0.0))
        return None if whole is None else round(max(0.0, whole - (now - seen.started if seen else 0.0)), 1)
