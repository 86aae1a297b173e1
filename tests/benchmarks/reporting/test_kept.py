import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from benchmarks.reporting import kept, write_pages, write_reports
from benchmarks.reporting.kept import grounds, kept_files
from benchmarks.runs import versions
from tests import ROOT
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A store with some runs, a dataset of one file, and folders of code and papers that tests may change."""
    monkeypatch.setattr(versions, "_FILES", {})  # what tests before have read of somebody's own
    made = workspace_in(tmp_path / "work")
    fabricate(made, "att_aug", "esc10", wrong=7)
    (made.data / "esc50").mkdir(parents=True)
    (made.data / "esc50" / "LICENSE").write_text("as it was")
    (made.reports / "results" / "references").mkdir(parents=True)
    (made.reports / "results" / "references" / "0.csv").write_text("item,label")
    return made


def changed(path: Path) -> None:
    """Change one byte of a file in place, and set its times back."""
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_stands_on_the_same_is_not_made_again(workspace, tmp_path, monkeypatch):
    made = {
        "report": lambda out: write_reports(workspace, "acrnn.t3", tmp_path / out, keeps=True),
        "site": lambda out: write_pages(workspace, "acrnn.t3", tmp_path / out, keeps=True),
    }
    for form, write in made.items():
        write(f"{form}-1")
    monkeypatch.setattr("benchmarks.reporting.site.Results", None)
    for form, write in made.items():
        write(f"{form}-2")
        first, again = (
            {path.relative_to(tmp_path / out): path.read_bytes() for path in (tmp_path / out).rglob("*.*")}
            for out in (f"{form}-1", f"{form}-2")
        )
        assert again == first and len(first) > 3


def test_a_report_is_of_the_tables_that_are_there(workspace, tmp_path):
    for table in ("acrnn.t3", "acrnn.t4"):
        write_reports(workspace, table, tmp_path / "both", keeps=True)
    assert "acrnn.t3" in (tmp_path / "both" / "report.json").read_text()
    write_reports(workspace, "acrnn.t4", tmp_path / "one", keeps=True)
    assert '"acrnn.t3.' not in (tmp_path / "one" / "report.json").read_text()


CHANGES = {
    "a byte of stored scores": lambda w, _: changed(next(w.runs.glob("*-f1-*/scores_test.npz"))),
    "a byte of a result": lambda w, _: changed(next(w.runs.glob("*-f1-*/result.json"))),
    "a run less": lambda w, _: shutil.rmtree(next(w.runs.glob("*-f1-*"))),
    "a landed run": lambda w, _: shutil.copytree(
        next(w.runs.glob("*-f1-*")), w.reports / "results" / next(w.runs.glob("*-f1-*")).name
    ),
    "a byte of what many landed runs have": lambda w, _: changed(w.reports / "results" / "references" / "0.csv"),
    "a byte of a dataset": lambda w, _: changed(w.data / "esc50" / "LICENSE"),
    "a file more of a stand-in": lambda w, _: (
        (w.cache / "standin" / "esc50" / "deep").mkdir(parents=True)
        or (w.cache / "standin" / "esc50" / "deep" / "x.wav").touch()
    ),
    "a byte of the code": lambda _, code: changed(code / "benchmarks" / "a.py"),
    "a byte of a template": lambda _, code: changed(code / "models" / "deep" / "a.j2"),
    "a byte of a paper": lambda _, code: changed(code.parent / "papers" / "toy" / "t1.csv"),
    "a package": lambda _, code: (code.parent / "site" / "numpy-9.9.9.dist-info").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_report_stands_on_is_noticed(change, workspace, tmp_path, monkeypatch):
    code = tmp_path / "code"
    for name in ("benchmarks/a.py", "datasets/a.py", "models/deep/a.j2"):
        (code / name).parent.mkdir(parents=True)
        (code / name).write_text("some text")
    (tmp_path / "papers" / "toy").mkdir(parents=True)
    (tmp_path / "papers" / "toy" / "t1.csv").write_text("row,label,value")
    (tmp_path / "site").mkdir()
    monkeypatch.setattr(kept, "ROOT", code)
    monkeypatch.setattr(kept.load, "PAPERS", tmp_path / "papers")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
    made: list[int] = []

    def make(keep):
        made.append(1)
        return {"page.md": b"%d" % len(made)}, {}

    for _ in range(2):
        assert kept_files(workspace, ["report"], make) == ({"page.md": b"1"}, {})
    CHANGES[change](workspace, code)
    assert kept_files(workspace, ["report"], make) == ({"page.md": b"2"}, {})
    assert kept_files(workspace, ["site"], make) == ({"page.md": b"3"}, {})


@pytest.mark.parametrize(
    ("path", "again"),
    [("docs/read.md", ["site"]), ("benchmarks/cli/main.py", ["site"]), ("benchmarks/bench/a.py", []),
     ("benchmarks/judge/a.py", ["report", "site"])],
)  # fmt: skip
def test_what_has_no_say_in_a_report_does_not_have_it_made_again(path, again, workspace, tmp_path, monkeypatch):
    for name in ("docs/read.md", "benchmarks/cli/main.py", "benchmarks/bench/a.py", "benchmarks/judge/a.py"):
        (tmp_path / "code" / name).parent.mkdir(parents=True)
        (tmp_path / "code" / name).write_text("some text")
    monkeypatch.setattr(kept, "ROOT", tmp_path / "code")
    made: list[str] = []

    def write(form):
        kept_files(workspace, [form], lambda keep: made.append(form) or ({"page.md": b""}, {}))

    for form in ("report", "site"):
        write(form)
    changed(tmp_path / "code" / path)
    made.clear()
    for form in ("report", "site"):
        write(form)
    assert made == again


def test_settings_and_the_files_that_they_name_are_noticed(workspace, tmp_path, monkeypatch):
    weights = tmp_path / "weights.pth"
    weights.write_text("some")
    seen = [grounds(workspace, "report")]
    monkeypatch.setenv("RESOUND_WAV2VEC2", str(weights))
    seen.append(grounds(workspace, "report"))
    changed(weights)
    seen.append(grounds(workspace, "report"))
    assert seen[0] != seen[1] != seen[2]


def test_what_is_not_all_well_is_made_every_time(workspace, monkeypatch):
    def warning(keep):
        warnings.warn("left out: something", stacklevel=1)
        return {"page.md": b""}, {}

    def changing(keep):
        changed(workspace.data / "esc50" / "LICENSE")
        return {"page.md": b""}, {}

    def user(keep):
        return {"page.md": b""}, {}

    for _ in range(2):
        with pytest.warns(UserWarning, match="left out: something"):
            kept_files(workspace, ["report", "warns"], warning)
        kept_files(workspace, ["report", "lacks"], lambda keep: ({}, {"toy": "a mistake"}))
        kept_files(workspace, ["report", "changes"], changing)
        with monkeypatch.context() as patch:
            patch.setattr(versions, "_FILES", {("tests.toy", "path"): Path("toy.py")})
            kept_files(workspace, ["report", "is the user's"], user)
        (workspace.runs / "own+my+net-esc10-f1-s0-0123456789").mkdir(exist_ok=True)
        kept_files(workspace, ["report", "has rows of the user's"], user)
        (workspace.runs / "own+my+net-esc10-f1-s0-0123456789").rmdir()
    assert not (workspace.cache / "reports").exists()


def test_what_was_left_out_when_the_store_was_read_before_is_not_forgotten(workspace):
    changed(next(workspace.runs.glob("*-f1-*/scores_test.npz")))
    with pytest.warns(UserWarning, match="left out"):
        workspace.ledger.stored()  # as `land` does before it writes a report
    kept_files(workspace, ["report"], lambda keep: ({"page.md": b""}, {}))
    assert not (workspace.cache / "reports").exists()


@pytest.mark.parametrize(("form", "write"), [("report", "write_reports"), ("site", "write_pages")])
def test_every_file_that_a_report_opens_is_among_its_grounds(form, write, clips, tmp_path):
    """Read in another process, so that nothing is open or imported already; with a cold cache."""
    code = (
        "import sys; from pathlib import Path; opened = set();"
        "sys.addaudithook(lambda name, told: opened.add(str(told[0])) if name == 'open' else None);"
        f"from benchmarks.reporting import {write}; from benchmarks.runs.workspace import Workspace;"
        f"{write}(Workspace.here(), 'acrnn.t4', Path(sys.argv[1])); print(*sorted(opened), sep='\\n')"
    )
    folders = {"DATA": clips.data, "RUNS": clips.runs, "CACHE": tmp_path / "cache", "REPORTS": clips.reports}
    environment = {**os.environ, **{f"RESOUND_{name}": str(path) for name, path in folders.items()}}
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    opened = {Path(name) for name in done.stdout.splitlines() if name.startswith("/")}
    known = [
        *(ROOT / name for name in kept.OURS[form]), clips.runs, clips.reports / "results", clips.data / "esc50",
        tmp_path,  # what it has made itself
        Path(sys.prefix), Path(sys.base_prefix), *map(Path, ("/dev", "/proc", "/sys", "/etc", "/usr", "/tmp/joblib")),
    ]  # fmt: skip
    aside = [ROOT / name for name in kept.ON_TOP[form]]
    odd = [
        path for path in opened
        if not path.name.startswith("fontlist-")
        and (not any(map(path.is_relative_to, known)) or any(map(path.is_relative_to, aside)))
    ]  # fmt: skip
    assert not odd and any(path.name == "result.json" for path in opened)
