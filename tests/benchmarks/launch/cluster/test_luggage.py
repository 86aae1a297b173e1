"""What travels to nodes: the code, and the files of datasets; and what comes home."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.launch.cluster import luggage
from benchmarks.launch.cluster.away import Away
from benchmarks.launch.cluster.luggage import packed_code, pieces_of_dataset, unpack_dataset
from benchmarks.launch.cluster.messages import Home
from benchmarks.launch.cluster.places import Places
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Slots
from benchmarks.runs.ledger import CHECKPOINT, Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.launch.toy.in_process import InProcess


@pytest.fixture
def planned(toy_workspace):
    return make_plan(select("toy.t1.plain"), Choice(tier="smoke"), toy_workspace).missing


@pytest.fixture
def run(planned):
    return planned[0].run


@pytest.fixture
def made(planned, toy_workspace):
    """The files of a finished run, as they come from a node."""
    elsewhere = replace(toy_workspace, runs=toy_workspace.runs.parent / "node")
    assert not launch(planned, InProcess(elsewhere, Slots(1, "cpu"))).failed
    [finished] = elsewhere.ledger.finished()
    return luggage.taken_out(finished.folder)


def test_the_code_of_runs_travels_and_works_by_itself(run):
    with packed_code([run]) as folder:
        assert {path.name for path in folder.iterdir()} == {
            "benchmarks", "datasets", "models", "toy_parts", "REVISION",
        }  # fmt: skip
        assert not list(folder.rglob("__pycache__"))
        script = "import benchmarks.runs.provenance as p, toy_parts; print(p.code_revision(), toy_parts.__file__)"
        alone = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {script}"]
        said = subprocess.run(alone, capture_output=True, text=True, check=True, cwd=folder).stdout
        git = ["git", "-c", "user.name=a", "-c", "user.email=b", "-C", str(folder)]
        for words in (["init", "-q"], ["commit", "-qm", "another project", "--allow-empty"]):
            subprocess.run([*git, *words], check=True)
        assert subprocess.run(alone, capture_output=True, text=True, check=True, cwd=folder).stdout == said
    from benchmarks.runs.provenance import code_revision

    assert said.split("} ")[0] + "}" == str(code_revision())
    assert said.strip().endswith(str(folder / "toy_parts" / "__init__.py"))
    assert not folder.exists()


def test_modules_that_the_users_own_import_travel_too(run, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "toy_carried.py").write_text("import json\nimport toy_beside\nclass Net: ...\n")
    (tmp_path / "toy_beside.py").write_text("")
    with packed_code([replace(run, versions={**run.versions, "toy_carried.Net": 1})]) as folder:
        assert {"toy_carried.py", "toy_beside.py"} <= {path.name for path in folder.iterdir()}


def test_what_is_installed_for_one_user_stays(run, tmp_path, monkeypatch):
    """Nodes have the packages of the launcher's machine; `run` takes none of them for the user's own either."""
    folder = tmp_path / ".local" / "lib" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "toy_installed.py").write_text("class Net:\n    version = 1\n")
    monkeypatch.syspath_prepend(str(folder))
    with packed_code([replace(run, versions={**run.versions, "toy_installed.Net": 1})]) as code:
        assert not (code / "toy_installed.py").exists()


@pytest.mark.parametrize("at_once", [4, 10, 10**6])
def test_the_files_of_a_dataset_arrive_as_they_were(run, toy_workspace, monkeypatch, at_once):
    monkeypatch.setattr(luggage, "PART_BYTES", at_once)
    root = toy_workspace.data / "toy"
    (root / "empty.txt").touch()
    (root / "long.bin").write_bytes(bytes(range(100)))
    parts = list(pieces_of_dataset(run, toy_workspace))
    assert max(sum(len(content) for _, _, content in part) for part in parts) <= at_once
    there = replace(toy_workspace, data=toy_workspace.data.parent / "node")
    unpack_dataset(run, parts, there)
    names = ["clip.txt", "empty.txt", "long.bin"]
    assert [(there.data / "toy" / name).read_bytes() for name in names] == [
        (root / name).read_bytes() for name in names
    ]
    unpack_dataset(run, [[("clip.txt", 0, b"again")]], there)  # another process was faster
    assert (there.data / "toy" / "clip.txt").read_text() == "a toy clip"


def test_a_dataset_that_was_spoiled_where_it_was_fetched_to_is_fetched_again(run, toy_workspace, monkeypatch):
    """As by whoever tidies up folders for temporary files; what a killed transfer has left goes, too."""
    there = replace(toy_workspace, data=toy_workspace.data.parent / "node")
    monkeypatch.setattr(luggage, "has_data", lambda workspace, run: (workspace.data / "toy" / "clip.txt").exists())
    parts = list(pieces_of_dataset(run, toy_workspace))
    unpack_dataset(run, parts, there)
    (there.data / "toy" / "clip.txt").unlink()
    (there.data / f".toy.{luggage.COMING}{'0' * 32}").mkdir()
    unpack_dataset(run, parts, there)
    assert (there.data / "toy" / "clip.txt").read_text() == "a toy clip"

    def cut():
        yield from parts
        raise ConnectionError

    (there.data / "toy" / "clip.txt").unlink()
    with pytest.raises(InputError, match="cannot be written"):
        unpack_dataset(run, cut(), there)
    assert {path.name for path in there.data.iterdir()} == {".toy.lock"}


def test_no_file_of_a_dataset_leads_out_of_its_folder(run, toy_workspace):
    there = replace(toy_workspace, data=toy_workspace.data.parent / "node")
    with pytest.raises(InputError, match=r"\.\./clip.txt: leads out"):
        unpack_dataset(run, [[("../clip.txt", 0, b"")]], there)
    assert not (there.data / "toy").exists()


def test_files_that_are_not_those_of_the_run_are_not_used(run, toy_workspace, monkeypatch):
    home = Home(toy_workspace, Path("nowhere"), toy_workspace.runs.parent / "node")
    places = Places(home)
    assert places.of(replace(run, fingerprint="1" * 16), None) is None
    with pytest.raises(InputError, match="toy: its files changed on their way"):
        places.of(replace(run, fingerprint="1" * 16), lambda: [[("clip.txt", 0, b"other")]])
    found = places.of(run, None)
    assert found.data == toy_workspace.data and found.runs == toy_workspace.runs.parent / "node" / "runs"


def test_a_folder_of_somebody_else_is_refused(run, toy_workspace, monkeypatch):
    monkeypatch.setattr("benchmarks.launch.cluster.places.os.getuid", lambda: -1)
    with pytest.raises(InputError, match="belongs to somebody else; name another folder with ray:scratch=FOLDER"):
        Places(Home(toy_workspace, Path("nowhere"), toy_workspace.runs.parent / "node")).of(run, None)


def test_a_run_is_claimed_while_it_is_away(run, toy_workspace):
    away = Away.of(run, toy_workspace.ledger)
    assert Away.of(run, Ledger(toy_workspace.runs)) is None
    away.claim.close()
    again = Away.of(run, Ledger(toy_workspace.runs))
    assert again is not None
    again.claim.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda files: files | {"scores_test.npz": files["scores_test.npz"][:-1]}, "scores_test.npz: damaged"),
        (lambda files: {name: files[name] for name in files if name != "run.json"}, "run.json"),
        (lambda files: files | {"more.txt": b""}, "more.txt: not listed"),
        (lambda files: files | {"../more.txt": b""}, r"\.\./more.txt: no name of a file"),
        (lambda files: {}, "result.json"),
    ],
)
def test_what_comes_home_damaged_is_not_published_and_costs_no_checkpoint(run, made, toy_workspace, harm, said):
    away = Away.of(run, toy_workspace.ledger)
    away.keep(b"a checkpoint")
    with pytest.raises(InputError, match=said):
        away.publish(harm(made))
    assert not list(toy_workspace.ledger.finished())
    assert [path.name for path in away.attempt.parent.iterdir()] == [away.attempt.name]
    assert (away.attempt / CHECKPOINT).read_bytes() == b"a checkpoint"
    away.publish(made)
    assert [one.run.id for one in toy_workspace.ledger.finished()] == [run.id]
    assert not away.attempt.exists()
    away.claim.close()
