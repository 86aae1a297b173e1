"""Whether a run was tested on the official items of its test sets, all of them and no others.

What the items are is known from up to four sources: names that tell their fold; the number that the complete release
has; the files of the dataset, where those that the run was made with are here; and other runs on the same files.
"""

import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.memo import Memo
from benchmarks.runs.stored.finished import Finished, Tested
from benchmarks.runs.stored.run import Run
from benchmarks.runs.stored.shelf import Stored
from datasets.contract import EVERY_FOLD, Dataset


class OfficialItems:
    """The official test items as far as this machine knows them; each list is read once.

    root_of: the folder of a dataset by its name and corpus (Workspace.dataset_root). cache: of what can be made again.
    """

    def __init__(self, root_of: Callable[[str, str], Path], cache: Path) -> None:
        self._root_of, self._cache = root_of, cache
        self._fingerprints: dict[str, str | None] = {}
        self._problems: dict[tuple[str, ...], str | None] = {}
        self._unread: set[Path] = set()

    def check(self, finished: Finished, tested: Mapping[str, Tested]) -> None:
        """Raise InputError, one line, for a run some of whose test items are not those of its fold."""
        for test_set, one in tested.items():
            key = (*_asked(finished.run, test_set), one.digest)
            if key not in self._problems:
                try:
                    self._problems[key] = self._problem(finished, test_set, one)
                except Exception as error:  # whatever a class that a stored file names makes of what it says there
                    told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
                    self._problems[key] = f"its dataset cannot be asked for the items of {test_set} ({told})"
            if problem := self._problems[key]:
                path = finished.scores_path(test_set)
                raise InputError(f"{path}: {problem}; remove the folder {path.parent} to redo it")

    def _problem(self, finished: Finished, test_set: str, tested: Tested) -> str | None:
        run, of = finished.run, finished.result["data"]["items"][test_set]["expected"]
        dataset = _class_of(run)
        if dataset is None:
            return None
        if Dataset not in getattr(dataset, "__mro__", ()):
            return f"is of {run.resolved['dataset']['class_path']}, which is no dataset"
        official = None if _limit(run) else self._count(run, dataset, test_set)
        if official is not None and of != official:
            given = "no number" if of is None else of
            return f"its result gives {given} as the items of {test_set}, which officially has {official}"
        if official is not None and tested.number > official:
            return f"has {tested.number} items, officially {test_set} has {official}"
        here = self._items_here(run, dataset, test_set)
        key = [list(_asked(run, test_set)), run.versions, tested.digest, here and Tested.of(here).digest]
        memo = Memo(self._cache)
        problem: str | None = memo.json("official", key, lambda: _names_problem(finished, test_set, dataset, here))
        return problem

    def _count(self, run: Run, dataset: Any, test_set: str) -> int | None:
        if run.corpus != "real":
            return None
        found: int | None = dataset.tested(test_set, run.fold, **run.resolved["dataset"]["init_args"])
        return found

    def _items_here(self, run: Run, dataset: Any, test_set: str) -> tuple[str, ...] | None:
        """The test items of the run's files, where just these are here; None where not, or without such a set."""
        arguments = run.resolved["dataset"]["init_args"]
        root = self._root_of(dataset.name, run.corpus)
        place = canonical_hash([run.resolved["dataset"], run.corpus])
        try:
            if not root.is_dir():
                return None
            there = dataset(root=root, cache=self._cache, **arguments)
            if place not in self._fingerprints:
                self._fingerprints[place] = there.fingerprint()
            if self._fingerprints[place] != run.fingerprint:
                return None
            key = [*_asked(run, test_set), run.versions]
            found = Memo(self._cache).json("items", key, lambda: _tested_in(there, run.fold, test_set))
        except USER_ERRORS:
            return None
        except OSError as error:  # trouble with the data says nothing against the run
            self._warn_of_unread(root, error)
            return None
        return tuple(found) if found is not None else None

    def _warn_of_unread(self, root: Path, error: OSError) -> None:
        """Name the files of a dataset that cannot be read, once."""
        if root not in self._unread:
            self._unread.add(root)
            place, reason = error.filename or root, error.strerror or error
            warnings.warn(
                f"{place}: cannot be read ({reason}), so that items of runs are not compared with those of the "
                "dataset; check its permissions",
                stacklevel=2,
            )


def _tested_in(dataset: Any, fold: int, test_set: str) -> list[str] | None:
    frame = dataset.parts(fold).test.get(test_set)
    return None if frame is None else sorted(set(map(str, frame.index)))


