"""Scores: what a network says about the test items, before any threshold; one file per test set."""

import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from benchmarks.errors import InputError
from benchmarks.runs.files import storage_error
from datasets.acquire.whole import whole

if TYPE_CHECKING:
    from benchmarks.runs.stored.finished import Finished
    from benchmarks.runs.stored.run import Run

#: logit: before the softmax or sigmoid; probability: in [0, 1]; decision: only the largest one of an item counts;
#: linear: an output without an activation, on the scale of what was learnt; log_likelihood: one model per class.
ScoreKind = Literal["logit", "probability", "decision", "linear", "log_likelihood"]
#: Scores that unpack to more than this, in bytes, and to as many times their own size, are none.
MOST_BYTES, MOST_TIMES = 1 << 28, 100
_FLOAT16_LIMIT = float(np.finfo(np.float16).max)
_KEYS = ("items", "classes", "scores", "kind", "hop")


class UnusableScores(InputError):
    """Scores that cannot be used, or a file that holds none; `path`: of the file, None for scores that are in none."""

    def __init__(self, path: Path | None, problem: str) -> None:
        super().__init__(
            f"{path}: {problem}; write this scores file again"
            if path
            else f"scores: {problem}; look at what the network predicts"
        )
        self.problem = problem


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of items for classes.

    `values` is (items, classes), or (items, segments or frames, classes); `hop` is the time between frames in seconds,
    None for scores of whole clips or of segments. `counts` (items,) tells how many segments each item has, behind which
    they come once more, in turn; None where all that there are count. Raises UnusableScores.
    """

    items: tuple[str, ...]
    classes: tuple[str, ...]
    values: np.ndarray
    kind: ScoreKind
    hop: float | None = None
    counts: np.ndarray | None = None

    def __post_init__(self) -> None:
        if problem := _problem(self.items, self.classes, self.values, self.kind, self.hop):
            raise UnusableScores(None, problem)

    def save(self, path: Path) -> None:
        """Write a compressed npz, whole or not at all: float32, or float16 where there is a score per frame."""
        values = np.asarray(self.values, dtype=np.float32)
        if self.hop is not None:
            values = np.clip(values, -_FLOAT16_LIMIT, _FLOAT16_LIMIT).astype(np.float16)
        hop = np.float64(np.nan if self.hop is None else self.hop)
        try:
            with whole(path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(
                    file, items=np.array(self.items), classes=np.array(self.classes), scores=values,
                    kind=np.array(self.kind), hop=hop,
                )  # fmt: skip
        except OSError as error:
            raise storage_error(path, error) from error

    @classmethod
    def load(cls, path: Path) -> "Scores":
        """Read what `save` wrote; nothing is unpickled. Raises InputError that names the file and the defect."""
        try:
            _check_room(path)
            with np.load(path, allow_pickle=False) as file:
                missing = [key for key in _KEYS if key not in file]
                if missing:
                    raise UnusableScores(path, f"has no {missing[0]!r}")
                arrays = {key: file[key] for key in _KEYS}
        except FileNotFoundError:
            raise InputError(f"{path}: no such scores file") from None
        except InputError:
            raise
        except Exception:  # zipfile, zlib and numpy raise a dozen kinds of error on damaged bytes
            raise UnusableScores(path, "cut short, or no scores file") from None
        if arrays["hop"].shape != () or arrays["hop"].dtype.kind != "f":
            raise UnusableScores(path, "hop is not one number (nan for none)")
        hop = float(arrays["hop"])
        items, classes = (tuple(map(str, np.atleast_1d(arrays[key]))) for key in ("items", "classes"))
        kind: Any = str(arrays["kind"])  # which is checked with all else
        try:
            return cls(items, classes, arrays["scores"], kind, None if np.isnan(hop) else hop)
        except UnusableScores as error:
            raise UnusableScores(path, error.problem) from None

    def probabilities(self) -> np.ndarray:
        """Class probabilities, float64, in the shape of `values`: the softmax over classes where they are logits.

        Of log-likelihoods the softmax is the posterior with equal priors. Raises InputError for decisions and linear
        outputs, which have none.
        """
        if without := {"decision": "decisions", "linear": "linear outputs"}.get(self.kind):
            raise InputError(f"scores: {without} have no probabilities; use a metric of {without}")
        values = np.asarray(self.values, dtype=np.float64)
        if self.kind == "probability":
            return values
        exponentials = np.exp(values - values.max(axis=-1, keepdims=True))
        return exponentials / exponentials.sum(axis=-1, keepdims=True)

    def select(self, items: Sequence[str]) -> "Scores":
        """The scores of some items, in their order. Raises InputError for items without scores."""
        rows = {item: row for row, item in enumerate(self.items)}
        if missing := [item for item in items if item not in rows]:
            raise InputError(f"scores: {len(missing)} items without scores ({_first(missing)}); check the dataset")
        return self._on([rows[item] for item in items])

    def _on(self, rows: Sequence[int]) -> "Scores":
        """The scores of the items at some places."""
        counts = None if self.counts is None else self.counts[list(rows)]
        items = tuple(self.items[row] for row in rows)
        return replace(self, items=items, values=self.values[list(rows)], counts=counts)


def scores_of(finished: "Finished", test_set: str) -> Scores:
    """What a run says of a test set, classes in the official order of their labels, by which ties are broken.

    Raises InputError for scores that cannot be read, or of other classes.
    """
    path, dataset = finished.scores_path(test_set), finished.run.resolved["dataset"]
    scores, order = Scores.load(path), official_order(dataset["class_path"], dataset.get("init_args") or {})
    if scores.values.ndim == 3 and scores.hop is None and _drops_segments(finished.run):
        scores = replace(scores, counts=_segment_counts(scores.values))
    return check_items(scores, scores.items, order, str(path)) if order else scores


def _drops_segments(run: "Run") -> bool:
    """Whether clips may have fewer segments than others, as the extractor cuts them and drops silent ones."""
    from benchmarks.runs.versions import class_constant

    extractor = run.resolved["data"]["init_args"].get("extractor")
    return isinstance(extractor, str) and class_constant(extractor, "segmented") is True


def _segment_counts(values: np.ndarray) -> np.ndarray:
    """(items,) how many segments each clip has of those in values (items, S, classes), where some were dropped.

    A clip with fewer than others has its own in turn until there are S (datasets.batches.segments), so that what comes
    behind them is the same once more, to the last bit (ClipDataModule.repeated).
    """
    counts = np.full(len(values), values.shape[1])
    for period in range(values.shape[1] - 1, 0, -1):
        counts[(values[:, period:] == values[:, :-period]).all(axis=(1, 2))] = period
    return counts


def official_order(class_path: str, arguments: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The order in which the release of a dataset numbers its classes; None where that is the dataset's own."""
    from benchmarks.runs.build import import_class

    order = getattr(import_class(class_path), "label_order", None)  # which a dataset of somebody else may lack
    return order(**arguments) if order else None


