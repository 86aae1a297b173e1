import subprocess
import sys
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from benchmarks.runs.versions import spelled_out, versions
from datasets.features import Extractor, extractor_class, extractors, make_extractor
from tests import ROOT

HERE = "tests.datasets.features.test_named"


@dataclass(frozen=True)
class Levels(Extractor):
    """The mean square of every frame."""

    name: ClassVar[str] = "levels"
    version: ClassVar[int] = 3

    rate: int = 100
    hop: int = 10

    def __call__(self, samples, rate):
        self.check_rate(rate)
        return np.square(samples.reshape(-1, self.hop)).mean(axis=1).astype(np.float32)


class NoExtractor:
    pass


def test_an_extractor_of_any_module_is_taken_by_its_import_path():
    extractor = make_extractor(f"{HERE}.Levels", hop=50)
    assert extractor.params() == {"rate": 100, "hop": 50}
    assert list(extractor(np.full(100, 2, np.float32), 100)) == [4.0, 4.0]
    resolved = {"data": {"class_path": f"{HERE}.Levels", "init_args": {"extractor": f"{HERE}.Levels"}}}
    assert spelled_out(resolved) == resolved
    assert versions(resolved) == {f"{HERE}.Levels": 3}


@pytest.mark.parametrize(
    "name", [f"{HERE}.NoExtractor", f"{HERE}.Nothing", f"{HERE}.np", f"{HERE}_.Levels", "nowhere.Levels", "levels", ""]
)
def test_what_is_no_extractor_is_refused(name):
    with pytest.raises(ValueError, match=f"unknown feature extractor '{name}'; known: log_gammatone_delta, "):
        extractor_class(name)


def test_a_module_that_cannot_import_something_says_so(tmp_path, monkeypatch):
    (tmp_path / "incomplete_features.py").write_text("import nowhere_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"):
        extractor_class("incomplete_features.Levels")


def test_short_names_are_found_without_importing_what_they_name():
    code = (
        "import sys; from datasets.features import extractors; print(len(extractors()) > 5); "
        "print(any(path.rpartition('.')[0] in sys.modules for path in extractors().values()), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]


def test_every_short_name_leads_to_its_class():
    assert {extractor_class(name).name for name in extractors()} == set(extractors())
    assert extractors()["log_mel_edc"] == "datasets.features.log_mel_edc.LogMelEdc"
    assert extractor_class("log_mel_edc") is extractor_class("datasets.features.log_mel_edc.LogMelEdc")
