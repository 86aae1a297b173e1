"""Which features the other runs of a sweep will ask of the files of one, so that a single pass makes them all.

It is settled by the sweep and not by settings: it moves no number, so no run's id may depend on it; and only the sweep
knows which runs are missing. Who runs one table gets the features of that table and no others.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from benchmarks.errors import USER_ERRORS

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace


def extractors_beside(run: "Run", sweep: Sequence["Run"], workspace: "Workspace") -> list[Any]:
    """The extractors of the runs of a sweep that have the items of `run`, each once.

    A run whose data cannot be had is left out, which it will tell itself.
    """
    from benchmarks.runs.execute import build_data
    from benchmarks.runs.files import canonical_hash

    recipes = {canonical_hash(other.resolved["data"]): other for other in sweep if _items(other) == _items(run)}
    found: dict[str, Any] = {}
    for other in recipes.values():
        try:
            extractor = getattr(build_data(other, workspace), "extractor", None)
        except USER_ERRORS:
            continue
        if extractor is not None:
            found[canonical_hash([extractor.name, extractor.params()])] = extractor
    return list(found.values())


def _items(run: "Run") -> tuple[Any, ...]:
    """What decides which items of which files a run has, as far as its DataModule is of the same class."""
    data = run.resolved["data"]
    limit = data["init_args"].get("limit")
    return run.resolved["dataset"], run.corpus, run.fingerprint, run.fold, data["class_path"], limit
