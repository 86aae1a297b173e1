"""A paper that is kept elsewhere, from its template to its reports, which leave those of the built-in papers alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.launch.cluster.luggage import packed_code
from benchmarks.regression import __main__ as regression
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests import ROOT
from tests.benchmarks.cli.as_begun import answered, as_begun

OPTIONS = ("--tier", "smoke", "--corpus", "miniature")
PARTS = '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from datasets.esc50 import ESC50DataModule
from datasets.features import Extractor


@dataclass(frozen=True)
class Bands(Extractor):
    """Log energies (1, bands, frames) of a few bands."""

    name: ClassVar[str] = "bands"
    version: ClassVar[int] = 3

    rate: int = 44100
    hop: int = 1024
    n_mels: int = 6

    def __call__(self, samples, rate):
        self.check_rate(rate)
        frames = samples[: len(samples) // self.hop * self.hop].reshape(-1, self.hop)
        power = np.abs(np.fft.rfft(frames))[:, 1:385] ** 2
        energy = power.reshape(len(frames), self.n_mels, -1).mean(axis=2)
        return np.log(energy.T[None] + 1e-6).astype(np.float32)


class FewerClips(ESC50DataModule):
    """Of the training clips those of two folds."""

    version = 2

    def parts(self):
        parts = super().parts()
        return parts._replace(train=parts.train[parts.train["fold"] > 3])
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory, miniature_esc50):
    """A folder with a paper of the user's, made by the command, and an environment in which its data are there."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "cache" / "miniature").mkdir(parents=True)
    (folder / "cache" / "miniature" / "esc50").symlink_to(miniature_esc50)
    code, output, told = answered(folder, "new-paper", "papers/mine")
    assert (code, told) == (0, ""), told
    assert "--papers" in output and (folder / "papers" / "mine" / "mine_network.py").is_file()
    return folder


