"""What a network says about sounds, as text: a table, csv or JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.errors import told
from datasets.acquire.telling import shown

if TYPE_CHECKING:
    from models.prediction import Prediction

Format = Literal["table", "csv", "json"]
COLUMNS = ("file", "second", "class", "value", "quantity")
#: Of a sound of so many seconds a table shows each; of longer ones `csv` and `json` have all.
SHOWN = 60


def text_of(found: Sequence[tuple[Path, "Prediction"]], form: Format, top: int) -> str:
    """What was found of each file, as a table for people, csv or JSON, with the `top` likeliest classes."""
    if form == "json":
        return json.dumps([_plain(path, one, top) for path, one in found], indent=1)
    if form == "csv":
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for path, one in found:
            for second, ranked in _rows(one, top):
                writer.writerows((path, second, name, f"{value:.6g}", one.quantity) for name, value in ranked)
        return file.getvalue().rstrip("\n")
    return "\n\n".join(_table(path, one, top) for path, one in found)


def _rows(one: "Prediction", top: int) -> Iterator[tuple[str, list[tuple[str, float]]]]:
    """The whole, then each second, with its likeliest classes and their values."""
    frame = one.frame()
    for second, values in zip(frame.index, frame.to_numpy(), strict=True):
        order = (-values).argsort(kind="stable")[:top]
        yield str(second), [(shown(one.classes[place]), float(values[place])) for place in order]


def _table(path: Path, one: "Prediction", top: int) -> str:
    rows = list(_rows(one, top))
    wide = max(len(name) for _, ranked in rows for name, _ in ranked)
    lines = [f"{told(str(path))}  ({one.quantity})"]
    for second, ranked in rows[: SHOWN + 1]:
        lines.append(f"{second:>7}  " + "  ".join(f"{name:<{wide}} {value:.3f}" for name, value in ranked))
    if len(rows) > SHOWN + 1:
        lines.append(f"        {len(rows) - SHOWN - 1} more seconds; --format csv tells all")
    if one.seconds is None:
        lines.append("        it judges the whole; seconds are not told")
    return "\n".join(lines)


def _plain(path: Path, one: "Prediction", top: int) -> dict[str, Any]:
    (_, whole), *seconds = [(second, dict(ranked)) for second, ranked in _rows(one, top)]
    parts = None if one.seconds is None else [values for _, values in seconds]
    return {"file": str(path), "quantity": one.quantity, "whole": whole, "seconds": parts, "notes": list(one.notes)}
