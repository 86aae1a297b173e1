"""Fewer items for quick trials, spread over what they hold; what is left stays in its order."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def limited_by_class(part: "pd.DataFrame", limit: int | None, classes: Sequence[str]) -> "pd.DataFrame":
    """At most `limit` clips with one label each: one of each class in turn, by name. Sorted by name if any is left out.

    part: index item, column label.
    """
    if not limit or len(part) <= limit:
        return part
    seen = Counter[str]()
    turns = []
    labels = part["label"].sort_index()
    for item, label in zip(labels.index, labels, strict=True):
        seen[label] += 1
        turns.append((seen[label], classes.index(label), item))
    return part.loc[sorted(item for _, _, item in sorted(turns)[:limit])]


def limited_by_event(items: Sequence[str], reference: "pd.DataFrame", limit: int | None) -> list[str]:
    """At most `limit` recordings: one with and one without an event in turn, in their order.

    reference: index item, column onset (NaN without an event).
    """
    if not limit or len(items) <= limit:
        return list(items)
    positive = set(reference.index[reference["onset"].notna()])
    having = [[item for item in items if (item in positive) is wanted] for wanted in (True, False)]
    turns = sorted((turn, side, item) for side, of_side in enumerate(having) for turn, item in enumerate(of_side))
    chosen = {item for _, _, item in turns[:limit]}
    return [item for item in items if item in chosen]


def limited_by_tags(part: "pd.DataFrame", limit: int | None) -> "pd.DataFrame":
    """At most `limit` clips with any number of labels: in turn, by name, one whose rarest label fewest have so far.

    So some of every class are left where the limit allows it, and some clips without a label.
    """
    if not limit or len(part) <= limit:
        return part
    left = {item: label.split(",") for item, label in part["label"].sort_index().items()}
    counts = Counter[str]()
    for _ in range(limit):
        rarest = min(left, key=lambda item: min(counts[label] for label in left[item]))
        counts.update(left.pop(rarest))
    return part[~part.index.isin(left)]


def limited_by_kind(items: Sequence[str], kinds: Sequence[str], limit: int | None) -> list[str]:
    """At most `limit` items: one of each kind in turn, in their order."""
    if not limit or len(items) <= limit:
        return list(items)
    seen = Counter[str]()
    turns = []
    for place, kind in enumerate(kinds):
        seen[kind] += 1
        turns.append((seen[kind], kind, place))
    return [items[place] for place in sorted(place for *_, place in sorted(turns)[:limit])]
