"""Which state of a dataset's files a table shows, where runs on several are stored."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.errors import USER_ERRORS
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Finished
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import DatasetUse
from datasets.features.signatures.marks import differences


@dataclass(frozen=True)
class State:
    """The files, by their fingerprint, whose runs a table shows, and what else is stored."""

    #: the fingerprint of the files behind what is shown
    shown: str
    #: the fingerprint of the files that are on this machine; None where there are none
    here: str | None
    #: the other fingerprints of which runs are stored, with the number of these
    others: dict[str, int]
    #: what was counted of the files that are shown before the newest run on them: which release, how much of it, faults
    census: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether what is shown was made with the files that are here."""
        return self.shown == self.here


def state_of(runs: Iterable[Finished], use: DatasetUse, corpus: str, files: "FilesHere") -> State | None:
    """The state to show of the stored runs on one dataset; None without any.

    The files that are here now decide. Where there are none, or nothing was run on them, it is the newest state: that
    of the run which ended last; of runs without a date (written before results had one) that of most runs.
    """
    by_files: dict[str, list[Finished]] = defaultdict(list)
    for one in runs:
        by_files[one.run.fingerprint].append(one)
    if not by_files:
        return None
    here = files.fingerprint(use, corpus)

    def age(files: str) -> tuple[str, int, str]:
        return max(str(one.result.get("ended", "")) for one in by_files[files]), len(by_files[files]), files

    shown = here if here in by_files else max(by_files, key=age)
    assert shown is not None
    others = {files: len(by_files[files]) for files in sorted(by_files) if files != shown}
    return State(shown, here, others, _counted(by_files[shown]))


def _counted(runs: Iterable[Finished]) -> str | None:
    """The census that the newest of these runs kept; None where none did, as those before results had one."""
    kept = [one for one in runs if one.result["data"].get("census")]
    newest = max(kept, key=lambda one: str(one.result.get("ended", "")), default=None)
    return str(newest.result["data"]["census"]["summary"]) if newest else None


def alike(runs: Sequence[Finished]) -> list[Finished]:
    """The runs whose features were made by the code that the newest of them had, as far as signatures tell.

    The spread over seeds must not hold a change of code. Runs from before results had signatures are taken as they are.
    """
    newest = max(runs, key=lambda one: str(one.result.get("ended", "")), default=None)
    return [one for one in runs if newest is not None and not other_code(one, newest)]


def other_code(one: Finished, newest: Finished) -> list[str]:
    """What of the code behind their features two runs do not share: readers, extractor, conditioner.

    Copies are drawn anew with every seed, and which clip is tried depends on the fold, so neither is compared.
    """
    found, expected = (run.result["data"].get("signatures", {}) for run in (one, newest))
    changed = {
        name for variant in found.keys() & expected.keys() for name in differences(found[variant], expected[variant])
    }
    return sorted(changed - {"copy", "clip"})


class FilesHere:
    """The files of datasets on this machine, each looked at once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[str, str | None] = {}

    def fingerprint(self, use: DatasetUse, corpus: str) -> str | None:
        """That of the files of a dataset; None where they are absent or cannot be read as the dataset."""
        asked = canonical_hash([use.class_path, use.args, corpus])
        if asked not in self._known:
            try:
                found = self._workspace.fingerprint(use, corpus)
            except USER_ERRORS:
                found = "absent"
            self._known[asked] = None if found == "absent" else found
        return self._known[asked]
