"""A run goes on from its own, whole checkpoint; from anything else it starts again, and says so."""

import os

import pytest
import torch

from benchmarks.errors import InputError
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.train import Stopped
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from datasets.errors import DataError


@pytest.fixture
def runs(toy_workspace):
    return [planned.run for planned in make_plan(select("toy.t1.plain"), Choice(), toy_workspace).missing]


def stop(run, workspace, after: int = 3):
    """The attempt of a run that was stopped behind a checkpoint."""
    done: list = []
    with pytest.raises(Stopped):
        execute(run, Surroundings(workspace, "cpu", lambda: len(done) >= after, lambda *note: done.append(note)))
    [attempt] = (workspace.runs / ".attempts" / run.id).iterdir()
    return attempt / "checkpoint.ckpt"


def cut(path):
    path.write_bytes(path.read_bytes()[:-50])


def flipped(path):
    """A bit of the weights, which torch itself does not notice."""
    content = bytearray(path.read_bytes())
    weights = torch.load(path, weights_only=True)["state_dict"]["net.0.weight"].numpy().tobytes()
    content[content.find(weights) + 6] ^= 1
    path.write_bytes(content)


def emptied(path):
    path.write_bytes(b"")


def of_another_network(path):
    content = torch.load(path, weights_only=True)
    content["state_dict"]["net.0.weight"] = torch.zeros(7, 4)
    torch.save(content, path)


def of_nobody(path):
    content = torch.load(path, weights_only=True)
    del content["callbacks"]["RunKeeper"]["run"]
    torch.save(content, path)


def changed(path, change):
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)


def without_history(path):
    changed(path, lambda content: content["callbacks"]["RunKeeper"].pop("history"))


def with_a_short_history(path):
    changed(path, lambda content: content["callbacks"]["RunKeeper"]["history"].clear())


def of_no_numbers(path):
    changed(path, lambda content: content["state_dict"]["net.0.weight"].fill_(torch.nan))


def of_no_tensors(path):
    changed(path, lambda content: content["state_dict"].update({"net.0.weight": 3.0}))


def of_an_odd_epoch(path):
    changed(path, lambda content: content.update(epoch="two"))


def of_no_optimizer(path):
    changed(path, lambda content: content["optimizer_states"].clear())


def a_pipe(path):
    """Which whoever opens it would wait for."""
    path.unlink()
    os.mkfifo(path)


def something_else(path):
    torch.save({"weights": torch.zeros(3)}, path)


