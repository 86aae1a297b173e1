"""Commands say and write the same wherever they are started: notebooks, pipes, odd terminals, stores that are read."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.cli.main import run_command_line
from benchmarks.cli.surroundings import warning_line
from tests import ROOT

TOY = ROOT / "tests" / "benchmarks" / "toy"

#: What a sitecustomize, a .pth file or a library may do in every process: here 100 kB of text on standard output.
NOISE = 'import sys\nsys.stdout.write("text of somebody\\n" * 6000)\nsys.stdout.flush()\n'
#: Nothing below the folder named by READ_ONLY can be written, as on a disk that is only read; root cannot either.
READ_ONLY = """
import errno, os, sys
ROOT = os.environ["READ_ONLY"]
def refuse(event, arguments):
    writes = event in ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.chmod")
    if event == "open" and isinstance(arguments[2], int):
        writes = bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    if writes and str(arguments[0]).startswith(ROOT):
        raise OSError(errno.EROFS, "Read-only file system", arguments[0])
sys.addaudithook(refuse)
"""
#: As on Windows, which has neither.
NO_FCNTL = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
for name in ("fcntl", "resource"):
    sys.modules.pop(name, None)
"""
NOTEBOOK = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
NO_HOME = {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": ""}


class Store:
    """A store with two runs of the toy paper, and commands that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "data" / "toy").mkdir(parents=True)
        (folder / "data" / "toy" / "clip.txt").write_text("a toy clip")
        self.customized = 0

    def environment(self, sitecustomize: str = "", **variables: str) -> dict[str, str]:
        search = [str(TOY)]
        if sitecustomize:
            self.customized += 1
            code = self.folder / f"code{self.customized}"
            code.mkdir()
            (code / "sitecustomize.py").write_text(sitecustomize)
            search.insert(0, str(code))
        places = {f"RESOUND_{name.upper()}": str(self.folder / name) for name in ("data", "runs", "cache", "reports")}
        return {
            **os.environ, **places, "RESOUND_BUILT_IN_PAPERS": str(TOY / "papers"),
            "PYTHONPATH": os.pathsep.join(search), "RESOUND_CHECKPOINT_SECONDS": "0.05", **variables,
        }  # fmt: skip

    def start(self, *arguments: str, sitecustomize: str = "", variables: dict[str, str] | None = None, **settings):
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": ROOT}
        environment = self.environment(sitecustomize, **(variables or {}))
        return subprocess.Popen(
            [sys.executable, "-m", "benchmarks", *arguments], env=environment, text=True, **{**given, **settings}
        )

    def ask(self, *arguments: str, **settings) -> tuple[int, str, str]:
        """Exit code, output and errors of a command."""
        process = self.start(*arguments, **settings)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def report(self, out: Path, **settings) -> dict[str, bytes]:
        """The files of a report, by name."""
        code, output, errors = self.ask("report", "toy.t1", "--out", str(out), **settings)
        assert code == 0, errors
        assert str(out / "toy" / "t1.md") in output.splitlines()
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The sweep that fills it is started from a notebook, in which every process prints something."""
    store = Store(tmp_path_factory.mktemp("store"))
    store.swept = store.ask("run", "toy.t1", "--tier", "smoke", sitecustomize=NOISE, variables=NOTEBOOK)
    return store


@pytest.fixture(scope="module")
def expected(store, tmp_path_factory):
    """The report where nothing is special."""
    return store.report(tmp_path_factory.mktemp("expected"))


@pytest.mark.slow
def test_a_sweep_in_a_notebook_among_processes_that_print_ends_with_its_runs(store):
    code, output, errors = store.swept
    assert code == 0, errors
    assert "[2/2] done" in errors and "| Plain |" in output
    assert store.ask("status")[1].startswith("2 runs done")


@pytest.mark.slow
def test_a_sweep_among_processes_that_print_ends_at_the_first_signal(store, tmp_path):
    arguments = ("run", "toy.t1.slow", "--jobs", "1", "--seeds", "1", "--folds", "1", "--runs", str(tmp_path))
    process = store.start(*arguments, sitecustomize=NOISE, stdout=subprocess.DEVNULL)
    while not list((tmp_path / ".attempts").glob("*/*/progress.json")):
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3 and "1 run left; the same command continues" in errors


@pytest.mark.slow
def test_a_sweep_whose_progress_nobody_reads_goes_on(store, tmp_path):
    arguments = ("run", "toy.t1.plain", "--tier", "smoke", "--runs", str(tmp_path))
    process = store.start(*arguments)
    process.stderr.close()
    assert process.wait(timeout=120) == 0
    assert "| Plain |" in process.stdout.read()
    process.stdout.close()


SURROUNDINGS = {
    "an ASCII terminal": {"variables": ASCII},
    "no home": {"variables": NO_HOME},
    "hidden files": {},
    "a store that is only read": {"sitecustomize": READ_ONLY},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_status_and_report_are_the_same(name, store, expected, tmp_path):
    settings = SURROUNDINGS[name]
    if settings.get("sitecustomize") == READ_ONLY:
        settings = {**settings, "variables": {"READ_ONLY": str(store.folder)}}
    hidden = hide_files(store.folder / "runs") if name == "hidden files" else []
    code, output, errors = store.ask("status", **settings)
    assert code == 0 and errors == "" and output.endswith("2 runs done (0.0 h), 0 failed, 0 running\n"), errors
    found = store.report(tmp_path, **settings)
    for path in hidden:
        path.unlink()
    assert found == expected


def hide_files(runs: Path) -> list[Path]:
    """What file browsers leave in every folder: .DS_Store, and ._x beside each file x."""
    (runs / ".failures").mkdir(exist_ok=True)
    folders = [path for path in (runs, *runs.rglob("*")) if path.is_dir()]
    hidden = [folder / ".DS_Store" for folder in folders] + [runs / ".failures" / "._toy.json"]
    hidden += [path.with_name(f"._{path.name}") for path in runs.rglob("*") if path.suffix in (".json", ".npz")]
    for path in hidden:
        path.write_bytes(b"\x00\x05\x16\x07")
    return hidden


@pytest.mark.slow
def test_what_a_terminal_cannot_show_is_written_as_escapes(store):
    code, output, errors = store.ask("run", "toy.t1", "--tier", "smoke", variables=ASCII)
    assert code == 0, errors
    assert r", \xb1 the standard deviation over seeds" in output


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_failure(store):
    # All papers: more text than a pipe holds.
    process = store.start("list", "--json", variables={"RESOUND_BUILT_IN_PAPERS": ""})
    process.stdout.readline()
    process.stdout.close()
    assert (process.stderr.read(), process.wait(timeout=60)) == ("", 0)
    process.stderr.close()


CLOSED = {"output": "1>&-", "errors": "2>&-", "all": "0<&- 1>&- 2>&-"}


@pytest.mark.slow
@pytest.mark.parametrize("which", CLOSED)
def test_closed_streams_are_no_failure(which, store):
    command = f"exec {sys.executable} -m benchmarks status {CLOSED[which]}"
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, env=store.environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 runs done") == (which == "errors")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here is always full")
def test_an_output_that_takes_nothing_is_one_line(store):
    with Path("/dev/full").open("w") as full:
        code, _, errors = store.ask("status", stdout=full)
    assert code == 2
    assert errors == "resound: standard output: cannot be written (No space left on device)\n"


@pytest.mark.slow
def test_no_time_starts_nothing_and_says_so(store, tmp_path):
    command = ("run", "toy.t1", "--tier", "smoke", "--minutes", "0", "--runs", str(tmp_path / "runs"))
    code, output, errors = store.ask(*command)
    assert code == 3 and errors.endswith("left; the time given is too short for any; give more --minutes\n")
    assert "Nothing of it has run in tier smoke" in " ".join(output.split()) and "###" not in output
    assert not [path for name in (".attempts", ".claims", ".logs") for path in (tmp_path / "runs").glob(name)]


WITHOUT_FCNTL = {
    "list": (("list", "toy"), "toy.t1: Toys"),
    "plan": (("plan", "toy.t1", "--tier", "smoke"), "2 runs, 0 missing"),
    "report": (("report", "toy.t1", "--out", "{}"), "t1.md"),
    "audit": (("audit", "toy.t1"), "nothing here can be checked without training"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT_FCNTL)
def test_commands_that_train_nothing_need_no_unix(name, store, tmp_path):
    arguments, said = WITHOUT_FCNTL[name]
    code, output, errors = store.ask(*(one.format(tmp_path) for one in arguments), sitecustomize=NO_FCNTL)
    assert code == 0 and said in output, errors


FOREIGN = {
    "Hugging Face's datasets": ("datasets", "__init__.py"),
    "models in one file": ("", "models.py"),
    "a folder called datasets": ("datasets", "notes.txt"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_packages_of_others_are_told_with_what_to_do(name, store, tmp_path):
    folder, file = FOREIGN[name]
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / file).write_text("")
    # As where both are installed, theirs found first; then with what the message says before the command.
    theirs = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT), str(TOY))), "PYTHONSAFEPATH": "1"}
    code, output, errors = store.ask("list", "toy", variables=theirs, cwd=tmp_path)
    if name == "a folder called datasets":  # a package with a file of its own wins over a mere folder
        assert code == 0, errors
        return
    assert code == 2 and output == "" and len(errors.splitlines()) == 1
    assert f"put PYTHONPATH={ROOT} before the command" in errors and str(tmp_path) in errors
    ours = {**theirs, "PYTHONPATH": os.pathsep.join((str(ROOT), str(TOY), str(tmp_path)))}
    assert store.ask("list", "toy", variables=ours, cwd=tmp_path)[0] == 0


