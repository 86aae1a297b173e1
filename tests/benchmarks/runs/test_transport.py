import errno
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.transport import land, merge, unlanded
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from tests.benchmarks.runs.stored.altered import rewrite


def fresh(workspace: Workspace) -> Workspace:
    """The same folders as a further command finds them."""
    return replace(workspace)


@pytest.fixture
def finished(toy_workspace):
    for planned in make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing:
        execute(planned.run, Surroundings(toy_workspace))
    return toy_workspace


@pytest.fixture
def twin(toy_papers, tmp_path, monkeypatch):
    """The toy paper once more, kept elsewhere under another id; returns that."""
    folder = shutil.copytree(toy_papers / "toy", tmp_path / "papers" / "twin")
    text = (folder / "paper.yaml").read_text()
    (folder / "paper.yaml").write_text(text.replace("id: toy\n", "id: twin\n").replace("toy.t", "twin.t"))
    monkeypatch.setenv("RESOUND_PAPERS", str(folder))
    return "twin"


def test_runs_of_one_paper_are_not_those_of_another_with_the_same_recipe(toy_workspace, twin, tmp_path):
    choice = Choice("smoke")

    def missing(paper: str, workspace: Workspace = toy_workspace):
        return [one.run for one in make_plan(select(f"{paper}.t1.plain"), choice, fresh(workspace)).missing]

    [ours], [theirs] = missing("toy"), missing(twin)
    assert ours.recipe == theirs.recipe
    execute(ours, Surroundings(toy_workspace))
    without_data = replace(toy_workspace, data=tmp_path / "none")
    assert not missing("toy", without_data) and [run.paper for run in missing(twin, without_data)] == [twin]
    with pytest.raises(InputError, match="no finished run of tier smoke to land"):
        land(f"{twin}.t1.plain", choice, fresh(toy_workspace))
    execute(theirs, Surroundings(toy_workspace))
    assert not missing(twin, without_data)
    assert land("toy.t1.plain", choice, fresh(toy_workspace)).landed == [ours.id]
    assert land(f"{twin}.t1.plain", choice, fresh(toy_workspace)).landed == [theirs.id]


def test_landed_runs_are_found_where_neither_data_nor_runs_are(finished, tmp_path):
    first, again = (land("toy.t1.plain", Choice(), finished) for _ in range(2))
    assert (len(first.landed), first.refused) == (4, []) and again == first  # nothing to do, nothing broken
    results = finished.reports / "results"
    assert not list(results.rglob("*.ckpt"))
    elsewhere = Workspace(tmp_path / "none", tmp_path / "empty", tmp_path / "fresh", finished.reports)
    assert make_plan(select("toy.t1.plain"), Choice(), elsewhere).missing == []


def test_where_the_data_are_not_what_counts_as_done_is_landed(finished, tmp_path):
    here = Workspace(tmp_path / "none", tmp_path / "here", finished.cache, tmp_path / "reports")
    merged = merge(finished.runs, here).merged
    assert make_plan(select("toy.t1.plain"), Choice(), here).missing == []
    with pytest.raises(InputError, match="no finished run of tier smoke to land"):
        land("toy.t1.plain", Choice("smoke"), here)
    assert sorted(land("toy.t1.plain", Choice(), here).landed) == sorted(merged) and len(merged) == 4


def test_runs_that_stay_here_are_told_since_pages_show_them(finished, tmp_path, monkeypatch):
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("benchmarks.runs.workspace.outside_papers", lambda: {"toy": tmp_path / "toy"})
        assert unlanded(fresh(finished), finished.reports) is None  # their pages are others
        assert str(unlanded(fresh(finished), tmp_path / "toy" / "reports")).startswith("4 finished runs")
    assert unlanded(fresh(finished), finished.reports) == (
        "4 finished runs are not landed and stand on the pages, too; whoever has the landed runs alone gets others"
    )
    land("toy.t1.plain", Choice(), finished)
    assert unlanded(finished, finished.reports) is None


def test_further_seeds_of_what_is_needed_are_landed_and_other_recipes_are_not(toy_workspace):
    wanted = [one.run for one in make_plan(select("toy.t1.plain"), Choice("smoke", seeds=3), toy_workspace).missing]
    full = [one.run for one in make_plan(select("toy.t1.plain"), Choice(seeds=1), toy_workspace).missing]
    for run in (*wanted, *full):
        execute(run, Surroundings(toy_workspace))
    assert land("toy.t1.plain", Choice("smoke"), fresh(toy_workspace)).landed == [run.id for run in wanted]


def test_nothing_damaged_is_landed_and_the_others_are(finished):
    first, *others = sorted(finished.runs.glob("[!.]*/scores_test.npz"))
    first.write_bytes(first.read_bytes()[:-20])
    with pytest.warns(UserWarning, match=f"left out: {first}: damaged"):
        landed, refused = land("toy.t1.plain", Choice(), fresh(finished))
    assert sorted(landed) == [path.parent.name for path in others]
    assert len(refused) == 1 and refused[0].startswith(f"{first}: damaged")
    for path in others:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.warns(UserWarning, match="left out"), pytest.raises(InputError, match="damaged"):
        land("toy.t1.plain", Choice(), fresh(finished))


def test_what_is_too_large_is_left_out(finished, monkeypatch):
    monkeypatch.setattr("benchmarks.runs.transport.LANDED_MIB", 0.001)
    problem = r"0\.0 MiB; a landed run has at most 0\.001 MiB"
    with pytest.raises(InputError, match=problem):
        land("toy.t1.plain", Choice(), finished)