def _names_problem(finished: Finished, test_set: str, dataset: Any, here: tuple[str, ...] | None) -> str | None:
    """What is wrong with the names of the items themselves, by what they tell and by the lists of the files."""
    from benchmarks.runs.scores import Scores

    run, items = finished.run, Scores.load(finished.scores_path(test_set)).items
    try:
        truth = dataset.truth_of_names(items)
    except USER_ERRORS as error:
        return f"has an item that has no official name ({error})"
    except (ValueError, KeyError, IndexError, TypeError):
        return f"has items that have no official names, such as {items[0][:80]!r}"
    if truth is not None:
        odd = truth.index[~truth["fold"].isin([run.fold, EVERY_FOLD])]
        if len(odd):
            return f"has {len(odd)} items that are not tested in fold {run.fold}, such as {odd[0]}"
    if here is None:
        return None
    if unknown := sorted(set(items) - set(here)):
        return f"has {len(unknown)} items that are not in {test_set} of fold {run.fold}, such as {unknown[0][:80]!r}"
    if not _limit(run) and (lacking := sorted(set(here) - set(items))):
        return f"lacks {len(lacking)} of the {len(here)} items of {test_set}, such as {lacking[0]}"
    return None


def contradicting(runs: Iterable[Stored]) -> dict[Path, str]:
    """Why runs are not believed, by folder, that were tested otherwise than more runs of their like.

    Runs on the same files are tested on the same items, and those of one recipe say the same of each: scores of a kind,
    for the same classes. Where as many runs say one thing as another, those with the most items are right; with as many
    items, none is.
    """
    by_files: dict[tuple[str, ...], list[tuple[Finished, Tested]]] = defaultdict(list)
    by_recipe: dict[tuple[str, ...], list[tuple[Finished, Tested]]] = defaultdict(list)
    for one in runs:
        for test_set, tested in one.tested.items():
            by_files[_asked(one.finished.run, test_set)].append((one.finished, tested))
            by_recipe[one.finished.run.recipe, test_set].append((one.finished, tested))
    odd = [
        *_odd(by_recipe, lambda one: one.form, "scores of another form ({0.form}) than runs of the same recipe have"),
        *_odd(by_files, lambda one: one.items, "other items ({0.number}) than runs on the same files have"),
    ]
    return dict(odd)


def _odd(
    groups: Mapping[tuple[str, ...], Sequence[tuple[Finished, Tested]]], said: Callable[[Tested], Any], what: str
) -> Iterator[tuple[Path, str]]:
    """The runs that say otherwise than the most of their group, and why they are not believed."""
    for (*_, test_set), group in groups.items():
        for finished, tested, other in _others(group, said):
            path, like = finished.scores_path(test_set), other.folder.name
            why = f"{path}: has {what.format(tested)}, such as {like}; remove the folder {finished.folder} to redo it"
            yield finished.folder, why


def _others(
    group: Sequence[tuple[Finished, Tested]], said: Callable[[Tested], Any]
) -> Iterator[tuple[Finished, Tested, Finished]]:
    """The runs of a group that say otherwise than the most of it, each with one that does so too."""
    counts = Counter(said(tested) for _, tested in group)
    if len(counts) == 1:
        return
    most = {what: max(tested.number for _, tested in group if said(tested) == what) for what in counts}
    ranks = sorted(((number, most[what]) for what, number in counts.items()), reverse=True)
    best = [what for what, number in counts.items() if (number, most[what]) == ranks[0]]
    for finished, tested in group:
        if said(tested) not in best or len(best) > 1:
            yield finished, tested, next(one for one, its in group if said(its) != said(tested))


#: A hash of the dataset and of what a data module takes of it, by recipe: thousands of runs have the same.
_MADE: dict[str, str] = {}


def _asked(run: Run, test_set: str) -> tuple[str, ...]:
    """What decides which items a test set has."""
    if run.recipe not in _MADE:
        data = run.resolved["data"]
        _MADE[run.recipe] = canonical_hash(
            [run.resolved["dataset"], data["class_path"], data["init_args"].get("limit")]
        )
    return _MADE[run.recipe], run.corpus, run.fingerprint, str(run.fold), test_set


def _limit(run: Run) -> Any:
    """At most how many items a part of a trial has; None where it has all."""
    return run.resolved["data"]["init_args"].get("limit")


def _class_of(run: Run) -> Any:
    """The dataset's class; None where it is not on this machine, so that nothing more can be known."""
    try:
        return import_class(run.resolved["dataset"]["class_path"])
    except InputError:
        return None