#: A Python that lacks a package, or a module of ours.
LACKING = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "{name}":
            raise ModuleNotFoundError("No module named " + repr(name), name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.mark.parametrize("package", ["typer", "yaml"], ids=["at the start", "in a command"])
def test_a_package_that_is_not_installed_is_told_with_what_to_do(package, store):
    code, output, errors = store.ask("list", "toy", sitecustomize=LACKING.format(name=package))
    assert (code, output, len(errors.splitlines())) == (2, "", 1)
    assert f"`{package}` is not installed for {sys.executable}; `make setup`" in errors


def test_a_module_of_ours_that_is_missing_is_our_fault(store):
    code, _, errors = store.ask("list", "toy", sitecustomize=LACKING.format(name="benchmarks.cli.listing"))
    assert code == 1 and "a fault of the harness" in errors and "make setup" not in errors


FORMER = {
    "a module without a spec": ("import sys, types; sys.modules['models'] = types.ModuleType('models')", 2),
    "an output in memory": ("import io, sys; sys.stdout = io.StringIO()", 0),
}


@pytest.mark.parametrize("name", FORMER)
def test_what_others_put_in_a_place_before_us_is_no_trace(name, store):
    code, expected = FORMER[name]
    ended, _, errors = store.ask("list", "toy", sitecustomize=code)
    assert ended == expected and len(errors.splitlines()) == bool(expected), errors


def test_a_working_folder_that_was_removed_is_one_line(store, tmp_path):
    (tmp_path / "gone").mkdir()
    command = f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && exec {sys.executable} -m benchmarks status"
    environment = store.environment()
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), environment["PYTHONPATH"]))
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("resound: the folder in which this was started is gone")


