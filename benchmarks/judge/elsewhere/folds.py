"""Which folds scores are of, and what is to be said of a part of them."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def some_folds(items: Iterable[str], truth: "pd.DataFrame") -> list[int]:
    """The folds of which an item is among `items`, where there are others of which none is; else none.

    truth: of all folds, indexed by item.
    """
    given = set(items)
    folds = sorted(map(int, truth["fold"].unique()))
    touched = sorted(map(int, truth["fold"][truth.index.isin(given)].unique()))
    return touched if 0 < len(touched) < len(folds) else []


def partial(folds: Collection[object], known: Sequence[int]) -> str | None:
    """Which part of all folds some are, in words: "fold 2 of 5"; None where they are all, or no single folds."""
    some = sorted(fold for fold in folds if isinstance(fold, int) and fold in known)
    if not some or len(some) == len(known):
        return None
    named = ", ".join(map(str, some[:-1])) + (" and " if len(some) > 1 else "") + str(some[-1])
    return f"fold{'s' if len(some) > 1 else ''} {named} of {len(known)}"


def partial_note(label: str, part: str) -> str:
    """What the value of a part of the folds is, and what it is not."""
    return (
        f"{label} is here for {part} alone: its value is no mean over all folds, which those of the other rows are; "
        "the tests are on these items. Give the scores of the other folds, too, in the same file or in further ones."
    )
