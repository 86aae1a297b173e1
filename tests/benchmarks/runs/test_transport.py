import pytest

from benchmarks.errors import InputError
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.transport import land, merge
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select


@pytest.fixture
def finished(toy_workspace):
    for planned in make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing:
        execute(planned.run, Surroundings(toy_workspace))
    return toy_workspace


def test_landed_runs_are_found_where_neither_data_nor_runs_are(finished, tmp_path):
    assert len(land("toy.t1.plain", Choice(), finished)) == 4
    assert land("toy.t1.plain", Choice(), finished)  # again: nothing to do, nothing broken
    results = finished.reports / "results"
    assert not list(results.rglob("*.ckpt"))
    elsewhere = Workspace(tmp_path / "none", tmp_path / "empty", tmp_path / "fresh", finished.reports)
    assert make_plan(select("toy.t1.plain"), Choice(), elsewhere).missing == []


def test_nothing_damaged_is_landed(finished):
    victim = next(finished.runs.glob("[!.]*/scores_test.npz"))
    victim.write_bytes(victim.read_bytes()[:-20])
    with pytest.raises(InputError, match="damaged"):
        land("toy.t1.plain", Choice(), finished)


def test_landing_nothing_says_what_to_do(toy_workspace):
    with pytest.raises(InputError, match=r"no finished run of tier full to land; `python -m benchmarks run"):
        land("toy.t1.plain", Choice(), toy_workspace)


def test_merge_takes_each_run_once_and_checks_it(finished, tmp_path):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    merged, known = merge(finished.runs, here)
    assert (len(merged), len(known)) == (4, 0)
    assert [len(names) for names in merge(finished.runs, here)] == [0, 4]
    for one in Ledger(here.runs).finished():
        one.verify()


def test_merge_refuses_what_is_damaged_foreign_or_nothing(finished, tmp_path):
    here = Workspace(finished.data, tmp_path / "here", finished.cache, finished.reports)
    with pytest.raises(InputError, match="holds no finished run"):
        merge(tmp_path / "nowhere", here)
    folder = next(finished.runs.glob("[!.]*/result.json")).parent
    renamed = folder.with_name(folder.name[:-1] + "x")
    folder.rename(renamed)
    with pytest.raises(InputError, match="describes"):
        merge(finished.runs, here)
    renamed.rename(folder)
    (folder / "history.csv").write_text("epoch\n")
    with pytest.raises(InputError, match="damaged"):
        merge(finished.runs, here)