def _check_room(path: Path) -> None:
    """Raise InputError for a file with an array twice, or one that was made to fill the memory."""
    with zipfile.ZipFile(path) as file:
        members = file.infolist()
        if len({member.filename for member in members}) != len(members):
            raise UnusableScores(path, "has an array twice")
        total = sum(member.file_size for member in members)
        if total > max(MOST_BYTES, MOST_TIMES * path.stat().st_size):
            raise UnusableScores(path, f"would unpack to {total / 1e9:.1f} GB")
        for member in members:
            with file.open(member) as array:
                if (values := _promised(array)) > member.file_size:
                    raise UnusableScores(
                        path, f"{member.filename} promises {values} values in {member.file_size} bytes"
                    )


def _promised(array: IO[bytes]) -> int:
    """How many values the header of an npy file promises: texts of no length have no bytes that would bound them."""
    major, _ = np.lib.format.read_magic(array)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    return math.prod(read(array)[0])


def check_items(scores: Scores, items: Sequence[str], classes: Sequence[str], source: str = "scores") -> Scores:
    """The scores in the order of `items` and `classes`. Raises InputError for unknown or missing ones.

    `source` is what the message names: the file that the scores come from.
    """
    for thing, given, expected in (("item", scores.items, items), ("class", scores.classes, classes)):
        known, there = set(expected), set(given)
        odd = {"unknown": [name for name in given if name not in known],
               "missing": [name for name in expected if name not in there]}  # fmt: skip
        found = [f"{len(names)} {word} ({_first(names)})" for word, names in odd.items() if names]
        if found:
            raise InputError(f"{source}: {thing} names: {', '.join(found)}; expected are {_first(expected)}")
    rows, columns = ({name: i for i, name in enumerate(names)} for names in (scores.items, scores.classes))
    chosen = scores._on([rows[item] for item in items])
    return replace(chosen, classes=tuple(classes), values=chosen.values[..., [columns[name] for name in classes]])


