"""A launcher is one file: a toy one is found and runs sweeps in this process, as the command line starts them."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.launch
from benchmarks.cli.main import run_command_line
from benchmarks.errors import InputError
from benchmarks.launch.launcher import Epoch, Launcher, Slots, launcher_named, launcher_names
from benchmarks.runs.ledger import Ledger, Run
from benchmarks.runs.plan import Planned

TOY = Path(__file__).parent / "toy"
RUN = Run("paper", "small", "data", 1, 0, "full", "real", "float32", {"trainer": {}}, [], {}, {}, "0" * 16)


@pytest.fixture
def toy_launcher(monkeypatch):
    """The toy launcher's file among those of the package; its class."""
    monkeypatch.setattr(benchmarks.launch, "__path__", [*benchmarks.launch.__path__, str(TOY)])
    yield launcher_named("in_process")
    sys.modules.pop("benchmarks.launch.in_process")
    vars(benchmarks.launch).pop("in_process")


@pytest.fixture
def machine(toy_workspace, monkeypatch):
    """The command line on a machine with the toy paper and its files; the store of runs."""
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(getattr(toy_workspace, name)))
    return toy_workspace.runs


def test_the_launchers_are_the_files_that_define_one(toy_launcher):
    assert {"in_process", "local", "ray", "slurm"} <= set(launcher_names())
    assert launcher_named("in_process").__name__ == "InProcess"


@pytest.mark.parametrize("name", launcher_names())
def test_every_launcher_shares_out_slots(name):
    try:
        slots = launcher_named(name).share_out(None, "cpu", 3)
    except InputError as absent:
        pytest.skip(f"no {name} on this machine: {absent}")
    assert 1 <= slots.jobs <= 3 and slots.device == "cpu" and slots.threads >= 1
    assert launcher_named(name).share_out(2, "cpu", 1).jobs == 1


def test_a_launcher_kept_elsewhere_goes_by_its_import_path(monkeypatch):
    monkeypatch.syspath_prepend(str(TOY))
    assert issubclass(launcher_named("in_process.InProcess"), Launcher)
    with pytest.raises(InputError, match=r"in_process\.Slots: is no launcher"):
        launcher_named("in_process.Slots")
    sys.modules.pop("in_process")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("locl", "unknown launcher 'locl'; did you mean local?"),
        ("launcher", "unknown launcher 'launcher'"),
        ("zzz", "unknown launcher 'zzz'; known: background, local"),
        ("nowhere.Mine", r"nowhere\.Mine: cannot be imported"),
    ],
)
def test_an_unknown_launcher_is_one_line_and_exit_code_2(machine, name, message, capsys):
    assert run_command_line(["run", "toy.t1", "--launcher", name]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message.replace("\\", "") in line


def test_the_toy_runs_a_sweep(toy_launcher, machine, capsys):
    assert run_command_line(["run", "toy.t1.plain", "--launcher", "in_process", "--seeds", "1"]) == 0
    finished = list(Ledger(machine).finished())
    assert [one.run.fold for one in finished] == [1, 2]
    for one in finished:
        one.verify()
    captured = capsys.readouterr()
    assert captured.err.count("done toy-toy-plain-full") == 2
    assert "## toy.t1: Toys" in captured.out


def test_a_failing_run_of_the_toy_is_told_and_kept(toy_launcher, machine, capsys):
    assert run_command_line(["run", "toy.t2.failing", "--launcher", "in_process"]) == 1
    assert capsys.readouterr().err.count("RuntimeError: the toy was told to fail") == 2
    assert run_command_line(["status"]) == 0
    assert capsys.readouterr().out.count("failed ") == 2
    assert all("Traceback" in failure["trace"] for failure in Ledger(machine).failures().values())


def test_a_stopped_sweep_of_the_toy_continues(toy_launcher, machine, monkeypatch, capsys):
    """Ctrl-C reaches whoever waits for events."""
    events = toy_launcher.events

    def interrupted(self, seconds):
        for event in events(self, seconds):
            if isinstance(event, Epoch) and event.epoch == 3 and not self.stopping.is_set():
                raise KeyboardInterrupt
            yield event

    command = ["run", "toy.t1.slow", "--launcher", "in_process", "--seeds", "1"]
    with monkeypatch.context() as patch:
        patch.setattr(toy_launcher, "events", interrupted)
        assert run_command_line(command) == 3
    assert "resound: 2 runs left; the same command continues" in capsys.readouterr().err
    assert len(list(machine.glob(".attempts/*/*/checkpoint.ckpt"))) == 1
    assert run_command_line(command) == 0
    assert len(list(Ledger(machine).finished())) == 2


def test_a_slot_has_its_share_of_the_machine(toy_launcher, toy_workspace):
    class Two(toy_launcher):
        """Two at a time."""

    planned = Planned(RUN, False, {"cpu": 3.0})
    assert Two(toy_workspace, Slots(2, "cpu")).expected_seconds(planned) == 360.0
    assert Two(toy_workspace, Slots(2, "cpu")).expected_seconds(replace(planned, begun=0.75)) == 90.0
    assert Two(toy_workspace, Slots(2, "cuda")).expected_seconds(planned) == 0.0
    # Minutes of two cores: one thread of many takes twice as long, eight of them a quarter.
    assert Two(toy_workspace, Slots(16, "cpu", 1)).expected_seconds(planned) == 360.0
    assert Two(toy_workspace, Slots(1, "cpu", 8)).expected_seconds(planned) == 45.0
    on_cuda = Planned(RUN, False, {"cuda": 3.0})
    assert Two(toy_workspace, Slots(2, "cuda", 8)).expected_seconds(on_cuda) == 360.0


def test_a_broken_file_hinders_no_other_launcher_and_is_named_when_asked_for(tmp_path, monkeypatch):
    import benchmarks.launch

    (tmp_path / "broken.py").write_text("class Broken(Launcher:\n")
    (tmp_path / "bytes.py").write_bytes(b"name = '\xff'\n")
    monkeypatch.setattr(benchmarks.launch, "__path__", [*benchmarks.launch.__path__, str(tmp_path)])
    assert "local" in launcher_names() and not {"broken", "bytes"} & set(launcher_names())
    for name in ("broken", "bytes"):
        with pytest.raises(InputError, match=rf"{name}.py: is no Python that can be read"):
            launcher_named(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (".", "is neither a package of the project nor a module of yours"),
        ("..x", "is neither a package of the project nor a module of yours"),
        ("benchmarks.launch.launcher.Launcher", "lacks close, events, open, share_out, stop, submit of a launcher"),
    ],
)
def test_an_odd_import_path_is_one_line(name, problem):
    with pytest.raises(InputError, match=problem):
        launcher_named(name)


@pytest.mark.parametrize("given", ["abc", "nan", "-1"])
def test_a_period_of_checkpoints_that_is_no_number_is_one_line(monkeypatch, given):
    monkeypatch.setenv("RESOUND_CHECKPOINT_SECONDS", given)
    with pytest.raises(InputError, match=f"RESOUND_CHECKPOINT_SECONDS={given}: must be a number of seconds"):
        Slots(jobs=1, device="cpu")