@pytest.mark.parametrize("arguments", [("data", "check", "esc50", "--data-root"), ("status", "--runs")])
def test_a_place_that_the_system_refuses_is_one_line(arguments, capsys):
    assert run_command_line([*arguments, f"/tmp/{'a' * 300}"]) == 2
    errors = capsys.readouterr().err
    assert "/tmp/aaa" in errors and "File name too long; see" in errors and len(errors.splitlines()) == 1


@pytest.mark.parametrize("place", ["--runs=~/runs", "RESOUND_RUNS"])
def test_home_is_where_shells_leave_it_alone(place, store, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(store.folder))
    monkeypatch.setenv("RESOUND_REPORTS", str(store.folder / "reports"))
    monkeypatch.setenv("RESOUND_RUNS", "~/runs" if place == "RESOUND_RUNS" else "nowhere")
    assert run_command_line(["status", *([place] if place.startswith("--") else [])]) == 0
    assert capsys.readouterr().out.startswith("2 runs done")


def test_a_home_that_is_not_known_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # what it does for a user that the system lacks
    assert run_command_line(["status", "--runs", "~/runs"]) == 2
    assert "~/runs: no home folder is known here, write the whole path;" in capsys.readouterr().err


def test_a_warning_of_ours_is_its_message_and_one_of_others_says_where():
    own = warning_line(UserWarning("esc50: 4 of\n the 5 clips"), UserWarning, str(ROOT / "datasets" / "esc50.py"), 7)
    assert own == "resound: esc50: 4 of the 5 clips\n"
    other = warning_line("old", DeprecationWarning, "/elsewhere/torch.py", 3)
    assert other == "resound: /elsewhere/torch.py:3: old\n"
    installed = str(ROOT / ".venv" / "lib" / "site-packages" / "torch.py")
    assert warning_line("old", UserWarning, installed, 3) == f"resound: {installed}:3: old\n"


def test_official_tools_come_without_warnings_that_nobody_here_can_heed():
    code = "from benchmarks.cli.surroundings import settle; settle(); import sed_eval"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr == ""
