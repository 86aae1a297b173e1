"""What is kept of single papers: after any change a report has the bytes of one that is made from nothing."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.reporting import kept, site, write_reports
from benchmarks.reporting.kept import grounds, of_paper
from benchmarks.runs import versions
from tests.benchmarks.fabricated_event_runs import fabricate_events
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.reporting.test_memos import changed, cut_short, emptied

#: The tables of the reports here, of two papers.
TABLES = ("acrnn.t3", "acrnn.t4", "mtfa.t1")
CODE, DOCUMENT = "benchmarks/judge/spread.py", "docs/read.md"


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A store with runs of two papers, and a cache in which their report is kept."""
    workspace = workspace_in(tmp_path_factory.mktemp("by_paper"))
    with pytest.MonkeyPatch.context() as patch:
        prepare(patch, workspace)
        fabricate(workspace, "att_aug", "esc10", seeds=2, wrong=7)
        fabricate_events(workspace, "mtfa", "babycry", 0.9, "reduced", "standin", items=6, seeds=1)
        report(workspace, "first")
    return workspace


def prepare(patch, workspace):
    """Code that may be changed in the place of ours, and nothing of the user's own, which other tests have read."""
    patch.setattr(versions, "_FILES", {})
    patch.setattr(kept, "ROOT", workspace.data.parent / "code")
    for name in (CODE, DOCUMENT):
        (workspace.data.parent / "code" / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace.data.parent / "code" / name).write_text("some text of more than twenty bytes")


@pytest.fixture
def workspace(first, tmp_path, monkeypatch):
    """The same to be changed; its report is kept."""
    made = workspace_in(tmp_path / "work")
    shutil.copytree(first.data.parent, tmp_path / "work")
    for kind in ("papers", "reports"):  # of the other place, kept where the first report of a process does not warn
        shutil.rmtree(made.cache / kind, ignore_errors=True)
    prepare(monkeypatch, made)
    report(made, "before")
    return made


@pytest.fixture
def made(monkeypatch):
    """The papers that are made anew."""
    found: list[str] = []
    before = site.part_of

    def noted(report):
        found.append("+".join(report.papers))
        return before(report)

    monkeypatch.setattr(site, "part_of", noted)
    return found


def report(workspace, name):
    """The files of a report of all tables, which a command makes, so that the store is looked at anew."""
    out = workspace.data.parent.parent / name
    for table in TABLES:
        page = out / f"{table.replace('.', '/')}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.touch()
    write_reports(replace(workspace), TABLES[0], out, keeps=True)
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*.*")}


def cold(workspace):
    """The same from nothing."""
    return report(replace(workspace, cache=workspace.cache.with_name("cold")), "cold")


def land(workspace):
    """A run of one paper comes in."""
    other = workspace_in(workspace.data.parent / "other")
    [run] = fabricate(other, "att", "esc10", folds=(1,), seeds=1, tier="reduced")
    shutil.copytree(other.runs / run.id, workspace.reports / "results" / run.id)


CHANGES = {
    "a landed run": (land, ["acrnn"]),
    "a run less": (lambda w: shutil.rmtree(next(w.runs.glob("mtfa-*"))), ["mtfa"]),
    "a document": (lambda w: changed(w.data.parent / "code" / DOCUMENT), []),
    "a module": (lambda w: changed(w.data.parent / "code" / CODE), ["acrnn", "mtfa"]),
    "files of a dataset": (lambda w: (w.data / "esc50").mkdir(parents=True) or (w.data / "esc50" / "a").touch(), None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_what_stands_on_it_is_made_again_and_the_report_is_that_from_nothing(change, workspace, made):
    alter, again = CHANGES[change]
    alter(workspace)
    warm = report(workspace, "warm")
    assert again is None or made == again
    assert warm == cold(workspace)
    made.clear()
    assert report(workspace, "warm") == warm and made == []


def test_papers_are_joined_to_what_all_at_once_are(workspace, monkeypatch):
    parted = cold(workspace)
    monkeypatch.setattr(site, "is_by_paper", lambda: False)
    shutil.rmtree(workspace.cache)
    assert report(workspace, "at once") == parted
    assert parted[Path("README.md")].count(b"](mtfa/t1.md)") and parted[Path("README.md")].count(b"](acrnn/t3.md)")


@pytest.mark.parametrize("damage", [emptied, cut_short, changed, None])
def test_a_damaged_part_or_one_in_the_place_of_another_is_not_believed(damage, workspace, made):
    expected = report(workspace, "expected")
    shutil.rmtree(workspace.cache / "reports")
    parts = sorted((workspace.cache / "papers").iterdir())
    assert len(parts) == 2
    if damage:
        damage(parts[0])
    else:
        content = parts[0].read_bytes()
        parts[1].replace(parts[0])
        parts[1].write_bytes(content)
    assert report(workspace, "again") == expected
    assert len(made) == (1 if damage else 2)


def test_where_something_is_left_out_no_part_is_believed_nor_kept(workspace, made):
    changed(min(workspace.runs.glob("mtfa-*/scores_*.npz")))
    for _ in range(2):
        made.clear()
        with pytest.warns(UserWarning, match="left out"):
            report(workspace, "odd")
        assert made == ["acrnn", "mtfa"]


def test_a_part_stands_on_the_runs_of_its_paper_and_on_those_that_may_be_of_a_recipe_of_its(workspace):
    whole = grounds(workspace, "report")
    names = [
        "acrnn-esc10-att-full-f1-s0-0123456789", "mtfa-babycry-mtfa-full-f1-s0-0123456789",
        "mtfa-esc10-att-full-f1-s0-0123456789", "gone-esc10-gone-full-f1-s0-0123456789", "ledger.json",
    ]  # fmt: skip
    whole["runs"] = {"a store": dict.fromkeys(names, "a state")}
    assert list(of_paper(whole, "acrnn")["runs"]["a store"]) == [names[0], *names[2:]]
    assert list(of_paper(whole, "mtfa")["runs"]["a store"]) == names[1:]
    assert of_paper(whole, "acrnn")["papers"].keys() == {"", "acrnn"}
