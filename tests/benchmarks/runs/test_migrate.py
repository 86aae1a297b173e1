"""Stores of format 1 are made of present ones by taking away what it lacked; migrated, they are the same again."""

import json
import re
import shutil
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.runs import migrate as module
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.files import canonical_hash, claimed, file_sha256, locked_folder, read_json, write_json
from benchmarks.runs.ledger import FORMAT, Ledger
from benchmarks.runs.migrate import migrate
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from datasets.features import extractors
from tests.benchmarks.fabricated_event_runs import fabricate_events
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_tag_runs import fabricate_tags

SHORT = {path: name for name, path in extractors().items()}


def downgrade(store: Path) -> list[str]:
    """Rewrite a store as format 1 had it; returns the old ids."""
    write_json(store / "ledger.json", {"format": 1})
    return sorted(downgrade_run(path.parent) for path in sorted(store.glob("[!.]*/result.json")))


def downgrade_run(folder: Path) -> str:
    run, result = read_json(folder / "run.json"), read_json(folder / "result.json")
    dataset = run["resolved"].pop("dataset")["class_path"]
    data, model = run["resolved"]["data"], run["resolved"]["model"]
    named = [dataset, data["class_path"], model["class_path"]]
    if conditioner := data["init_args"].get("conditioner"):
        named.append(conditioner["class_path"])
    if extractor := data["init_args"].get("extractor"):
        data["init_args"]["extractor"] = SHORT[extractor]
        named.append(extractor)
    del run["probes"]
    run["versions"] = {path: run["versions"][path] for path in named}
    stem = run["id"].rpartition("-")[0]
    run |= {"format": 1, "recipe": canonical_hash(run["resolved"])}
    run["id"] = f"{stem}-{canonical_hash(run, 10)}"
    write_json(folder / "run.json", run)
    files = {**result["files"], "run.json": file_sha256(folder / "run.json")}
    write_json(folder / "result.json", {**result, "format": 1, "id": run["id"], "files": files})
    folder.rename(folder.with_name(run["id"]))
    return str(run["id"])


def content_of(store: Path) -> dict[str, bytes]:
    """All files of a store, hidden ones too."""
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.fixture
def old(tmp_path):
    """A store of format 1 with two runs, and what it was before."""
    here = workspace_in(tmp_path)
    fabricate(here, "att", "esc10", folds=(1, 2), seeds=1)
    shutil.rmtree(here.runs / ".claims", ignore_errors=True)
    shutil.rmtree(here.runs / ".attempts", ignore_errors=True)
    before = content_of(here.runs)
    downgrade(here.runs)
    return here.runs, before


def test_a_migrated_store_is_as_if_it_had_been_written_today(tmp_path):
    here = workspace_in(tmp_path)
    fabricate(here, "att_aug", "esc50", folds=(1, 2), seeds=1)
    fabricate(here, "knn", "esc10", kind="decision", folds=(1,), seeds=1)
    fabricate_events(here, "mtfa", "babycry", items=2, seeds=1)
    fabricate_tags(here, "edc_a10_am", "dcase", items=4, seeds=1)
    shutil.rmtree(here.runs / ".attempts")
    before = content_of(here.runs)
    ids = downgrade(here.runs)
    outcome = migrate(here.runs)
    assert content_of(here.runs) == before
    assert sorted(outcome.renamed) == ids and not set(outcome.renamed.values()) & set(ids)
    assert str(outcome) == f"{here.runs}: 5 runs brought up to date"
    for one in Ledger(here.runs).finished():
        one.verify()


def test_migrated_runs_are_done(toy_workspace):
    plan = make_plan(select("toy.t1.plain"), Choice(), toy_workspace)
    for planned in plan.missing:
        execute(planned.run, Surroundings(toy_workspace))
    downgrade(toy_workspace.runs)
    with pytest.raises(InputError, match=f"`python -m benchmarks migrate {toy_workspace.runs}` brings it up to date"):
        Ledger(toy_workspace.runs)
    migrate(toy_workspace.runs)
    toy_workspace.__dict__.pop("ledger", None)
    assert make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing == []


def test_a_second_migration_changes_nothing_and_says_so(old):
    store, before = old
    migrate(store)
    again = migrate(store)
    assert content_of(store) == before
    assert str(again) == f"{store}: up to date, nothing to do"


def test_a_landed_run_without_annotations_keeps_their_checksums(tmp_path):
    here = workspace_in(tmp_path)
    fabricate_events(here, "crnn", "gunshot", items=2, seeds=1)
    [folder] = (path.parent for path in here.runs.glob("[!.]*/result.json"))
    for path in folder.glob("reference_*"):
        path.unlink()
    downgrade(here.runs)
    migrate(here.runs)
    [finished] = Ledger(here.runs).finished()
    finished.verify()
    assert {"reference_devtest.csv", "reference_evaltest.csv"} <= set(finished.result["files"])


