"""What the runs behind a table were made with, in one short table per variant."""

from collections import Counter
from collections.abc import Iterable, Sequence

from benchmarks.judge.table import CellResult
from benchmarks.reporting.render.blocks import Block, Folded, Grid
from benchmarks.reporting.wording import conditions
from benchmarks.runs.ledger import Finished
from benchmarks.runs.provenance import device_in_words
from benchmarks.runs.stored.timings import spent
from datasets.acquire.telling import count_of


def provenance_blocks(results: Sequence[CellResult]) -> list[Block]:
    """Revisions, devices, packages, precision, time and memory of the runs that feed these cells."""
    runs = {
        scored.finished.run.id: scored.finished
        for one in results if one.evidence for scored in one.evidence.scored
    }  # fmt: skip
    if not runs:
        return []
    done = list(runs.values())
    rows = [
        ("runs", str(len(done))),
        ("code", _counted(_revision(one) for one in done)),
        ("devices", _counted(device_in_words(one.result["device"]) for one in done)),
        ("precision", _counted(str(one.result["numerics"]) for one in done)),
        ("packages", _counted(_packages(one) for one in done)),
        ("data", _counted(f"`{one.run.dataset}` {one.run.fingerprint}" for one in done)),
        *((f"time: {phase}", duration(seconds)) for phase, seconds in _seconds(done).items()),
        ("peak memory of a run", f"{max(one.result['peak_memory_mib'] for one in done):.0f} MiB"),
    ]
    return [Folded(f"Provenance, {conditions(results[0].variant)}", [Grid(("what", "value"), rows, left=(0, 1))])]


def duration(seconds: float) -> str:
    """Seconds for reading: "2 h 05 min", "41 s"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def _counted(values: Iterable[str]) -> str:
    """Distinct values; with the number of runs where there are several."""
    counts = Counter(values)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{value} ({count_of(count, 'run')})" for value, count in sorted(counts.items()))


def _revision(one: Finished) -> str:
    code = one.result["code"]
    return f"`{code['revision'][:10]}`{' with local changes' if code['dirty'] else ''}"


def _packages(one: Finished) -> str:
    return ", ".join(f"{name} {version}" for name, version in one.result["packages"].items())


def _seconds(done: Sequence[Finished]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for one in done:
        for phase, seconds in spent(one).items():
            sums[phase] = sums.get(phase, 0.0) + seconds
    return dict(sorted(sums.items(), key=lambda item: (item[0] != "total", item[0])))
