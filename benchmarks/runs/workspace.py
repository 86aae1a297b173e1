"""Where things lie on this machine: the data, the runs, what is derived, the reports."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.runs.build import import_class
from benchmarks.runs.ledger import Ledger, Run
from benchmarks.runs.stored.official import OfficialItems
from benchmarks.spec import DatasetUse
from datasets.acquire.hashes import forget


@dataclass(frozen=True)
class Workspace:
    """The folders of one machine; all but `data` and `reports` may be deleted and made again."""

    data: Path = Path("data")
    runs: Path = Path("runs")
    cache: Path = Path("cache")
    reports: Path = Path("reports")

    @classmethod
    def here(
        cls,
        data: Path | None = None,
        runs: Path | None = None,
        cache: Path | None = None,
        reports: Path | None = None,
    ) -> "Workspace":
        """The folders given, else those of RESOUND_DATA, _RUNS, _CACHE and _REPORTS, else the defaults."""

        def choose(given: Path | None, variable: str, default: Path) -> Path:
            named = os.path.expanduser(os.environ.get(variable, ""))  # noqa: PTH111 - without a home, `~` stays
            return Path(os.path.realpath(given or named or default))  # Path.resolve raises over a loop of links

        return cls(
            data=choose(data, "RESOUND_DATA", cls.data),
            runs=choose(runs, "RESOUND_RUNS", cls.runs),
            cache=choose(cache, "RESOUND_CACHE", cls.cache),
            reports=choose(reports, "RESOUND_REPORTS", cls.reports),
        )

    def dataset_root(self, name: str, corpus: str) -> Path:
        """The folder of one dataset: real files under the data root, generated corpora under the cache."""
        return self.data / name if corpus == "real" else self.cache / corpus / name

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

    def forget_hashes(self, use: DatasetUse) -> None:
        """Have every file of a dataset read again for its next fingerprint, whatever its times say."""
        forget(self.cache, import_class(use.class_path).name)

    @cached_property
    def ledger(self) -> Ledger:
        """The runs of this machine, and the landed ones."""
        official = OfficialItems(self.dataset_root, self.cache)
        return Ledger(self.runs, self.reports / "results", memory=self.cache / "checked", check_items=official.check)