class Interrupter:
    """Raises KeyboardInterrupt at the n-th change of a file or folder, before or halfway through it."""

    def __init__(self, monkeypatch, at: int) -> None:
        self.left, self.patch = at, monkeypatch
        for owner, name in (
            (module, "write_json"), (Path, "rename"), (module.shutil, "copytree"), (module.shutil, "rmtree"),
        ):  # fmt: skip
            self._guard(owner, name)

    def _guard(self, owner, name: str) -> None:
        original = getattr(owner, name)

        def guarded(path, *arguments, **options):
            self.left -= 1
            if self.left == 0:
                if name == "rmtree":
                    for file in [file for file in Path(path).rglob("*") if file.is_file()][:1]:
                        file.unlink()
                raise KeyboardInterrupt
            return original(path, *arguments, **options)

        self.patch.setattr(owner, name, guarded)


def test_a_migration_interrupted_anywhere_can_be_repeated(old, tmp_path, monkeypatch):
    store, before = old
    interruptions = 0
    for at in range(1, 100):
        here = tmp_path / f"interrupted-{at}"
        shutil.copytree(store, here)
        with monkeypatch.context() as patch:
            interrupter = Interrupter(patch, at)
            try:
                migrate(here)
            except KeyboardInterrupt:
                interruptions += 1
        if interrupter.left > 0:
            break
        migrate(here)
        assert content_of(here) == before, at
    assert interruptions == 2 * 6 + 1 + 3  # six steps a run, the mark of the store, three folders of work


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        (
            "scores_test.npz",
            b"x",
            r"scores_test.npz: damaged \(its checksum differs\); remove the folder .* to redo it",
        ),
        ("history.csv", None, r"history.csv: missing from a finished run; remove the folder .* to redo it"),
        ("run.json", b"{}", r"run.json: damaged"),
        ("result.json", b'{"format": 1', r"result.json: cut short or not JSON"),
        ("result.json", b'{"format": 1}', r"result.json: id: is missing; remove the folder .* to redo it"),
        ("result.json", b'{"format": 3}', r"result.json: written by a newer version of the harness"),
        ("result.json", b"[1, 2]", r"result.json: tells no format; remove the folder .* to redo it"),
        ("result.json", b'{"format": "1"}', r"result.json: tells no format; remove the folder .* to redo it"),
        ("result.json", b'{"format": 1, "id": "a", "files": []}', r"result.json: files: .* valid dictionary; remove"),
        ("result.json", b'{"format": 1, "id": "a", "files": {"b/../c": ""}}', r"result.json: files.b/../c: .*; remove"),
    ],
)
def test_a_damaged_run_is_left_alone_and_the_others_go_on(old, name, content, problem):
    store, before = old
    victim, _ = sorted(path.parent for path in store.glob("[!.]*/result.json"))
    if content is None:
        (victim / name).unlink()
    else:
        (victim / name).write_bytes(content)
    left = content_of(victim)
    outcome = migrate(store)
    assert len(outcome.renamed) == 1
    [line] = outcome.refused
    assert re.search(problem, line) and "\n" not in line
    assert content_of(victim) == left
    with pytest.raises(InputError, match="older version of the harness"):
        Ledger(store)
    assert not migrate(store).renamed and content_of(victim) == left
    shutil.rmtree(victim)
    migrate(store)
    assert len(list(Ledger(store).finished())) == 1
    assert content_of(store).items() <= before.items()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"setting": "gone"}, "the paper file of acrnn has no setting gone any more; remove the folder"),
        ({"paper": "gone"}, ".*gone.*: no such paper file; bring its paper back .* or remove the folder"),
    ],
)
def test_a_run_that_its_paper_file_knows_no_more_is_left_alone(old, change, problem):
    store, _ = old
    folder, _ = sorted(path.parent for path in store.glob("[!.]*/result.json"))
    run, result = read_json(folder / "run.json"), read_json(folder / "result.json")
    write_json(folder / "run.json", {**run, **change})
    files = {**result["files"], "run.json": file_sha256(folder / "run.json")}
    write_json(folder / "result.json", {**result, "files": files})
    [line] = migrate(store).refused
    assert re.fullmatch(f"{re.escape(str(folder))}: {problem}", line)


