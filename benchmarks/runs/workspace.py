"""Where things lie on this machine: the data, the runs, what is derived, the reports."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.ledger import Ledger, Run
from benchmarks.runs.stored.official import OfficialItems
from benchmarks.spec import DatasetUse, outside_papers
from datasets.acquire.hashes import forget
from datasets.errors import DataError

_PLACES = ("data", "runs", "cache", "reports")


@dataclass(frozen=True)
class Workspace:
    """The folders of one machine; all but `data` and `reports` may be deleted and made again."""

    data: Path = Path("data")
    runs: Path = Path("runs")
    cache: Path = Path("cache")
    reports: Path = Path("reports")
    #: whether papers that are kept elsewhere have their reports and landed runs beside them, not in `reports`
    apart: bool = True

    @classmethod
    def here(
        cls,
        data: Path | None = None,
        runs: Path | None = None,
        cache: Path | None = None,
        reports: Path | None = None,
    ) -> "Workspace":
        """The folders given, else those of RESOUND_DATA, _RUNS, _CACHE and _REPORTS, else the defaults.

        A place of reports that is given, and is not what the variable names, is that of all papers.
        """

        def choose(given: Path | None, variable: str, default: Path) -> Path:
            named = os.path.expanduser(os.environ.get(variable, ""))  # noqa: PTH111 - without a home, `~` stays
            return Path(os.path.realpath(given or named or default))  # Path.resolve raises over a loop of links

        usual = choose(None, "RESOUND_REPORTS", cls.reports)
        return cls(
            data=choose(data, "RESOUND_DATA", cls.data),
            runs=choose(runs, "RESOUND_RUNS", cls.runs),
            cache=choose(cache, "RESOUND_CACHE", cls.cache),
            reports=choose(reports, "RESOUND_REPORTS", cls.reports),
            apart=reports is None or choose(reports, "", cls.reports) == usual,
        )

    def to_dict(self) -> dict[str, str | bool]:
        """As plain values, for other processes."""
        return {**{name: str(getattr(self, name)) for name in _PLACES}, "apart": self.apart}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Workspace":
        """What `to_dict` gave."""
        return cls(**{name: Path(values[name]) for name in _PLACES}, apart=bool(values["apart"]))

    def reports_of(self, paper: str) -> Path:
        """Where the reports of a paper are, with its landed runs in `results`: for one kept elsewhere, beside it."""
        return self.places_of_reports().get(paper, self.reports)

    def places_of_reports(self) -> dict[str, Path]:
        """Where the reports of papers are that have them in another place than `reports`, by the papers' ids."""
        return {name: folder / "reports" for name, folder in outside_papers().items()} if self.apart else {}

    def dataset_root(self, name: str, corpus: str) -> Path:
        """The folder of one dataset: real files under the data root, generated corpora under the cache."""
        return self.data / name if corpus == "real" else self.cache / corpus / name

    def check_there(self, cls: Any, corpus: str) -> None:
        """Where a dataset has no folder in a corpus, raise an error that says what makes one.

        cls: the dataset's class. Raises InputError for a corpus that is written here, DataError for real files.
        """
        root = self.dataset_root(cls.name, corpus)
        if root.is_dir():
            return
        if corpus != "real":
            raise InputError(f"{root}: not there; write it with `python -m benchmarks data {corpus} {cls.name}`")
        try:
            cls(root=root, cache=self.cache)
        except DataError as error:
            raise DataError(f"{error}, or try `--corpus miniature` (`data miniature {cls.name}` writes it)") from error

    def dataset(self, use: DatasetUse, corpus: str) -> Any:
        """The dataset as a paper uses it. Raises DataError where its files are not to be found."""
        return self._dataset(use.class_path, use.args, corpus)

    def dataset_of(self, run: Run) -> Any:
        """The dataset of a run. Raises DataError where its files are not to be found."""
        part = run.resolved["dataset"]
        return self._dataset(part["class_path"], part["init_args"], run.corpus)

    def _dataset(self, class_path: str, arguments: dict[str, Any], corpus: str) -> Any:
        cls = import_class(class_path)
        return cls(root=self.dataset_root(cls.name, corpus), cache=self.cache, **arguments)

    def fingerprint(self, use: DatasetUse, corpus: str) -> str:
        """The content hash of a dataset's files, or "absent" where they are not on this machine."""
        cls = import_class(use.class_path)
        if not self.dataset_root(cls.name, corpus).is_dir():
            return "absent"
        return str(self.dataset(use, corpus).fingerprint())

    def has_files_of(self, run: Run) -> bool:
        """Whether the files of a run's dataset are those that it was planned with. Raises DataError without any."""
        return str(self.dataset_of(run).fingerprint()) == run.fingerprint

    def forget_hashes(self, use: DatasetUse) -> None:
        """Have every file of a dataset read again for its next fingerprint, whatever its times say."""
        forget(self.cache, import_class(use.class_path).name)

    @cached_property
    def ledger(self) -> Ledger:
        """The runs of this machine, and the landed ones."""
        official = OfficialItems(self.dataset_root, self.cache)
        landed = [place / "results" for place in (self.reports, *self.places_of_reports().values())]
        return Ledger(self.runs, *landed, memory=self.cache / "checked", check_items=official.check)
