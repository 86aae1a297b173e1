"""Bundles: what they take of the user's own, and that runs come back from a machine that has nothing but them."""

import errno
import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace

import pytest

from benchmarks.cli.own import asked_changes
from benchmarks.errors import InputError
from benchmarks.runs.bundle import bundle
from benchmarks.runs.bundle import members as bundle_members
from benchmarks.runs.bundle.members import code_members, named
from benchmarks.runs.bundle.own import module_members, setting_members
from benchmarks.runs.bundle.parts import write_parts
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.transport import land, merge
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from datasets.acquire.hashes import pointed_md5

SMOKE = Choice(tier="smoke")


def bundled(target, choice, workspace, out, max_mib=1, features=False):
    return list(bundle(target, choice, workspace, out, "3.12", "any", [], max_mib, features))


def unbundled(out, work):
    command = [sys.executable, str(out / "unbundle.py"), str(out), str(work)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def run(work, tmp_path, prefix=()):
    """Run the bundle's script as a machine does that has Python and its packages, and knows nothing of this one."""
    script = work / "run.sh"
    script.write_text(script.read_text().replace("python3", sys.executable))
    means = {name: value for name, value in os.environ.items() if not name.startswith(("RESOUND_", "PYTHON"))}
    command = [*prefix, "sh", str(script)]
    return subprocess.run(command, capture_output=True, text=True, env=means, cwd=tmp_path, timeout=300)


@pytest.fixture
def here(toy_workspace, tmp_path):
    """Another store, to which results come back."""
    return Workspace(toy_workspace.data, tmp_path / "here", toy_workspace.cache, toy_workspace.reports)


@pytest.mark.slow
def test_a_bundle_runs_without_the_checkout_and_comes_back(toy_workspace, here, tmp_path):
    clip = toy_workspace.data / "toy" / "clip.txt"
    clip.write_text("x" * 3_000_000)  # larger than a part, so that it travels in pieces
    out, work = tmp_path / "parts", tmp_path / "work"
    choice = replace(SMOKE, seeds=2)
    stored = execute(
        make_plan(select("toy.t1.plain"), choice, toy_workspace).missing[0].run, Surroundings(toy_workspace)
    )
    lines = bundled("toy.t1.plain", choice, toy_workspace, out)
    assert any(line.startswith("code: commit ") for line in lines)
    assert f"paper: {os.environ['RESOUND_BUILT_IN_PAPERS']}/toy, 5 files" in lines
    assert "your modules: toy_parts" in lines
    assert any(line.startswith("left here: reports/ and tests/ of the code") for line in lines)
    parts = sorted(out.glob("part-*.tar"))
    assert len(parts) > 3
    assert max(part.stat().st_size for part in parts) <= 2**20

    held_back = parts[1].rename(tmp_path / parts[1].name)
    first = unbundled(out, work)
    assert first.returncode == 1
    assert parts[1].name in first.stderr
    content = bytearray(held_back.read_bytes())
    content[1000] ^= 1
    parts[1].write_bytes(content)
    assert unbundled(out, work).returncode == 2
    shutil.copyfile(held_back, parts[1])
    assert unbundled(out, work).returncode == 0
    assert (work / "data" / "toy" / "clip.txt").read_text() == clip.read_text()
    assert unbundled(out, work).returncode == 0  # again: nothing is left to do

    done = run(work, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (work / "runs" / stored.name / "result.json").read_bytes() == (stored / "result.json").read_bytes()
    trained = json.loads((out / "bundle.json").read_text())["runs"]
    assert len(trained) == 1 and sorted([*trained, stored.name]) == merge(work, here).merged
    assert [len(runs) for runs in merge(work, here)] == [0, 2, 0]  # overlapping results are known
    code = next(Ledger(here.runs).finished()).result["code"]
    assert (work / "code" / "REVISION").read_text().split() == [code["revision"], *(["dirty"] if code["dirty"] else [])]


@pytest.mark.parametrize("is_landed", [False, True])
def test_a_script_trains_what_is_missing_and_no_run_that_is_stored(toy_workspace, tmp_path, is_landed):
    choice = replace(SMOKE, seeds=3)
    runs = [planned.run for planned in make_plan(select("toy.t1.plain"), choice, toy_workspace).missing]
    stored = execute(runs[1], Surroundings(toy_workspace))
    if is_landed:
        land("toy.t1.plain", choice, toy_workspace)
        shutil.rmtree(stored)
    out, work = tmp_path / "parts", tmp_path / "work"
    lines = bundled("toy.t1.plain", choice, toy_workspace, out)
    assert "stored runs, which are not trained again there: 1" in lines and lines[-3].endswith(", 2 runs")
    assert unbundled(out, work).returncode == 0
    there = Workspace(*(work / name for name in ("data", "runs", "cache", "reports")))
    plan = make_plan(select("toy.t1.plain"), choice, there)
    assert [planned.run for planned in plan.missing] == [runs[0], runs[2]] and list(plan.runs) == [r.id for r in runs]


def test_pieces_that_were_damaged_are_not_joined(toy_workspace, tmp_path):
    (toy_workspace.data / "toy" / "clip.txt").write_text("x" * 3_000_000)
    out, work = tmp_path / "parts", tmp_path / "work"
    bundled("toy.t1.plain", SMOKE, toy_workspace, out)
    facts = json.loads((out / "bundle.json").read_text())
    assert list(facts["cut"]) == ["data/toy/clip.txt"]
    facts["cut"] = {"data/toy/clip.txt": "0" * 64}
    (out / "bundle.json").write_text(json.dumps(facts))
    done = unbundled(out, work)
    assert done.returncode == 2
    assert "its pieces are damaged" in done.stderr and not (work / "data" / "toy" / "clip.txt").exists()


@pytest.fixture
def without_network():
    """What a command is put behind to have no route to anywhere."""
    prefix = ("unshare", "--map-root-user", "--net")
    able = shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    if not able:
        pytest.skip("no network namespaces on this machine")
    return prefix


@pytest.mark.slow
def test_features_travel_instead_of_sounds_to_a_machine_without_a_network(miniature_esc50, without_network, tmp_path):
    """The same scores come back as sounds give here, and none of the sounds was there but the one that proves code."""
    (tmp_path / "cache" / "miniature").mkdir(parents=True)
    (tmp_path / "cache" / "miniature" / "esc50").symlink_to(miniature_esc50)
    workspace = Workspace(*(tmp_path / name for name in ("data", "runs", "cache", "reports")))
    choice = Choice(tier="smoke", corpus="miniature")
    [planned] = make_plan(select("acrnn.t3.base.esc10"), choice, workspace).missing
    with_sounds = replace(workspace, runs=tmp_path / "with sounds")
    execute(planned.run, Surroundings(with_sounds))
    ours = next(Ledger(with_sounds.runs).finished())

    out, work = tmp_path / "parts", tmp_path / "work"
    lines = bundled("acrnn.t3.base.esc10", choice, workspace, out, 60, features=True)
    assert any(line.startswith("features: ") and " sounds of " in line for line in lines)
    assert unbundled(out, work).returncode == 0
    sounds = sorted((work / "cache" / "miniature" / "esc50" / "audio").glob("*.wav"))
    assert len(sounds) == 50 and sum(pointed_md5(path) is None for path in sounds) == 1

    done = run(work, tmp_path, without_network)
    assert done.returncode == 0, done.stderr
    there = next(Ledger(work / "runs").finished())
    assert there.run == planned.run
    assert there.result["files"]["scores_test.npz"] == ours.result["files"]["scores_test.npz"]
    assert there.result["data"]["census"] == ours.result["data"]["census"]


def test_a_disk_that_is_full_leaves_no_part_of_a_bundle(toy_workspace, tmp_path, monkeypatch):
    real, tars = tarfile.open, []

    def full(path, *mode):
        tars.append(path)
        if len(tars) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *mode)

    monkeypatch.setattr("benchmarks.runs.bundle.parts.tarfile.open", full)
    with pytest.raises(InputError, match=r"part-002.tar: cannot be written \(No space left .*; free some space"):
        bundled("toy.t1.plain", SMOKE, toy_workspace, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_is_named_and_not_the_place_of_the_bundle(tmp_path):
    with pytest.raises(InputError, match=r"gone\.wav: cannot be read"):
        write_parts([("a", b"a"), ("b", tmp_path / "gone.wav")], tmp_path, 2**20)


def test_a_bundle_of_nothing_is_one_line(toy_workspace, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(InputError, match="not empty"):
        bundled("toy.t1.plain", SMOKE, toy_workspace, tmp_path / "full")
    execute(make_plan(select("toy.t1.plain"), SMOKE, toy_workspace).missing[0].run, Surroundings(toy_workspace))
    with pytest.raises(InputError, match="nothing is missing in tier smoke"):
        bundled("toy.t1.plain", SMOKE, toy_workspace, tmp_path / "out")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with a commit."""
    root = tmp_path / "checkout"
    for name in ("benchmarks/a.py", "models/b.py", "reports/c.md", "README.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("as it was")
    git = ["git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=e"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setattr(bundle_members, "ROOT", root)
    return root


def test_the_code_is_taken_as_it_lies_here_and_says_what_is_not_committed(checkout):
    taken = code_members()
    assert {name for name, _ in taken.members} == {
        "code/benchmarks/a.py", "code/models/b.py", "code/README.md", "code/REVISION"
    }  # fmt: skip
    assert "dirty" not in dict(taken.members)["code/REVISION"].decode()
    (checkout / "benchmarks" / "a.py").write_text("changed")
    (checkout / "models" / "new.py").write_text("new")
    (checkout / "models" / "b.py").unlink()
    (checkout / "notes.txt").write_text("mine")
    taken = code_members()
    content = dict(taken.members)
    assert content["code/benchmarks/a.py"] == b"changed" and "code/models/new.py" in content
    assert "code/models/b.py" not in content and content["code/REVISION"].decode().endswith(" dirty\n")
    assert taken.said[0].endswith(
        "with 3 changes that are not committed, as results will say: benchmarks/a.py, models/b.py, models/new.py"
    )
    assert taken.said[1].endswith("and untracked files outside the packages: notes.txt")


def test_modules_of_the_user_travel_with_those_that_they_import(toy_workspace, tmp_path, monkeypatch):
    (tmp_path / "lib" / "toy_more").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    runs = [planned.run for planned in make_plan(select("toy.t1.plain"), SMOKE, toy_workspace).missing]
    plain = {name for name, _ in module_members(runs, [], []).members}
    assert "own/toy_parts/training.py" in plain and not any("__pycache__" in name for name in plain)
    (tmp_path / "lib" / "toy_more" / "__init__.py").write_text(
        "class Thing: ...\ndef f():\n    import toy_alone, torch, not_there\n"
    )
    (tmp_path / "lib" / "toy_alone.py").write_text("import json\n")
    renamed = [replace(run, versions={**run.versions, "toy_more.Thing": 1}) for run in runs]
    assert {name for name, _ in module_members(renamed, [], []).members} - plain == {
        "own/toy_more/__init__.py", "own/toy_alone.py"
    }  # fmt: skip
    (tmp_path / "lib" / "toy_alone.py").write_text("import hypothesis\n")
    with pytest.raises(InputError, match="hypothesis: your modules import it, and nothing brings it; add --wheels"):
        module_members(renamed, [], [])
    assert module_members(renamed, [], ["hypothesis==6.112"]).members


def test_what_is_no_python_travels_where_nothing_imports_it_and_is_named_where_something_does(
    toy_workspace, tmp_path, monkeypatch
):
    (tmp_path / "toy_mixed").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    runs = [planned.run for planned in make_plan(select("toy.t1.plain"), SMOKE, toy_workspace).missing]
    runs = [replace(run, versions={**run.versions, "toy_mixed.Thing": 1}) for run in runs]
    (tmp_path / "toy_mixed" / "__init__.py").write_text("class Thing: ...\n")
    (tmp_path / "toy_mixed" / "old.py").write_text("import toy_parts\nprint 'of another age'\n")
    assert "own/toy_mixed/old.py" in {name for name, _ in module_members(runs, [], []).members}
    (tmp_path / "toy_mixed" / "__init__.py").write_text("class Thing: ...\ndef f():\n    from .old import g\n")
    with pytest.raises(InputError, match=r"toy_mixed/old\.py:2: is no Python that can be read \(.*\); mend it$"):
        module_members(runs, [], [])


def test_what_was_asked_for_here_is_asked_for_there(toy_workspace, tmp_path):
    asked = asked_changes("toy.t1.plain", ["trainer.max_epochs=[1, 2]"])
    out, work = tmp_path / "parts", tmp_path / "work"
    lines = list(bundle("toy.t1.plain", SMOKE, toy_workspace, out, "3.12", "any", [], 60, asked=asked))
    runs = json.loads((out / "bundle.json").read_text())["runs"]
    assert runs and all("plain+max_epochs+" in run for run in runs) and "your modules: toy_parts" in lines
    assert unbundled(out, work).returncode == 0
    script = (work / "run.sh").read_text()
    assert "benchmarks run toy.t1.plain --set 'trainer.max_epochs=[1, 2]' --tier smoke" in script


def test_settings_of_the_environment_travel_and_places_do_not(toy_workspace, tmp_path, monkeypatch):
    (tmp_path / "weights.pt").write_text("w")
    for name in ("RESOUND_CHECKPOINT_SECONDS", "RESOUND_WAV2VEC2"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"SOME": "a b'c", "FILE": str(tmp_path / "weights.pt"), "DATA": "/x", "CONTACT": "me"}.items():
        monkeypatch.setenv(f"RESOUND_{name}", value)
    runs = [planned.run for planned in make_plan(select("toy.t1.plain"), SMOKE, toy_workspace).missing]
    taken, values = setting_members(runs)
    assert (taken.members, values) == ([], {"RESOUND_SOME": "a b'c"})  # the toy needs no files of the user's
    monkeypatch.setattr("benchmarks.runs.bundle.own.registry.has", lambda cls, part: part == "needs")
    taken, values = setting_members(runs)
    assert taken.members == [("settings/RESOUND_FILE/weights.pt", tmp_path / "weights.pt")]
    assert values["RESOUND_FILE"] == "$here/settings/RESOUND_FILE/weights.pt"


def test_some_names_are_told_and_the_others_counted():
    assert named(["a"]) == "a"
    assert named(list("abcdef")) == "a, b, c, d and 2 more"
