"""Everything in a store that may be other than it says it is: the run is named and left out, and the others stay."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.cli.status import status_of
from benchmarks.errors import InputError
from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.table import CellResult, Variant
from benchmarks.runs.build import import_class
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.files import read_json
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.transport import land, merge
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from tests import ROOT
from tests.benchmarks.fabricated_event_runs import fabricate_events
from tests.benchmarks.fabricated_results import result_of
from tests.benchmarks.fabricated_runs import FINGERPRINT, fabricate, scores_with, workspace_in
from tests.benchmarks.runs.stored.altered import OTHERS, damaged, on_items, one_item, rewrite

#: Those of the toy's datasets, 20 to a fold.
ITEMS = [f"{fold}-{number:03d}-{('high', 'low')[number % 2]}" for fold in (1, 2) for number in range(20)]
CELL = "acrnn.t3.att.esc10"


@pytest.fixture(scope="module")
def five_folds(tmp_path_factory) -> Workspace:
    """A run on each fold of ESC-10."""
    workspace = workspace_in(tmp_path_factory.mktemp("five"))
    fabricate(workspace, "att", "esc10", seeds=1)
    return workspace


@pytest.fixture
def store(five_folds, tmp_path) -> Workspace:
    """A copy of it, read once before, so that whatever is remembered is warm."""
    shutil.copytree(five_folds.runs, tmp_path / "runs")
    workspace = workspace_in(tmp_path)
    assert len(list(workspace.ledger.finished())) == 5
    return again(workspace)


def again(workspace: Workspace) -> Workspace:
    """The same folders as a further command finds them."""
    return replace(workspace)


def folders(workspace: Workspace) -> list[Path]:
    return sorted(path.parent for path in workspace.runs.glob("[!.]*/result.json"))


@pytest.mark.parametrize("change", OTHERS)
def test_what_is_not_what_it_says_it_is_is_left_out_and_named(store, change):
    victim, *others = folders(store)
    change(victim)
    with pytest.warns(UserWarning, match="left out: ") as told:
        kept = [one.folder for one in store.ledger.finished()]
    assert kept == others
    [line] = {str(one.message) for one in told}
    assert str(victim)[:-10] in line and "\n" not in line
    plan = make_plan(select(CELL), Choice(seeds=1), store)  # where the data are absent any state of them counts
    assert sum(planned.done for planned in plan.runs.values()) == 4


def refuse(monkeypatch, victim: Path) -> None:
    """Have one file or folder be as if its permissions were taken; tests may run as root, who may read all."""
    victim.touch()

    def refusing(real):
        def method(path, *arguments, **options):
            if os.fspath(path) == str(victim):
                raise PermissionError(errno.EACCES, "Permission denied", str(victim))
            return real(path, *arguments, **options)

        return method

    for place, name in ((os, "open"), (os, "scandir"), (Path, "open")):
        monkeypatch.setattr(place, name, refusing(getattr(place, name)))


@pytest.mark.parametrize("name", ["run.json", "result.json", "scores_test.npz", "history.csv"])
def test_a_run_that_may_not_be_read_is_left_out_and_not_to_be_removed(store, monkeypatch, name):
    victim, *others = folders(store)
    refuse(monkeypatch, victim / name)
    with pytest.warns(UserWarning, match="left out: ") as told:
        assert [one.folder for one in store.ledger.finished()] == others
    line = f"left out: {victim / name}: cannot be read (Permission denied); check its permissions"
    assert {str(one.message) for one in told} == {line}


def test_a_store_that_may_not_be_read_is_not_an_empty_one(store, tmp_path, monkeypatch):
    assert not list(workspace_in(tmp_path / "new").ledger.finished())  # which is not there at all
    with monkeypatch.context() as patch:
        refuse(patch, store.runs / "ledger.json")
        with pytest.raises(InputError, match=r"ledger.json: cannot be read .*; check its permissions$"):
            _ = again(store).ledger
    refuse(monkeypatch, store.runs)
    with pytest.raises(InputError, match=rf"^{store.runs}: cannot be read .*; check its permissions$"):
        again(store).ledger.stored()


@pytest.mark.parametrize("place", ["ledger.json", ".sweeps/z.json", ".claims/q", ".attempts/a/b/progress.json"])
def test_a_pipe_in_a_store_is_not_waited_for(store, place):
    (store.runs / place).parent.mkdir(parents=True, exist_ok=True)
    (store.runs / place).unlink(missing_ok=True)
    store.reports.mkdir(exist_ok=True)
    os.mkfifo(store.runs / place)
    command = [sys.executable, "-m", "benchmarks", "status", "--runs", str(store.runs), "--reports", str(store.reports)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    if place == "ledger.json":
        assert done.returncode == 2 and f"{place}: is no file; " in done.stderr and done.stderr.count("\n") == 1
    else:
        assert done.returncode == 0 and "5 runs done" in done.stdout


def test_swapped_results_are_noticed_hot_or_cold(store):
    first, second, *others = folders(store)
    for left, right in ((first, second),):
        (left / "result.json").rename(left.parent / "between.json")
        (right / "result.json").rename(left / "result.json")
        (left.parent / "between.json").rename(right / "result.json")
    with pytest.warns(UserWarning, match="result.json: describes .*, not this run; put its own file back"):
        assert [one.folder for one in store.ledger.finished()] == others


def test_a_file_set_back_to_its_old_time_is_read_again(store):
    victim, *others = folders(store)
    path = victim / "scores_test.npz"
    before = path.stat()
    damaged(victim)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.warns(UserWarning, match="damaged"):
        assert [one.folder for one in store.ledger.finished()] == others


JSON = {
    "empty": b"", "null": b"null", "a list": b"[]", "a word": b'"done"', "nothing in it": b"{}",
    "cut short": b'{"format": 2,', "deep": b"[" * 100_000, "no UTF-8": b'{"format": 2, "id": "\xff"}',
    "a long number": b'{"format": ' + b"9" * 10_000 + b"}", "format is text": b'{"format": "2"}',
    "format is yes": b'{"format": true}', "newer": b'{"format": 3}', "older": b'{"format": 1}',
}  # fmt: skip


@pytest.mark.parametrize("name", ["result.json", "run.json"])
@pytest.mark.parametrize("content", JSON.values(), ids=JSON.keys())
def test_files_of_another_form_are_one_line_that_leaves_the_store_alone(store, name, content):
    victim, *others = folders(store)
    (victim / name).write_bytes(content)
    with pytest.warns(UserWarning, match=rf"left out: {victim}/{name}: ") as told:
        assert [one.folder for one in store.ledger.finished()] == others
    [line] = {str(one.message) for one in told}
    assert f"remove the folder {store.runs} " not in line and len(line) < 600


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("seconds", {"total": "1"}), ("seconds", {"total": float("nan")}), ("seconds", [1]), ("device", "cpu"),
        ("device", {"kind": "cpu\n# x", "name": "", "threads": 1}), ("files", []), ("files", {"run.json": "?"}),
        ("code", None), ("packages", {"torch": 2}), ("peak_memory_mib", "512"), ("data", {}),
        ("data", {"items": {"test": 80}}), ("numerics", "bf16"), ("ended", "yesterday"), ("seconds", {}),
        *(("data", {"items": {}, name: 7}) for name in ("census", "extractor", "features", "signatures")),
        ("data", {"items": {}, "census": [1, "<b>"]}), ("data", {"items": {}, "signatures": {"none": {"clip": 1}}}),
        ("data", {"items": {}, "conditioner": {"class_path": "a.B", "params": {}, "ranges": 1}}),
    ],
)  # fmt: skip
def test_fields_of_another_type_are_one_line(store, place, value):
    victim, *others = folders(store)
    result = read_json(victim / "result.json")
    (victim / "result.json").write_text(json.dumps({**result, place: value}))
    with pytest.warns(UserWarning, match=f"left out: {victim}"):
        assert [one.folder for one in store.ledger.finished()] == others


# -- all that reads a store goes on without the bad run ----------------------------------------------------------------


def shown(workspace: Workspace) -> CellResult:
    """The cell as a report has it."""
    [cell] = select(CELL)
    return CellResult(cell, Variant(), Evaluator(workspace, Choice(seeds=1)).evidence(cell))


def commands(workspace: Workspace) -> Iterator[Callable[[], object]]:
    yield lambda: status_of(again(workspace))
    yield lambda: make_plan(select(CELL), Choice(seeds=1), again(workspace))
    yield lambda: shown(again(workspace))
    yield lambda: land(CELL, Choice(seeds=1), again(workspace))


def test_one_bad_run_stops_nothing_and_earns_nothing(store, monkeypatch):
    monkeypatch.setattr(Workspace, "fingerprint", lambda self, use, corpus: FINGERPRINT)
    victim, *others = folders(store)
    one_item(victim)
    for command in commands(store):
        with pytest.warns(UserWarning, match=f"left out: {victim}"):
            command()
    landed = sorted(path.parent.name for path in (store.reports / "results").glob("*/result.json"))
    assert landed == [folder.name for folder in others]
    cell = shown(again(store))
    assert (cell.n_runs, cell.status) == (4, "incomplete")


@pytest.mark.parametrize("change", OTHERS)
def test_nothing_of_it_is_merged(store, tmp_path, change):
    victim, *others = folders(store)
    change(victim)
    here = workspace_in(tmp_path / "here")
    merged, known, refused = merge(store.runs, here)
    assert (sorted(merged), known) == ([folder.name for folder in others], [])
    assert len(refused) == 1 and str(victim)[:-10] in refused[0]
    assert merge(store.runs, here)[:2] == ([], merged)


def test_what_contradicts_more_runs_on_the_same_files_is_left_out(tmp_path):
    """Of a dataset whose names tell nothing, and whose files are not here, others know the items."""
    workspace = workspace_in(tmp_path)
    runs = fabricate_events(workspace, "mtfa", "babycry", items=12, seeds=3)
    folder, others = workspace.runs / runs[0].id, {run.id for run in runs[1:]}
    said = Scores.load(folder / "scores_devtest.npz")
    other = Scores(("mixture_of_mine.wav", *said.items[1:]), said.classes, said.values, said.kind, said.hop)
    other.save(folder / "scores_devtest.npz")
    rewrite(folder)
    with pytest.warns(UserWarning, match=f"left out: {folder}.*csv: tells of other items than the scores beside it"):
        assert {one.run.id for one in again(workspace).ledger.finished()} == others
    copy = folder / "reference_devtest.csv"
    copy.write_text(copy.read_text().replace(said.items[0], "mixture_of_mine.wav"))
    rewrite(folder)
    with pytest.warns(UserWarning, match=rf"left out: {folder}.*: has other items \(12\) than runs on the same files"):
        assert {one.run.id for one in again(workspace).ledger.finished()} == others


def test_an_attempt_is_published_with_its_files_alone(store):
    victim, *_ = folders(store)
    done = next(one for one in store.ledger.finished() if one.folder == victim)
    shutil.rmtree(victim)
    attempt = again(store).ledger.attempt(done.run)
    (attempt / "old.npz").write_text("of a killed attempt")
    again(store).ledger.attempt(done.run)
    assert sorted(path.name for path in attempt.iterdir()) == ["run.json"]
    scores_with("esc10", 1, 5).save(attempt / "scores_test.npz")
    for name in ("checkpoint.partial", ".progress.json.123", "checkpoint.ckpt", "progress.json", "run.json~"):
        (attempt / name).write_text("left behind")
    (attempt / "lightning_logs").mkdir()
    folder = again(store).ledger.publish(done.run, attempt, result_of(attempt))
    assert sorted(path.name for path in folder.iterdir()) == ["result.json", "run.json", "scores_test.npz"]


def test_scores_of_other_items_are_not_published(store):
    victim, *_ = folders(store)
    done = next(one for one in store.ledger.finished() if one.folder == victim)
    shutil.rmtree(victim)
    ledger = again(store).ledger
    attempt = ledger.attempt(done.run)
    scores_with("esc10", 2, 5).save(attempt / "scores_test.npz")
    with pytest.raises(InputError, match=r"80 items that are not tested in fold 1, such as 2-2000-A-0.wav"):
        ledger.publish(done.run, attempt, result_of(attempt))
    assert not victim.exists()


def test_a_bad_run_is_made_anew_and_what_it_was_is_kept(store):
    victim, *_ = folders(store)
    done = next(one for one in store.ledger.finished() if one.folder == victim)
    one_item(victim)
    ledger = again(store).ledger
    with pytest.warns(UserWarning, match="left out"):
        assert not ledger.is_done(done.run) and not ledger.holds(done.run)
    attempt = ledger.attempt(done.run)
    scores_with("esc10", 1, 5).save(attempt / "scores_test.npz")
    with pytest.warns(UserWarning, match=f"{victim}: cannot be believed, and was made anew"):
        ledger.publish(done.run, attempt, result_of(attempt))
    assert again(store).ledger.holds(done.run)
    assert len(list((store.runs / ".aside").iterdir())) == 1


def test_what_is_remembered_is_believed_only_where_it_is_whole(store):
    [memory] = (store.cache / "checked").glob("*.json")
    for content in (b"", b"[]", memory.read_bytes()[:-3], b"x" * 100):
        memory.write_bytes(content)
        assert len(list(again(store).ledger.finished())) == 5


def test_a_part_of_the_items_says_how_many_of_them_and_earns_no_verdict(store):
    """Clips are missing here: the run was tested on what there is."""
    for folder in folders(store):
        items = Scores.load(folder / "scores_test.npz").items[:70]
        rewrite(folder, on_items(folder, items), items={"test": {"used": 70, "expected": 80}})
    cell = shown(again(store))
    assert (cell.n_runs, cell.status, cell.flaw) == (5, "flawed files", "70 of 80 items")
    for folder in folders(store):
        rewrite(folder, census={"release": "v2", "complete": True, "summary": "all 400 clips", "faults": {}})
    assert shown(again(store)).flaw == "70 of 80 items"


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        (ITEMS[:19], "lacks 1 of the 20 items of test, such as 1-019-low"),
        ([*ITEMS[:19], "1-999-low"], "has 1 items that are not in test of fold 1, such as '1-999-low'"),
        (ITEMS[1:20][::-1] + ITEMS[:1], None),
    ],
)
def test_where_the_files_of_a_run_are_here_their_lists_tell_its_items(toy_workspace, items, problem):
    [run] = [one.run for one in make_plan(select("toy.t1.plain"), Choice("smoke"), toy_workspace).missing]
    folder = execute(run, Surroundings(toy_workspace))
    n = len(items)
    rewrite(folder, on_items(folder, tuple(items)), items={"test": {"used": n, "expected": n}})
    if problem is None:  # in whatever order
        assert [one.folder for one in again(toy_workspace).ledger.finished()] == [folder]
        return
    with pytest.warns(UserWarning, match=f"scores_test.npz: {problem}"):
        assert not list(again(toy_workspace).ledger.finished())


def test_a_dataset_that_cannot_be_read_says_nothing_against_runs(toy_workspace, monkeypatch):
    runs = [one.run for one in make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing]
    made = sorted(execute(run, Surroundings(toy_workspace)) for run in runs)

    def refused(self):
        raise PermissionError(errno.EACCES, "Permission denied", "/data/toy/list.csv")

    monkeypatch.setattr(import_class(runs[0].resolved["dataset"]["class_path"]), "fingerprint", refused)
    with pytest.warns(UserWarning, match="cannot be read") as told:
        assert sorted(one.folder for one in again(toy_workspace).ledger.finished()) == made
    [line] = [str(one.message) for one in told]
    assert line.startswith("/data/toy/list.csv: cannot be read (Permission denied), so that")
    assert line.endswith("check its permissions")