CHANGES = {
    cut: "cut short", flipped: "damaged", emptied: "cut short", of_another_network: "of another network",
    of_nobody: "of another run, or from before", something_else: "not of the form of a checkpoint",
    without_history: "of another number of epochs", with_a_short_history: "of another number of epochs",
    of_no_numbers: "of weights that are no numbers", a_pipe: "no file", of_no_tensors: "of another network",
    of_an_odd_epoch: "of another number of epochs", of_no_optimizer: "of no optimizer",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_checkpoint_that_cannot_be_gone_on_from_is_set_aside(toy_workspace, runs, change):
    checkpoint = stop(runs[0], toy_workspace)
    change(checkpoint)
    epochs = []
    with pytest.warns(
        UserWarning, match=f"checkpoint.ckpt: {CHANGES[change]}.*; set aside, and {runs[0].id} starts again"
    ):
        folder = execute(runs[0], Surroundings(toy_workspace, on_epoch=lambda epoch, of, loss: epochs.append(epoch)))
    assert epochs[0] == 1
    assert not list(folder.glob("*.ckpt*")) and not list(folder.glob(".*"))


def test_what_cannot_be_taken_up_for_another_reason_is_set_aside_and_told(toy_workspace, runs):
    """As an optimizer's state of other weights, which Lightning finds out."""
    checkpoint = stop(runs[0], toy_workspace)
    changed(checkpoint, lambda content: content["optimizer_states"][0]["param_groups"][0]["params"].append(99))
    with pytest.raises(
        InputError, match=r"cannot be gone on from \(ValueError.*; it is set aside, and the same command"
    ):
        execute(runs[0], Surroundings(toy_workspace))
    epochs = []
    execute(runs[0], Surroundings(toy_workspace, on_epoch=lambda epoch, of, loss: epochs.append(epoch)))
    assert epochs[0] == 1


@pytest.mark.parametrize("error", [OSError("a disk is gone"), torch.OutOfMemoryError("none left"), DataError("lost")])
def test_what_goes_wrong_with_files_or_memory_leaves_a_good_checkpoint_where_it_is(
    toy_workspace, runs, monkeypatch, error
):
    from toy_parts.training import ToyDataModule

    checkpoint = stop(runs[0], toy_workspace)

    def fails(self):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(ToyDataModule, "train_dataloader", fails)
        with pytest.raises(type(error), match=str(error)):
            execute(runs[0], Surroundings(toy_workspace))
    assert checkpoint.is_file()
    epochs = []
    execute(runs[0], Surroundings(toy_workspace, on_epoch=lambda epoch, of, loss: epochs.append(epoch)))
    assert epochs[0] > 1


def test_the_checkpoint_of_another_run_is_not_gone_on_from(toy_workspace, runs, tmp_path):
    other = Workspace(toy_workspace.data, tmp_path / "other", toy_workspace.cache, toy_workspace.reports)
    expected = execute(runs[1], Surroundings(other))
    first, second = stop(runs[0], toy_workspace), stop(runs[1], toy_workspace)
    second.write_bytes(first.read_bytes())
    with pytest.warns(UserWarning, match="of another run"):
        folder = execute(runs[1], Surroundings(toy_workspace))
    found, wanted = (Scores.load(path / "scores_test.npz").values for path in (folder, expected))
    assert (found == wanted).all()


def test_a_launcher_that_is_gone_stops_a_run_and_does_not_fail_it(toy_workspace, runs):
    def tell(*note):
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(Stopped):
        execute(runs[0], Surroundings(toy_workspace, on_epoch=tell))
    epochs = []
    execute(runs[0], Surroundings(toy_workspace, on_epoch=lambda epoch, of, loss: epochs.append(epoch)))
    assert epochs[0] > 1


def test_only_a_failed_write_is_a_storage_error(toy_workspace, runs, monkeypatch):
    def unreadable(*_):
        raise FileNotFoundError(2, "No such file or directory", "clip.wav")

    with monkeypatch.context() as patch:
        patch.setattr("benchmarks.runs.execute.build_data", unreadable)
        with pytest.raises(FileNotFoundError, match=r"clip\.wav"):
            execute(runs[0], Surroundings(toy_workspace))
    monkeypatch.setattr("csv.DictWriter.writeheader", lambda self: unreadable())
    with pytest.raises(InputError, match=r"history\.csv: cannot be written .*; choose another folder"):
        execute(runs[0], Surroundings(toy_workspace))


def test_what_has_succeeded_has_no_failure(toy_workspace, runs):
    execute(runs[0], Surroundings(toy_workspace))
    ledger = toy_workspace.ledger
    ledger.record_failure(runs[0].id, "of a launcher that gave it up", "")
    ledger.record_failure(runs[1].id, "out of luck", "")
    (toy_workspace.runs / ".failures" / "bad.json").write_text("[")
    with pytest.warns(UserWarning, match=r"left out: .*bad.json: cut short or not JSON; delete it"):
        assert list(ledger.failures()) == [runs[1].id]


def test_what_is_set_aside_is_said_to_whoever_asked_for_the_run(toy_workspace, runs):
    """A worker's warnings go to a log that nobody reads."""
    cut(stop(runs[0], toy_workspace))
    said: list[str] = []
    execute(runs[0], Surroundings(toy_workspace, say=said.append))
    [line] = said
    assert "checkpoint.ckpt: cut short, or no checkpoint; set aside" in line