@pytest.mark.parametrize("name", ["run.json", "result.json"])
def test_a_run_of_two_formats_is_left_alone_and_nobody_is_sent_round_in_circles(tmp_path, name):
    workspace = workspace_in(tmp_path)
    [run] = fabricate(workspace, "base", "esc10", seeds=1, folds=(1,))
    folder = workspace.runs / run.id
    write_json(folder / name, {**read_json(folder / name), "format": 1})
    result = read_json(folder / "result.json")
    files = {**result["files"], "run.json": file_sha256(folder / "run.json")}
    write_json(folder / "result.json", {**result, "files": files})
    [line] = migrate(workspace.runs).refused
    assert re.fullmatch(
        f"{folder}: its run.json is of format ., its result of .; remove the folder .* to redo it", line
    )


def test_a_link_and_a_file_that_nobody_lists_are_left_alone(old, tmp_path):
    store, _ = old
    first, second = sorted(path.parent for path in store.glob("[!.]*/result.json"))
    (tmp_path / "elsewhere.npz").write_bytes((first / "scores_test.npz").read_bytes())
    (first / "scores_test.npz").unlink()
    (first / "scores_test.npz").symlink_to(tmp_path / "elsewhere.npz")
    (second / "notes.txt").write_text("mine")
    outcome = migrate(store)
    assert not outcome.renamed
    assert [line.split(": ")[1].split(";")[0] for line in outcome.refused] == [
        "a link or a folder in a finished run", "not listed by its result",
    ]  # fmt: skip


def test_two_migrations_of_one_store_do_not_meet(old):
    store, before = old
    with locked_folder(store) as held:
        assert held
        with pytest.raises(InputError, match="is being brought up to date by another command; wait for its end"):
            migrate(store)
    migrate(store)
    assert content_of(store) == before


def test_links_are_left_alone_and_runs_that_nobody_may_write_to_are_not(old, tmp_path):
    store, _ = old
    linked, locked = sorted(path.parent for path in store.glob("[!.]*/result.json"))
    shutil.move(linked, tmp_path / "elsewhere")
    linked.symlink_to(tmp_path / "elsewhere")
    locked.chmod(0o555)
    outcome = migrate(store)
    assert list(outcome.renamed) == [locked.name] and not list(store.glob(".migrating-*"))
    [line] = outcome.refused
    assert line == f"{linked}: is a link; put the run itself there"


def test_killed_attempts_are_dropped_and_counted(old):
    store, before = old
    for name in ("a", "b"):
        attempt = store / ".attempts" / f"old-{name}" / "0123"
        attempt.mkdir(parents=True)
        (attempt / ("checkpoint.ckpt" if name == "a" else "run.json")).write_text("{}")
    write_json(store / ".failures" / "old-c.json", {"message": "", "trace": ""})
    outcome = migrate(store)
    assert str(outcome).endswith("2 runs brought up to date, 1 killed attempt dropped (such runs start anew)")
    assert content_of(store) == before


def test_a_store_in_use_a_newer_one_and_none_are_refused(old, tmp_path):
    store, _ = old
    left = content_of(store)
    with claimed(store / ".claims" / "a-run"), pytest.raises(InputError, match="a-run is being worked on; wait"):
        migrate(store)
    shutil.rmtree(store / ".claims")
    assert content_of(store) == left
    with pytest.raises(InputError, match="nowhere: holds no runs"):
        migrate(tmp_path / "nowhere")
    write_json(store / "ledger.json", {"format": FORMAT + 1})
    with pytest.raises(InputError, match="newer version of the harness"):
        migrate(store)


def test_the_command_takes_stores_or_those_of_this_machine(toy_command, tmp_path, old):
    store, _ = old
    done = toy_command("migrate", str(store), env={"RESOUND_BUILT_IN_PAPERS": ""})
    out, _ = done.communicate(timeout=120)
    assert (done.returncode, out) == (0, f"{store}: 2 runs brought up to date\n")
    landed = tmp_path / "reports" / "results"
    shutil.copytree(store, landed)
    downgrade(landed)
    next(landed.glob("[!.]*/history.csv")).write_text("epoch\n")
    done = toy_command("migrate", env={"RESOUND_BUILT_IN_PAPERS": ""})
    out, errors = done.communicate(timeout=120)
    assert done.returncode == 2
    assert out == (
        f"{store}: up to date, nothing to do\n{landed}: 1 run brought up to date, 1 run refused and left alone\n"
    )
    assert "history.csv: damaged" in errors and len(errors.splitlines()) == 1


def test_json_is_written_as_everywhere(old):
    store, _ = old
    migrate(store)
    for path in store.glob("[!.]*/*.json"):
        assert path.read_text() == json.dumps(read_json(path), indent=1, sort_keys=True) + "\n"
