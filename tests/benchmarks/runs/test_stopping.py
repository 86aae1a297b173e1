"""When a run that is asked to stop does: behind its epoch, which is saved, or at once where that would be long."""

import os
import signal
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import CHECKPOINT
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.train import RunKeeper, Stopped
from benchmarks.spec import select


class Signalled:
    """Makes a toy network in the middle of whose second epoch, or of whose prediction, its process gets SIGTERM."""

    version = 1

    def __new__(cls, where: str, num_classes: int = 2, seed: int = 0):
        from toy_parts.training import ToyModule

        class Network(ToyModule):
            def training_step(self, batch, index):
                if where == "training" and (self.current_epoch, index) == (1, 1):
                    os.kill(os.getpid(), signal.SIGTERM)
                return super().training_step(batch, index)

            def predict_step(self, batch, index, dataloader_idx=0):
                if where == "prediction":
                    os.kill(os.getpid(), signal.SIGTERM)
                return super().predict_step(batch, index)

        return Network(num_classes, seed)


@pytest.fixture
def asked():
    """The SIGTERMs that this process has got, which do nothing else."""
    got = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: got.append(number))
    yield got
    signal.signal(signal.SIGTERM, before)


def run_of(workspace, where):
    run = next(iter(make_plan(select("toy.t1.plain.toy"), Choice(seeds=1), workspace).runs.values())).run
    part = {"class_path": f"{__name__}.Signalled", "init_args": {"where": where}}
    return replace(run, resolved={**run.resolved, "model": part})


def test_a_signal_in_the_middle_of_an_epoch_costs_nothing_of_it(toy_workspace, asked):
    run, epochs = run_of(toy_workspace, "training"), []
    around = Surroundings(
        toy_workspace,
        should_stop=lambda: bool(asked),
        on_epoch=lambda epoch, of, loss: epochs.append(epoch),
        checkpoint_seconds=1e9,
    )
    with pytest.raises(Stopped):
        execute(run, around)
    [saved] = toy_workspace.runs.glob(f".attempts/*/*/{CHECKPOINT}")
    assert epochs == [1, 2] and asked == [signal.SIGTERM]
    assert torch.load(saved, weights_only=True)["epoch"] == 1


def test_a_signal_while_a_run_predicts_is_too_late_to_stop_it(toy_workspace, asked):
    run = run_of(toy_workspace, "prediction")
    assert execute(run, Surroundings(toy_workspace, should_stop=lambda: False)) is not None and asked
    assert toy_workspace.ledger.is_done(run)


@pytest.mark.parametrize(
    ("seconds", "batches", "stops"),
    [
        (20.0, 4, True),  # one of four batches in 20 s: a minute to go
        (20.0, 1, False),  # the epoch is at its end, where all is saved
        (0.1, 40, False),
    ],
)
def test_an_epoch_is_ended_and_saved_if_that_is_soon(tmp_path, monkeypatch, seconds, batches, stops):
    keeper = RunKeeper(tmp_path, 0, 1, lambda: True, lambda *told: None)
    trainer = SimpleNamespace(current_epoch=3, num_training_batches=batches, global_step=100)
    keeper.on_train_epoch_start(trainer, SimpleNamespace(device="cpu"))
    later = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: later)

    def one_batch():
        keeper.on_train_batch_end(trainer, None, {"loss": torch.zeros(())}, None, 0)

    if stops:
        with pytest.raises(Stopped):
            one_batch()
    else:
        one_batch()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("began", ["fused", "native"])
@pytest.mark.parametrize("here", ["fused", "native"])
def test_a_run_that_goes_on_with_other_kernels_or_threads_says_so_in_one_line(
    began, here, threads, tmp_path, monkeypatch
):
    """Those that its layers use: a network of which no layer has any goes on with none wherever it does."""
    said: list[str] = []
    monkeypatch.setattr("benchmarks.runs.train.used", lambda: began)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    kept = RunKeeper(tmp_path, 0, 1, lambda: False, lambda *told: None, run_id="one").state_dict()
    assert kept["computed"] == [{"kernels": began, "threads": threads}]
    second = RunKeeper(tmp_path, 0, 1, lambda: False, lambda *told: None, run_id="one", say=said.append)
    monkeypatch.setattr("benchmarks.runs.train.used", lambda: here)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    second.load_state_dict(kept)
    assert not said, "what its layers use is not known before they have"
    second._note_computing()
    second._note_computing()
    is_other = (began, threads) != (here, 1)
    assert len(said) == is_other and second.state_dict()["computed"] == second.computed
    assert [one["kernels"] for one in second.computed] == [began, here][: 1 + is_other]
    told = f"one went on with {here} kernels and 1 thread after {began} kernels and {threads} thread"
    assert all(told in one and "\n" not in one for one in said)