def test_one_that_is_too_large_is_refused_and_the_others_are_landed(finished, monkeypatch):
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in finished.runs.glob("[!.]*-s?-*")}
    large = max(sizes, key=sizes.__getitem__)
    (large / "history.csv").write_bytes((large / "history.csv").read_bytes() + b"\n" * 9000)
    rewrite(large)
    monkeypatch.setattr("benchmarks.runs.transport.LANDED_MIB", (max(sizes.values()) + 4500) / 2**20)
    landed, refused = land("toy.t1.plain", Choice(), fresh(finished))
    assert len(landed) == 3 and [line.partition(":")[0] for line in refused] == [str(large)]


def test_one_that_is_damaged_is_refused_where_the_data_are_not_here_and_of_further_seeds(finished, tmp_path):
    further = make_plan(select("toy.t1.plain"), Choice(seeds=3), fresh(finished)).missing[0].run
    victim = execute(further, Surroundings(finished))
    scores = victim / "scores_test.npz"
    scores.write_bytes(scores.read_bytes()[:-20])
    elsewhere = replace(finished, data=tmp_path / "none")
    for place in (finished, elsewhere):
        with pytest.warns(UserWarning, match="damaged"):
            landed, refused = land("toy.t1.plain", Choice(), fresh(place))
        assert len(landed) == 4 and [line.partition(":")[0] for line in refused] == [str(scores)]


def test_a_run_that_somebody_else_puts_there_meanwhile_is_known(finished, tmp_path, monkeypatch):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    rename = Path.rename

    def later(path, target):
        shutil.copytree(path, target)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", later)
    merged, known, refused = merge(finished.runs, here)
    assert (merged, len(known), refused) == ([], 4, []) and len(list(Ledger(here.runs).finished())) == 4


def test_a_file_that_cannot_be_read_costs_its_own_run_alone(finished, tmp_path, monkeypatch):
    first, *others = sorted(finished.runs.glob("[!.]*/history.csv"))
    opened = os.open

    def broken(path, *flags):
        if str(path) == str(first):
            raise OSError(errno.EIO, "Input/output error")
        return opened(path, *flags)

    monkeypatch.setattr("benchmarks.runs.transport.os.open", broken)
    landed, refused = land("toy.t1.plain", Choice(), finished)
    assert len(landed) == len(others) == 3
    assert refused == [f"{first}: cannot be read (Input/output error); check its permissions"]


def test_damaged_runs_of_another_kind_are_not_refused(finished):
    """Whose names are the same but for the end: here those in bf16."""
    for planned in make_plan(select("toy.t1.plain"), Choice(numerics="bf16", seeds=1), finished).missing:
        scores = execute(planned.run, Surroundings(finished)) / "scores_test.npz"
        scores.write_bytes(scores.read_bytes()[:-20])
    with pytest.warns(UserWarning, match="damaged"):
        landed, refused = land("toy.t1.plain", Choice(), fresh(finished))
    assert len(landed) == 4 and refused == []


def test_a_disk_that_refuses_ends_the_landing_and_the_merging_at_once(finished, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\); free some space"):
        land("toy.t1.plain", Choice(), finished)
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    merged, known, refused = merge(finished.runs, here)
    assert (merged, known) == ([], []) and len(refused) == 1
    assert refused[0].endswith("; 4 runs not looked at")


def test_landing_nothing_says_what_to_do(toy_workspace):
    with pytest.raises(InputError, match=r"no finished run of tier full to land; `python -m benchmarks run"):
        land("toy.t1.plain", Choice(), toy_workspace)


def test_merge_takes_each_run_once_and_checks_it(finished, tmp_path):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    merged, known, refused = merge(finished.runs, here)
    assert (len(merged), len(known), refused) == (4, 0, [])
    assert [len(names) for names in merge(finished.runs, here)] == [0, 4, 0]
    for one in Ledger(here.runs).finished():
        one.verify()


def test_copies_that_were_killed_are_removed_after_a_day(finished, tmp_path):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    for store, work in (
        (here.runs, lambda: merge(finished.runs, here)),
        (finished.reports / "results", lambda: land("toy.t1.plain", Choice(), finished)),
    ):
        old, new = store / f".copy-{'0' * 32}", store / f".copy-{'1' * 32}"
        for folder in (old, new):
            folder.mkdir(parents=True)
            (folder / "run.json").write_text("{")
        os.utime(old, (time.time() - 90_000,) * 2)
        work()
        assert new.is_dir() and not old.exists()


def test_what_is_here_already_with_other_scores_stays_and_that_is_told(finished, tmp_path):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    merge(finished.runs, here)
    own = sorted(here.runs.glob("*/result.json"))[0].parent
    before = Scores.load(own / "scores_test.npz")
    rewrite(own, replace(before, values=before.values + 0.5))
    with pytest.warns(UserWarning, match=f"{own.name}: has other scores than {own}, which stays"):
        merged, known, refused = merge(finished.runs, here)
    assert (merged, len(known), refused) == ([], 4, [])
    assert np.array_equal(Scores.load(own / "scores_test.npz").values, before.values + np.float32(0.5))


def test_merge_refuses_what_is_damaged_foreign_or_nothing(finished, tmp_path):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    with pytest.raises(InputError, match="holds no finished run"):
        merge(tmp_path / "nowhere", here)
    first, second, *_ = sorted(path.parent for path in finished.runs.glob("[!.]*/result.json"))
    renamed = first.rename(first.with_name(first.name[:-1] + "x"))
    (second / "history.csv").write_text("epoch\n")
    merged, known, refused = merge(finished.runs, here)
    assert len(merged) == 2 and not known
    assert sorted(line.split(": ")[0] for line in refused) == sorted(
        [str(renamed / "result.json"), str(second / "history.csv")]
    )
    assert {path.parent.name for path in here.runs.glob("*/result.json")} == set(merged)
