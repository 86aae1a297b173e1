"""How long a sweep still takes: from what its runs are expected to take, and what those have taken that it has seen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


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


@dataclass
class Pace:
    """Seconds of runs; a run of which nothing is expected counts as the mean of those that are known."""

    expected: dict[str, float] = field(default_factory=dict)
    _seen: dict[str, _Seen] = field(default_factory=dict)
    #: of the runs that are done: what each took, and what was expected of it, 0 for nothing
    _done: list[tuple[float, float]] = field(default_factory=list)

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
        self._done.append((now - seen.started, self.expected.get(run, 0.0)))

    def left(self, run: str, now: float) -> float | None:
        """The seconds that a run still takes: by its epochs once there are two, else by what is expected of it."""
        seen = self._seen.get(run)
        if seen is not None and (ends := seen.ends) is not None:
            return round(max(0.0, ends - now), 1)
        whole = self._whole(run)
        return None if whole is None else round(max(0.0, whole - (now - seen.started if seen else 0.0)), 1)

    def sweep(self, running: Collection[str], waiting: Collection[str], jobs: int, now: float) -> float | None:
        """The seconds until all have ended in so many slots; None where nothing is known of some run."""
        left = [self.left(run, now) for run in (*running, *waiting)]
        known = [seconds for seconds in left if seconds is not None]
        return max(*known, sum(known) / jobs, 0.0) if len(known) == len(left) and known else None

    def _whole(self, run: str) -> float | None:
        """What a run takes: as expected, by the ratio that held so far; without that, as the others."""
        going = [
            (ends - seen.started, self.expected.get(name, 0.0))
            for name, seen in self._seen.items() if (ends := seen.ends) is not None
        ]  # fmt: skip
        known = [*self._done, *going]
        if expected := self.expected.get(run):
            foreseen = [(took, of_it) for took, of_it in known if of_it]
            return (
                expected * sum(took for took, _ in foreseen) / sum(of_it for _, of_it in foreseen)
                if foreseen
                else expected
            )
        return sum(took for took, _ in known) / len(known) if known else None
