"""Values of metrics kept by (checksum of the scores, metric id, metric version). The folder may be deleted any time."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from benchmarks.metrics.metric import Metric, MetricValue


class MetricCache:
    """A folder of metric values. What cannot be read is computed again, and a full disk only costs time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, digest: str, metric: Metric, compute: Callable[[], MetricValue]) -> MetricValue:
        """The value of `metric` on the scores file whose SHA-256 is `digest`: a kept one, or what `compute` says."""
        path = self.folder / f"{digest}-{metric.id}-v{metric.version}.npz"
        kept = _read(path)
        if kept is not None:
            return kept
        value = compute()
        with suppress(OSError):
            _write(path, value)
        return value


def _read(path: Path) -> MetricValue | None:
    """A kept value; None if it is missing, damaged (the archive has a checksum per array) or of an older form."""
    try:
        with np.load(path, allow_pickle=False) as file:
            items = tuple(map(str, file["items"]))
            counts = dict(zip(map(str, file["counted"]), map(int, file["counts"]), strict=True))
            value = MetricValue(float(file["value"]), file["per_item"], items, counts, bool(file["is_share"]))
    except Exception:  # zipfile, zlib and numpy raise a dozen kinds of error on damaged bytes
        return None
    return value if value.per_item.shape == (len(items),) else None


def _write(path: Path, value: MetricValue) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("wb") as file:
            counted, counts = list(value.counts), list(value.counts.values())
            np.savez_compressed(
                file, value=value.value, per_item=value.per_item, items=np.array(value.items), is_share=value.is_share,
                counted=np.array(counted, dtype=np.str_), counts=np.array(counts, dtype=np.int64),
            )  # fmt: skip
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
