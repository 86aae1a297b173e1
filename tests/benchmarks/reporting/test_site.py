import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.reporting import export_tables, print_tables, write_pages, write_reports
from benchmarks.runs.plan import Choice
from tests import ROOT
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import Judged


@pytest.fixture
def workspace(tmp_path):
    return workspace_in(tmp_path)


def test_a_report_is_the_same_bytes_again_without_torch(clips, tmp_path):
    first = {path.relative_to(clips.reports): path.read_bytes() for path in clips.reports.rglob("*.*")}
    code = (
        "import sys; from pathlib import Path; from benchmarks.reporting import write_reports;"
        "from benchmarks.runs.workspace import Workspace; w = Workspace.here();"
        "(w.reports / 'acrnn').mkdir(parents=True); (w.reports / 'acrnn' / 't3.md').touch();"
        "write_reports(w, 'acrnn.t4', w.reports);"
        "print([name for name in ('torch', 'librosa') if name in sys.modules])"
    )
    folders = {
        "RESOUND_DATA": clips.data, "RESOUND_RUNS": clips.runs, "RESOUND_CACHE": tmp_path / "cache",
        "RESOUND_REPORTS": tmp_path / "again",
    }  # fmt: skip
    environment = {**os.environ, **{name: str(path) for name, path in folders.items()}, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
    again = {path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*.*")}
    assert again == first


def test_generated_files_are_never_set_beside_published_values(workspace, capsys):
    fabricate(workspace, "att_aug", "esc10", wrong=70, tier="smoke", corpus="miniature")
    print_tables(workspace, "acrnn.t3", Choice("smoke", "miniature"))
    text = capsys.readouterr().out
    assert "12.50" in text and "93.7" not in text and "no verdict" in text
    assert (workspace.runs / "report" / "acrnn" / "t3.md").exists() and not workspace.reports.exists()
    assert not (workspace.runs / "report" / "acrnn" / "figures").exists()
    assert "tier smoke, generated miniature" in (workspace.runs / "report" / "README.md").read_text()


def test_what_trained_nothing_still_has_its_page(workspace):
    written = write_reports(workspace, "acrnn.t3", workspace.reports)
    assert workspace.reports / "acrnn" / "t3.md" in written
    assert "not yet run" in (workspace.reports / "acrnn" / "t3.md").read_text()
    with pytest.raises(InputError, match=r"unknown target 'acrnn.t9'"):
        write_reports(workspace, "acrnn.t9", workspace.reports)


def test_on_a_terminal_it_is_told_which_table_is_read(workspace, monkeypatch, capsys):
    """With an empty cache a report of all takes minutes."""
    monkeypatch.setenv("TERM", "xterm")
    write_reports(workspace, "acrnn.t2", workspace.reports)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for make in (write_reports, write_pages):
        make(workspace, "acrnn.t2", workspace.runs.parent / make.__name__)
        assert "reading acrnn.t2 " in capsys.readouterr().err, make
    export_tables(workspace, "acrnn.t2", "csv")
    assert "reading acrnn.t2 " in capsys.readouterr().err


def test_pages_never_take_the_place_of_files_that_are_no_report(workspace, tmp_path):
    mine = tmp_path / "mine"
    (mine / "figures").mkdir(parents=True)
    for name in ("README.md", "figures/mine.svg"):
        (mine / name).write_text("mine")
    with pytest.raises(InputError, match=r"mine: has files that are no report of ours, as 'README\.md'; name an empty"):
        write_reports(workspace, "acrnn.t2", mine)
    assert (mine / "README.md").read_text() == (mine / "figures" / "mine.svg").read_text() == "mine"
    (tmp_path / "new" / "results").mkdir(parents=True)
    for _ in range(2):  # beside landed runs, and again over what was written
        assert write_reports(workspace, "acrnn.t2", tmp_path / "new")
    (tmp_path / "new" / "report.json").write_text("{")
    assert write_reports(workspace, "acrnn.t2", tmp_path / "new")


def test_a_full_disk_is_one_line(workspace, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"README.md: cannot be written \(No space left on device\)"):
        write_reports(workspace, "acrnn.t3", workspace.reports)


@pytest.mark.parametrize(
    ("choice", "there", "gone"),
    [
        (
            Choice(),
            ["cells have run in full on the real files", "0.06 / **", "`python -m benchmarks run mtfa.t1 --yes`"],
            ["Controls", "Value by value"],
        ),
        (
            Choice("reduced", "standin"),
            ["stand-in files", "### Controls", "### The paper's questions, asked here"],
            ["0.06 / 96.7"],
        ),
        (Choice("smoke", "miniature"), ["Smoke, on generated sounds", "#### Controls"], ["0.06 / 96.7"]),
    ],
)
def test_a_terminal_gets_what_is_not_folded(
    three_classes, three_classes_table, choice, there, gone, capsys, monkeypatch
):
    monkeypatch.setattr("benchmarks.reporting.site.Results", lambda _: Judged(three_classes_table))
    monkeypatch.setattr("benchmarks.reporting.site.write_site", lambda *_: [])
    print_tables(three_classes, "mtfa.t1", choice)
    text = capsys.readouterr().out
    assert all(part in text for part in there) and not any(part in text for part in gone)
    assert "<details>" not in text and "Column by column" not in text
    assert len([line for line in text.splitlines() if line.startswith("|")]) < 60 and len(text.splitlines()) < 160


MISTAKES = {
    "a field that is not known": ("title: Toys\n", "title: Toys\n    colour: red\n", "paper.yaml:"),
    "a metric that is not there": ("metric: accuracy_clip_mean_probability", "metric: luck", "luck"),
    "a figure that is not there": ("    kind: train\n", "    kind: train\n    figures: [portraits]\n", "portraits"),
    "no YAML": ("id: other\n", "id: [other\n", "paper.yaml:"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_paper_does_not_end_the_report_of_the_others(name, toy_workspace, tmp_path, monkeypatch):
    right, wrong, said = MISTAKES[name]
    papers = tmp_path / "papers"
    for paper in ("toy", "other"):
        shutil.copytree(ROOT / "tests" / "benchmarks" / "toy" / "papers" / "toy", papers / paper)
    file = papers / "other" / "paper.yaml"
    file.write_text(
        file.read_text().replace("id: toy\n", "id: other\n").replace("toy.t1.", "other.t1.").replace(right, wrong, 1)
    )
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", papers)

    with (
        pytest.warns(UserWarning, match=f"^other is left out of the report: .*{re.escape(said)}"),
        pytest.raises(InputError, match=r"^other: left out of the report, in which the other papers are"),
    ):
        write_reports(toy_workspace, None, tmp_path / "all")
    front = (tmp_path / "all" / "README.md").read_text()
    assert "toy.t1" in front and "other.t1" not in front and (tmp_path / "all" / "toy" / "t1.md").exists()

    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        assert tmp_path / "one" / "toy" / "t1.md" in write_reports(toy_workspace, "toy", tmp_path / "one")
    with pytest.raises(InputError, match=re.escape(said)):
        write_reports(toy_workspace, "other", tmp_path / "none")
    assert not (tmp_path / "none").exists()
