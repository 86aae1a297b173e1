import json
import re
import shutil
from dataclasses import replace

import pytest

from benchmarks import spec
from benchmarks.cli import sweep
from benchmarks.cli.listing import plan_lines
from benchmarks.cli.main import run_command_line
from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError, Left
from benchmarks.launch.driver import Outcome
from benchmarks.launch.launcher import Pulse, Started, Stopping, launcher_named
from benchmarks.runs.plan import Choice
from datasets.acquire.whole import checked, with_checksum
from datasets.errors import DataError
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.mark.parametrize(
    ("target", "corpus", "message"),
    [
        (
            "edc.t3.1_none.om_chime",
            "standin",
            "edc.t3.1_none.om_chime: its datasets have no stand-in; these have one: dcase",
        ),
        ("edc.t3", "standin", "not there; write it with `python -m benchmarks data standin dcase2018_domestic`"),
        ("edc.t3", "miniature", "not there; write it with `python -m benchmarks data miniature dcase2018_domestic`"),
    ],
)
def test_a_corpus_that_is_not_there_names_the_command_that_writes_it(tmp_path, target, corpus, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Sweep(target, Choice("reduced", corpus), workspace_in(tmp_path), "cpu").run(confirmed=True)


@pytest.mark.parametrize(("tier", "is_read_again"), [("full", True), ("reduced", False)])
def test_every_file_is_read_again_before_runs_that_earn_a_verdict(
    miniature_esc50, tmp_path, monkeypatch, tier, is_read_again
):
    class Enough(Exception):
        pass

    seen = []

    def planned(*asked):
        seen.extend(make_plan(*asked).runs)
        raise Enough

    workspace, make_plan = workspace_in(tmp_path), sweep.make_plan
    workspace.data.mkdir(exist_ok=True)
    (workspace.data / "esc50").symlink_to(miniature_esc50)
    asked = (spec.select("acrnn.t1.knn.esc10"), Choice(tier))
    truth = set(make_plan(*asked, workspace).runs)
    (memory,) = (workspace.cache / "index").glob("esc50-*.json")
    stamps = json.loads(checked(memory))
    wrong = json.dumps({path: (stamp, "0" * 32) for path, (stamp, _) in stamps.items()})
    memory.write_bytes(with_checksum(wrong.encode(), memory))

    monkeypatch.setattr(sweep, "make_plan", planned)
    with pytest.raises(Enough):
        Sweep("acrnn.t1.knn.esc10", Choice(tier), workspace, "cpu").run()
    assert (set(seen) == truth) is is_read_again


def test_with_incomplete_data_the_runs_of_a_dataset_that_is_absent_are_left_out(
    miniature_domestic, tmp_path, monkeypatch, capsys
):
    """Of a table over two datasets people have one; without the flag, and with neither, it is refused."""
    workspace, launched = workspace_in(tmp_path), []
    workspace.data.mkdir(exist_ok=True)
    (workspace.data / "dcase2018_domestic").symlink_to(miniature_domestic)
    monkeypatch.setattr(Sweep, "_launch", lambda sweep, plan, launcher, minutes: launched.extend(plan.missing) or 0)
    monkeypatch.setattr(Sweep, "_write_tables", lambda sweep: None)
    asked = ("edc.t3.1_none", Choice("smoke"), workspace, "cpu")
    with pytest.raises(DataError, match=r"chime_home: no such folder.*, or try `--corpus miniature`"):
        Sweep(*asked).run()
    assert Sweep(*asked, allow_incomplete=True).run() == 0
    assert {planned.run.dataset for planned in launched} == {"dcase"}
    assert "resound: chime_home is not here: 2 runs left out" in capsys.readouterr().err
    (workspace.data / "dcase2018_domestic").unlink()
    with pytest.raises(DataError, match="no such folder"):
        Sweep(*asked, allow_incomplete=True).run()


def test_runs_that_need_what_is_not_on_this_machine_are_left_out_with_the_reason(
    miniature_maestro, tmp_path, monkeypatch, capsys
):
    """The weights of wav2vec2 are brought by the user; without them the other rows run, and it alone is refused."""
    workspace, launched = workspace_in(tmp_path), []
    workspace.data.mkdir(exist_ok=True)
    (workspace.data / "maestro_real").symlink_to(miniature_maestro)
    monkeypatch.delenv("RESOUND_WAV2VEC2", raising=False)
    monkeypatch.setattr(Sweep, "_launch", lambda sweep, plan, launcher, minutes: launched.extend(plan.missing) or 0)
    monkeypatch.setattr(Sweep, "_checked", lambda sweep, plan: plan)
    monkeypatch.setattr(Sweep, "_write_tables", lambda sweep: None)
    names = ("own_query", "wav2vec2_query", "wav2vec2_alone")
    cells = [cell for name in names for cell in spec.select(f"maestro.t1.{name}")]
    monkeypatch.setattr(sweep, "select", lambda target: cells)
    asked = ("maestro.t1", Choice("reduced", seeds=2), workspace, "cpu")
    assert Sweep(*asked).run() == 0
    assert {planned.run.setting for planned in launched} == {"own_query"}
    told = capsys.readouterr().err
    assert "resound: maestro.wav2vec2_query, maestro.wav2vec2_alone: 4 runs left out: weights of wav2vec2: no" in told
    listed = [f"resound: {line}" for line in plan_lines(sweep.make_plan(cells, *asked[1:3]))]
    assert told.rstrip("\n") == listed[-1]
    cells[:] = [cell for cell in cells if cell.setting != "own_query"]
    with pytest.raises(InputError, match="4 runs left out: weights of wav2vec2: no such file; put torchaudio's"):
        Sweep(*asked).run()


def test_an_incomplete_set_is_refused_with_the_command_that_names_what_is_missing(miniature_domestic, tmp_path):
    workspace = workspace_in(tmp_path)
    workspace.data.mkdir(exist_ok=True)
    domestic = workspace.data / "dcase2018_domestic"
    shutil.copytree(miniature_domestic, domestic)
    next((domestic / "audio" / "train" / "weak").iterdir()).unlink()
    with pytest.raises(
        InputError, match=r"1 missing.*`python -m benchmarks data check dcase2018_domestic` tells which"
    ):
        Sweep("edc.t3.1_none.om_dcase", Choice("smoke"), workspace, "cpu").run()


ROUNDS = {
    "all is done": ([Outcome(done=["a", "b"])], 0, ""),
    "another command has done the rest": ([Outcome(done=["a"], elsewhere=["plain"])], 0, ""),
    "what another command has left is done": ([Outcome(elsewhere=["slow"]), Outcome(done=["slow"])], 0, ""),
    "the first round failed": (
        [Outcome(failed={"a": "oh"}, elsewhere=["slow"]), Outcome(done=["slow"])],
        1,
        "1 run failed",
    ),
    "the second one failed": ([Outcome(elsewhere=["slow"]), Outcome(failed={"slow": "oh"})], 1, "1 run failed"),
    "held until the end of the budget": ([Outcome(done=["a"], elsewhere=["held"])], 3, "1 run held by another"),
    "stopped by the budget": ([Outcome(stopped=["a"], not_started=["b"])], 3, "2 runs left; the same command"),
    "failed before it was stopped": ([Outcome(failed={"a": "oh"}, stopped=["b"])], 1, "1 run left; the same command"),
    "no worker came": ([Outcome(not_started=["a", "b"], fault="it died: no room")], 1, "no worker was ready: it died"),
}


@pytest.mark.parametrize("name", ROUNDS)
def test_the_exit_code_is_that_of_all_rounds(name, toy_workspace, monkeypatch, capsys):
    """Runs elsewhere: that of `plain` gets done there, that of `slow` is let go of, and one that is held stays held."""
    outcomes, code, said = ROUNDS[name]
    asked, rounds = Sweep("toy.t1", Choice("smoke"), toy_workspace, "cpu"), iter(outcomes)
    plan = sweep.make_plan(spec.select("toy.t1"), asked.choice, toy_workspace)
    runs = {planned.run.setting: planned.run.id for planned in plan.missing}
    runs["held"] = runs["slow"]

    def launched(missing, launcher, listener, minutes):
        outcome = next(rounds)
        return replace(outcome, elsewhere=[runs[setting] for setting in outcome.elsewhere])

    monkeypatch.setattr(sweep, "launch", launched)
    monkeypatch.setattr(sweep, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(sweep, "is_claimed", lambda claim: name.startswith("held"))
    monkeypatch.setattr(type(toy_workspace.ledger), "is_done", lambda ledger, run: run.setting == "plain")
    budget = 0.002 if name.startswith("held") else None
    assert asked._launch(plan, launcher_named("local"), budget) == code
    assert said in capsys.readouterr().err and next(rounds, None) is None


@pytest.mark.parametrize(
    ("events", "minutes", "further"),
    [
        ([], 0.5, "the time given is too short for any; give more --minutes"),
        ([Started(0, "a"), Pulse()], 0.5, "the same command continues"),
        ([Stopping()], 0.5, "the same command continues"),
        ([Stopping()], None, "the same command continues"),
    ],
)
def test_the_same_command_is_only_named_where_it_would_do_something(
    toy_workspace, monkeypatch, capsys, events, minutes, further
):
    asked = Sweep("toy.t1", Choice("smoke"), toy_workspace, "cpu")
    plan = sweep.make_plan(spec.select("toy.t1"), asked.choice, toy_workspace)

    def launched(missing, launcher, listener, minutes):
        for event in events:
            listener(event)
        return Outcome(not_started=["a", "b"])

    monkeypatch.setattr(sweep, "launch", launched)
    assert asked._launch(plan, launcher_named("local"), minutes) == 3
    assert capsys.readouterr().err.endswith(f"resound: 2 runs left; {further}\n")


def test_a_second_ctrl_c_tells_what_it_left_and_has_a_code_of_its_own(toy_workspace, monkeypatch, capsys):
    def left(*asked):
        raise Left("left at once: 0 ended, 1 not started, 1 cut (a)")

    monkeypatch.setattr(sweep, "launch", left)
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(getattr(toy_workspace, name)))
    assert run_command_line(["run", "toy.t1", "--tier", "smoke", "--device", "cpu"]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "resound: left at once: 0 ended, 1 not started, 1 cut (a)"


def test_runs_on_a_dataset_of_which_no_item_is_here_are_left_out_where_that_is_allowed(
    tmp_path, monkeypatch, capsys, miniature_maestro
):
    """The folder is there, with lists and without sound, so that the dataset counts as here."""
    workspace, launched = workspace_in(tmp_path), []
    shutil.copytree(miniature_maestro, workspace.data / "maestro_real")
    shutil.rmtree(workspace.data / "maestro_real" / "development_audio")
    monkeypatch.setattr(Sweep, "_launch", lambda sweep, plan, launcher, minutes: launched.extend(plan.missing) or 0)
    monkeypatch.setattr(Sweep, "_write_tables", lambda sweep: None)
    asked = Sweep("maestro.t1.r0", Choice("reduced", seeds=1), workspace, "cpu", allow_incomplete=True)
    with pytest.raises(
        InputError, match=r"^maestro: 0 of 25 recordings .*; see `python -m benchmarks data check maestro"
    ):
        asked.run(confirmed=True)
    assert not launched


def test_nobody_is_asked_to_confirm_hours_for_which_no_item_is_here(tmp_path, capsys, miniature_maestro):
    workspace = workspace_in(tmp_path)
    shutil.copytree(miniature_maestro, workspace.data / "maestro_real")
    shutil.rmtree(workspace.data / "maestro_real" / "development_audio")
    asked = Sweep("maestro.t1.r0", Choice(), workspace, "cpu")
    with pytest.raises(InputError, match=r"^maestro: no item of it is here; .* data fetch maestro_real"):
        asked.run()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("acrnn.t1.soundnet", "acrnn.t1.soundnet: nothing is trained there; its values are quoted from others"),
        ("acrnn.t2", "acrnn.t2: nothing is trained there; `audit` computes what can be checked"),
    ],
)
def test_a_target_without_trainings_says_so(tmp_path, monkeypatch, capsys, target, told):
    monkeypatch.setattr(Sweep, "_write_tables", lambda sweep: None)
    assert Sweep(target, Choice(), workspace_in(tmp_path), "cpu").run() == 0
    assert capsys.readouterr().err == f"resound: {told}\n"
