"""From the stored scores of runs to the values of a metric: as they were kept, or computed, by processes if many are.

What is kept of a value is exact. A report reads the values of a cell from one file, as long as they are the same ones.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.metrics import metric_named
from benchmarks.metrics.metric import Chosen, MetricValue
from benchmarks.runs.ledger import ANNOTATIONS, Finished
from benchmarks.runs.memo import Memo, is_shared
from benchmarks.runs.scores import Scores, joined, scores_of
from benchmarks.runs.stored.finished import signature
from datasets.processes import available_cores, in_processes

if TYPE_CHECKING:
    import pandas as pd

#: Scoring that takes less than so many seconds is done in this process.
SECONDS_WORTH_PROCESSES = 1.0
#: Values that a process is given at a time.
AT_A_TIME = 16
#: Of so many test sets of runs the scores are held, some MiB each; by the state of the run's files.
MOST_READ = 32
_READ: dict[tuple[Path, str, str], Scores] = {}


@dataclass(frozen=True, eq=False)
class Referenced:
    """A finished run with what is true, by test set, of the items that are asked about."""

    finished: Finished
    truths: "Mapping[str, pd.DataFrame]"


@dataclass(frozen=True)
class Question:
    """A metric of what runs say about a test set; `items`: the column that tells which of its items, or "all"."""

    metric: str
    test_set: str
    items: str

    @property
    def test_sets(self) -> tuple[str, ...]:
        """The test sets whose scores it takes: with that on which thresholds are chosen."""
        return tuple(dict.fromkeys((self.test_set, metric_named(self.metric).chosen_on or self.test_set)))

    def key(self, runs: Sequence[Referenced]) -> list[Any]:
        """Changes with the scores, with what is true of their items, with the list of items and with the metric."""
        metric = metric_named(self.metric)
        names = [name for one in self.test_sets for name in (f"scores_{one}.npz", f"{ANNOTATIONS}{one}.csv")]
        digests = [[one.finished.result["files"].get(name) for name in names] for one in runs]
        return [digests, self.items, self.metric, metric.id, metric.version]

    def value(self, runs: Sequence[Referenced]) -> MetricValue:
        """The value of the metric on the scores of all these runs."""
        metric = metric_named(self.metric)
        said = [self._said(one, self.test_set) for one in runs]
        scores, reference = joined(said), stacked([one.truths[self.test_set] for one in runs])
        if not metric.chosen_on:
            return metric.compute(scores, reference)
        chosen = [
            Chosen(of_run.items, self._said(one, metric.chosen_on), one.truths[metric.chosen_on])
            for one, of_run in zip(runs, said, strict=True)
        ]
        return metric.compute(scores, reference, chosen)

    def _said(self, one: Referenced, test_set: str) -> Scores:
        said = _read(one.finished, test_set)
        return said if self.items == "all" else said.select(list(dict.fromkeys(one.truths[test_set].index)))


def _read(finished: Finished, test_set: str) -> Scores:
    """The scores of a run, whose files are compared with their checksums: read once for several metrics in a row."""
    key = (finished.folder, test_set, signature(finished.folder))
    if key not in _READ:
        finished.verify()
        while len(_READ) >= MOST_READ:
            _READ.pop(next(iter(_READ)))
        _READ[key] = scores_of(finished, test_set)
    return _READ[key]


def stacked(truths: "Sequence[pd.DataFrame]") -> "pd.DataFrame":
    """What is true of the items of several runs, one after the other."""
    import pandas as pd

    return truths[0] if len(truths) == 1 else pd.concat(truths)


def values(memo: Memo, question: Question, groups: Sequence[Sequence[Referenced]]) -> list[MetricValue]:
    """The answer for each group of runs. Values of the same items share their names."""

    def packed() -> dict[str, Any]:
        found = list(_each(memo, question, groups))
        places = {items: place for place, items in enumerate(dict.fromkeys(one.items for one in found))}
        return {
            "items": [list(items) for items in places],
            "values": [{**_plain(one), "items": places[one.items]} for one in found],
        }

    kept = memo.json("values", [question.key(group) for group in groups], packed)
    items = [tuple(names) for names in kept["items"]]
    return [_value(one, items[one["items"]]) for one in kept["values"]]


def _each(memo: Memo, question: Question, groups: Sequence[Sequence[Referenced]]) -> Iterator[MetricValue]:
    """The answers, one by one; the rest by processes as soon as they are worth it, unless others are at work here."""
    began, cores = time.monotonic(), 1 if is_shared() else available_cores()
    for done, group in enumerate(groups):
        expected = (time.monotonic() - began) / max(1, done) * (len(groups) - done)
        if done and expected > SECONDS_WORTH_PROCESSES and cores > 1:
            shares = [groups[first : first + AT_A_TIME] for first in range(done, len(groups), AT_A_TIME)]
            for found in in_processes(_some, [(memo, question, share) for share in shares]):
                yield from found
            return
        yield _one(memo, question, group)


def _some(memo: Memo, question: Question, groups: Sequence[Sequence[Referenced]]) -> list[MetricValue]:
    return [_one(memo, question, group) for group in groups]


def _one(memo: Memo, question: Question, group: Sequence[Referenced]) -> MetricValue:
    """One answer, kept by itself too: with one run more, only that is scored."""
    kept = memo.json("metrics", question.key(group), lambda: _plain(question.value(group)))
    return _value(kept, tuple(kept["items"]))


def _plain(value: MetricValue) -> dict[str, Any]:
    return {
        "value": float(value.value), "per_item": value.per_item.tolist(), "items": list(value.items),
        "counts": {name: int(count) for name, count in value.counts.items()}, "is_share": value.is_share,
    }  # fmt: skip


def _value(kept: dict[str, Any], items: tuple[str, ...]) -> MetricValue:
    per_item = np.array(kept["per_item"], dtype=np.float64)
    return MetricValue(kept["value"], per_item, items, kept["counts"], kept["is_share"])