def content(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def ran(home):
    """The same when the paper's first table has run, and is landed, with the reports of the built-in papers before."""
    code, output, told = answered(home, "list", "--json", "--papers", "papers")
    assert (code, told) == (0, "") and {"mine", "acrnn"} <= {paper["id"] for paper in json.loads(output)["papers"]}
    code, output, told = answered(home, "plan", "mine.t1", *OPTIONS, "--papers", "papers/mine")
    assert code == 0 and "2 runs, 2 missing" in output, told
    assert answered(home, "report")[0] == 0
    before = content(home / "reports")
    code, output, told = answered(home, "run", "mine.t1", *OPTIONS, "--jobs", "2", papers="papers")
    assert code == 0 and "[2/2] done" in told and "| Wide perceptron |" in output, told
    code, output, told = answered(home, "land", "mine", *OPTIONS, papers="papers")
    assert code == 0, told
    assert f"2 runs in {home / 'papers' / 'mine' / 'reports' / 'results'}" in output
    return home, before


@pytest.mark.slow
def test_reports_of_papers_kept_elsewhere_lie_beside_them_and_leave_the_others_as_they_are(ran):
    home, before = ran
    assert content(home / "reports") == before
    code, output, told = answered(home, "report", papers="papers")
    after, own = content(home / "reports"), home / "papers" / "mine" / "reports"
    assert code == 0 and f"mine is kept elsewhere; its reports are in {own}" in told
    assert after == before and Path("acrnn", "t3.md") in after
    assert "mine.t1" in (own / "README.md").read_text() and "acrnn" not in (own / "README.md").read_text()
    assert {Path(line) for line in output.splitlines()} > {own / "README.md", home / "reports" / "README.md"}


@pytest.mark.slow
def test_a_place_that_is_named_is_that_of_all_papers(ran):
    home, _ = ran
    before = content(home / "papers")
    code, _, told = answered(home, "report", "mine.t1", "--out", "all", papers="papers")
    assert (code, told) == (0, "") and (home / "all" / "mine" / "t1.md").is_file()
    code, _, told = answered(home, "land", "mine.t1", *OPTIONS, "--reports", "named", papers="papers")
    assert code == 0 and len(list((home / "named" / "results").glob("mine-*"))) == 2, told
    assert content(home / "papers") == before


@pytest.mark.slow
def test_a_run_that_cannot_be_landed_is_named_and_the_exit_code_tells(ran):
    home, _ = ran
    shutil.copytree(home / "runs", home / "cut")
    first, *_ = sorted((home / "cut").glob("mine-*/scores_test.npz"))
    first.write_bytes(first.read_bytes()[:-9])
    words = ("land", "mine.t1", *OPTIONS, "--runs", "cut", "--reports", "other")
    with pytest.warns(UserWarning, match=f"left out: {first}: damaged"):
        code, output, told = answered(home, *words, papers="papers")
    assert (code, told) == (2, "")
    assert output.startswith(f"1 run in {home / 'other' / 'results'}\n")


@pytest.mark.slow
def test_landed_runs_of_a_paper_kept_elsewhere_are_done(ran):
    home, _ = ran
    code, output, told = answered(home, "plan", "mine.t1", *OPTIONS, "--runs", "no_runs", papers="papers/mine")
    assert code == 0 and "2 runs, 0 missing" in output, told
    code, output, told = answered(home, "status", "--runs", "no_runs", papers="papers/mine")
    assert "2 of them landed" in output and "left out" not in output, told


@pytest.mark.slow
def test_a_bundle_carries_the_paper_its_network_and_none_of_its_reports(ran):
    home, _ = ran
    words = ("bundle", "mine.t1.wide", "--out", "parts", "--corpus", "miniature", "--folds", "2", "--seeds", "1")
    code, output, told = answered(home, *words, papers="papers")
    assert code == 0 and f"paper: {home / 'papers' / 'mine'}, 4 files" in output, told
    assert "your modules: mine_network.py" in output
    done = subprocess.run(
        [sys.executable, "parts/unbundle.py", "parts", "work"], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (home / "work" / "papers" / "mine").iterdir()} == {
        "paper.yaml", "t1.csv", "regression.yaml", "mine_network.py",
    }  # fmt: skip
    script = (home / "work" / "run.sh").read_text()
    assert 'export RESOUND_PAPERS="$here/papers"' in script


@pytest.mark.slow
def test_a_data_module_and_an_extractor_of_the_users_own_are_used_wherever_runs_are_made(home):
    assert answered(home, "new-paper", "papers/parts")[0] == 0
    folder = home / "papers" / "parts"
    (folder / "my_parts.py").write_text(PARTS)
    text = (folder / "paper.yaml").read_text()
    for old, new in (
        ("class_path: datasets.esc50.ESC50DataModule\n", "class_path: my_parts.FewerClips\n"),
        ("extractor: {value: log_mel_delta_piczak,", "extractor: {value: my_parts.Bands,"),
    ):
        assert old in text
        text = text.replace(old, new)
    (folder / "paper.yaml").write_text(text)
    code, _, told = answered(home, "run", "parts.t1", *OPTIONS, "--jobs", "2", papers=str(folder))
    assert code == 0 and "[2/2] done" in told, told
    run = next((home / "runs").glob("parts-esc10-mlp-*"))
    recipe, result = (json.loads((run / name).read_text()) for name in ("run.json", "result.json"))
    assert recipe["versions"]["my_parts.Bands"] == 3 and recipe["versions"]["my_parts.FewerClips"] == 2
    assert result["data"]["items"]["train"]["used"] == 20 and result["data"]["extractor"]["name"] == "bands"


@pytest.mark.slow
def test_golden_numbers_of_a_paper_kept_elsewhere_lie_beside_it(ran, monkeypatch):
    home, _ = ran
    stored = ROOT / "benchmarks" / "regression" / "golden.json"
    before, folder = stored.read_bytes(), home / "papers" / "mine"
    for words in (("renew", "--only", "mine"), ("check", "--only", "golden mine.*")):
        monkeypatch.setattr(sys, "argv", ["regression", *words])
        code, output, told = as_begun(regression.main, home, papers=str(folder))
        assert code == 0, told + output
    assert "2 passed, 0 failed" in output
    assert stored.read_bytes() == before and set(json.loads((folder / "golden.json").read_text())) == {
        "mine",
        "made_with",
    }


def test_nodes_of_a_cluster_get_the_modules_beside_a_paper_kept_elsewhere(home, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("RESOUND_PAPERS", str(home / "papers" / "mine"))
    [run] = setting_runs(load_paper("mine"), "wide", "esc10", Choice("smoke", "miniature"))
    with packed_code([run]) as code:
        assert (code / "mine_network.py").read_text() == (home / "papers" / "mine" / "mine_network.py").read_text()
        assert (code / "benchmarks" / "spec" / "folders.py").is_file()
