"""Scores made elsewhere, as tables of text: probabilities per class, or one label per item. And several files as one.

Tables may be parted by commas, semicolons (with decimal commas, as some spreadsheets write them) or tabs.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.errors import InputError
from benchmarks.judge.elsewhere.names import official_names
from benchmarks.runs.scores import MOST_BYTES, Scores, UnusableScores, joined

#: What tables of text are called.
SUFFIXES = (".csv", ".tsv", ".txt")
ITEM, LABEL = "item", "label"
#: Items times classes of a table, at most: no table of labels shall fill the memory.
MOST_VALUES = 1 << 27


def read_scores(sources: Sequence[str]) -> Scores:
    """The scores of one file, or of several that have other items each. Raises InputError."""
    parts = [_read(Path(source)) for source in sources]
    if len(parts) == 1:
        return parts[0]
    _check_apart(sources, parts)
    first = parts[0]
    for source, part in zip(sources, parts, strict=True):
        if (part.kind, part.hop) != (first.kind, first.hop):
            what = f"{part.kind} scores with a hop of {part.hop}, {sources[0]} {first.kind} scores with {first.hop}"
            raise InputError(f"{source}: has {what}; write all files in one form")
    if first.kind == "decision":
        named = dict.fromkeys(name for part in parts for name in part.classes)
        return joined([with_classes(part, tuple(named)) for part in parts])
    return joined([_as_named(source, part, first) for source, part in zip(sources, parts, strict=True)])


def renamed(scores: Scores, names: Mapping[str, str]) -> Scores:
    """The scores with other names of classes; those of decisions that have become one are one class."""
    classes = [names.get(name, name) for name in scores.classes]
    if scores.kind != "decision" or len(set(classes)) == len(classes):
        return replace(scores, classes=tuple(classes))
    merged = tuple(dict.fromkeys(classes))
    values = [scores.values[..., [name == one for name in classes]].max(axis=-1) for one in merged]
    return Scores(scores.items, merged, np.stack(values, axis=-1), scores.kind, scores.hop)


def with_classes(scores: Scores, classes: tuple[str, ...]) -> Scores:
    """Decisions among more classes, in their order; those that are new are never decided for."""
    lowest = float(scores.values.min()) - 1
    values = np.full((*scores.values.shape[:-1], len(classes)), lowest, dtype=np.float64)
    for column, name in enumerate(scores.classes):
        values[..., classes.index(name)] = scores.values[..., column]
    return Scores(scores.items, classes, values, scores.kind, scores.hop)


def _read(path: Path) -> Scores:
    return _of_text(path) if path.suffix.lower() in SUFFIXES else Scores.load(path)


def _check_apart(sources: Sequence[str], parts: Sequence[Scores]) -> None:
    """Raise InputError for an item that is in two files."""
    where: dict[str, str] = {}
    for source, part in zip(sources, parts, strict=True):
        twice = next((item for item in part.items if item in where), None)
        if twice is not None:
            raise InputError(f"{source}: {twice} is in {where[twice]}, too; give each item in one file alone")
        where |= dict.fromkeys(part.items, source)


def _as_named(source: str, part: Scores, first: Scores) -> Scores:
    """The scores with the classes of the first file, in their order, however they are spelled."""
    names, odd = official_names(part.classes, first.classes)
    if odd or len(names) < len(first.classes):
        why = odd or f"has no class {next(name for name in first.classes if name not in names.values())!r}"
        raise InputError(f"{source}: {why}; give all files the same classes")
    columns = [part.classes.index(next(given for given, one in names.items() if one == name)) for name in first.classes]
    return Scores(part.items, first.classes, part.values[..., columns], part.kind, part.hop)


def _of_text(path: Path) -> Scores:
    """Probabilities from a column per class, or decisions from the column `label`. Raises InputError."""
    records, delimiter = _records(path)
    header = [name.strip() for name in records[0][1]] if records else []
    if [name.casefold() for name in header[:1]] != [ITEM] or len(header) < 2:
        begins = f", and is {delimiter.join(header[:3])}" if header else ""
        raise UnusableScores(path, f"the first line must be item,<class>,<class>,... or item,label{begins}")
    for number, record in records[1:]:
        if len(record) != len(header):
            raise UnusableScores(path, f"line {number} has {len(record)} of {len(header)} columns")
    items = tuple(record[0].strip() for _, record in records[1:])
    if (item := _twice(items)) is not None:
        raise UnusableScores(path, f"item {item} stands twice")
    if len(header) == 2 and header[1].casefold() == LABEL:
        return _decisions(path, items, records[1:])
    values = [[_number(path, line, text, delimiter) for text in record[1:]] for line, record in records[1:]]
    return _probabilities(path, items, tuple(header[1:]), np.array(values, dtype=np.float64))


def _records(path: Path) -> tuple[list[tuple[int, list[str]]], str]:
    """The lines of a table that are not empty, with their numbers, and what parts its columns."""
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise UnusableScores(path, f"has {size / 1e6:.0f} MB, and a table has {MOST_BYTES / 1e6:.0f} at most")
        text = path.read_text(encoding="utf-8-sig")
        first = next(filter(str.strip, text.splitlines()), "")
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [(reader.line_num, record) for record in reader if any(map(str.strip, record))], delimiter
    except FileNotFoundError:
        raise InputError(f"{path}: no such scores file") from None
    except UnicodeDecodeError:
        raise UnusableScores(path, "not a readable csv file, whose text is UTF-8; save it as CSV UTF-8") from None
    except (csv.Error, OSError) as error:
        raise UnusableScores(path, f"not a readable csv file ({error})") from None


def _decisions(path: Path, items: tuple[str, ...], records: Sequence[tuple[int, list[str]]]) -> Scores:
    labels = [record[1].strip() for _, record in records]
    if "" in labels:
        raise UnusableScores(path, f"line {records[labels.index('')][0]} has no label")
    classes = tuple(sorted(set(labels)))
    if not classes:
        raise UnusableScores(path, "no scores in it")
    if len(items) * len(classes) > MOST_VALUES:
        raise UnusableScores(path, f"{len(classes)} different labels; a label is the name of a class")
    places = {label: place for place, label in enumerate(classes)}
    values = np.zeros((len(items), len(classes)))
    values[np.arange(len(items)), [places[label] for label in labels]] = 1
    return Scores(items, classes, values, "decision")


def _probabilities(path: Path, items: tuple[str, ...], classes: tuple[str, ...], values: np.ndarray) -> Scores:
    if not items:
        raise UnusableScores(path, "no scores in it")
    if (name := _twice(classes)) is not None:
        raise UnusableScores(path, f"class {name!r} stands twice")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise UnusableScores(path, f"NaN or infinite for item {items[int(bad[0, 0])]}")
    if values.min() < -1e-6 or values.max() > 1 + 1e-6:
        raise UnusableScores(
            path, f"probabilities from {values.min():g} to {values.max():g}; take the softmax, or an npz of logits"
        )
    return Scores(items, classes, values, "probability")


def _twice(names: Iterable[str]) -> str | None:
    """The first name that comes again."""
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]


def _number(path: Path, line: int, text: str, delimiter: str) -> float:
    try:
        if "_" in text:  # which Python takes between digits
            raise ValueError
        return float(text if delimiter == "," else text.replace(",", "."))
    except ValueError:
        raise UnusableScores(path, f"line {line}: {text!r} is not a number") from None