def joined(parts: Sequence[Scores]) -> Scores:
    """The scores of several folds' items as one, padded with the lowest score where items have fewer frames.

    Raises InputError where classes, kind or hop differ.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    if odd := [one for one in parts if (one.classes, one.kind, one.hop) != (first.classes, first.kind, first.hop)]:
        raise InputError(f"scores: those of {odd[0].items[0]} have other classes, another kind or hop; run them again")
    items = tuple(item for one in parts for item in one.items)
    counts = [one.counts for one in parts if one.counts is not None]
    together = np.concatenate(counts) if len(counts) == len(parts) else None
    return Scores(items, first.classes, stacked([one.values for one in parts]), first.kind, first.hop, together)


def stacked(values: Sequence[np.ndarray]) -> np.ndarray:
    """Scores of several lots of items as one array, padded with the lowest score where items have fewer frames."""
    if values[0].ndim == 3:
        most, lowest = max(one.shape[1] for one in values), min(float(one.min()) for one in values)
        widths = [((0, 0), (0, most - one.shape[1]), (0, 0)) for one in values]
        values = [np.pad(one, width, constant_values=lowest) for one, width in zip(values, widths, strict=True)]
    return np.concatenate(values)


def _problem(
    items: tuple[str, ...], classes: tuple[str, ...], values: np.ndarray, kind: str, hop: float | None
) -> str | None:
    """What is wrong with scores, None if nothing is."""
    if kind not in get_args(ScoreKind):
        return f"unknown kind {kind!r} (one of {', '.join(get_args(ScoreKind))})"
    for thing, names in (("item", items), ("class", classes)):
        if len(set(names)) != len(names):
            return f"{thing} {next(name for name in names if names.count(name) > 1)} stands twice"
    if values.dtype.kind != "f":
        return f"scores are {values.dtype}, not floats"
    if values.ndim not in (2, 3) or (values.shape[0], values.shape[-1]) != (len(items), len(classes)):
        shape = " x ".join(map(str, values.shape))
        return f"scores of shape {shape} for {len(items)} items and {len(classes)} classes"
    if 0 in values.shape:
        return "no scores in it"
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(values.astype(np.float32))  # as they are stored
    if bad.any():
        return f"NaN or infinite for item {items[int(np.argwhere(bad)[0, 0])]}"
    if kind == "probability" and (values.min() < -1e-6 or values.max() > 1 + 1e-6):
        return f"probabilities from {values.min():g} to {values.max():g}"
    if hop is not None and not (np.isfinite(hop) and hop > 0 and values.ndim == 3):
        return f"hop of {hop:g} s with scores of {values.ndim} axes (frames need items x frames x classes)"
    return None


def _first(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
