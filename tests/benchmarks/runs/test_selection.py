"""Which weights a run ends with: the rule by itself, and runs that it stops."""

import csv
import json
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.selection import Selection, selection_arguments
from benchmarks.runs.train import Stopped
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select


def network(value: float = 0.0) -> nn.Linear:
    """One weight, which names the epoch."""
    made = nn.Linear(1, 1, bias=False)
    made.weight.data.fill_(value)
    return made


def seen(selection: Selection, values: list[float], first: int = 0) -> int | None:
    """Show the values of epochs; the epoch after which the training stops, None if it goes on."""
    for epoch, value in enumerate(values, start=first):
        if selection.see(epoch, value, network(float(epoch))):
            return epoch
    return None


def restored(selection: Selection) -> float:
    """The epoch whose weights a network has in the end, -1 if its own."""
    end = network(-1.0)
    selection.restore(end)
    return end.weight.item()


# -- the rule ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "values", "stops", "best"),
    [
        ({"monitor": "val_loss", "patience": 2}, [3, 1, 2, 2, 0], 3, 1),
        ({"monitor": "val_loss", "patience": 2}, [3, 1, 2, 0.5, 2, 2], 5, 3),  # a better value starts the count anew
        ({"monitor": "val_loss", "patience": 1}, [1, 1], 1, 0),  # an equal value is no better one
        ({"monitor": "val_loss"}, [1, 2, 3, 4], None, 0),
        ({"monitor": "val_error_rate", "patience": 1}, [0.5, 0.6], 1, 0),
        ({"monitor": "val_accuracy", "patience": 2}, [0.5, 0.9, 0.8, 0.7], 3, 1),
        ({"monitor": "val_loss", "patience": 2, "begin": 2}, [0.1, 0.1, 3, 2, 4, 4], 5, 3),
        ({"monitor": "val_loss", "patience": 1, "begin": 9}, [1, 2, 3], None, -1),
        ({"monitor": "val_auc", "patience": 1}, [0.5, 0.9, 0.8], 2, 1),
        # What came before is the best still, but nobody waited for another one then.
        ({"monitor": "val_auc", "patience": 2, "wait_from": 4}, [0.5, 0.9, 0.8, 0.8, 0.7, 0.7], 5, 1),
        ({"monitor": "val_auc", "patience": 2, "wait_from": 2}, [0.5, 0.9, 0.8, 0.95, 0.7, 0.7], 5, 3),
    ],
)
def test_the_best_epoch_and_the_last_one(options, values, stops, best):
    selection = Selection(**options)
    assert seen(selection, values) == stops
    assert selection.best_epoch == best == restored(selection)


def test_last_weights_are_kept_where_the_value_only_stops():
    selection = Selection("val_accuracy", patience=2, keep="last")
    assert seen(selection, [0.9, 0.8, 0.7]) == 2
    assert restored(selection) == -1 and selection.weights == {}
    assert selection.facts() == {"monitor": "val_accuracy", "best": 0.9, "best_epoch": 0, "keep": "last"}


def test_kept_weights_do_not_follow_the_network():
    selection, trained = Selection("val_loss"), network(1.0)
    selection.see(0, 0.5, trained)
    trained.weight.data.fill_(7.0)
    selection.restore(trained)
    assert trained.weight.item() == 1.0


@pytest.mark.parametrize("epoch", [0, 5])
def test_a_value_of_nan_is_a_failure_with_advice(epoch):
    with pytest.raises(ValueError, match=rf"val_loss is NaN after epoch {epoch}; lower the learning rate"):
        Selection("val_loss", begin=3).see(epoch, math.nan, network())


def test_a_selection_continues_from_its_state(tmp_path):
    values = [3.0, 1.0, 2.0, 2.0, 0.0]
    whole, first, second = (Selection("val_loss", patience=3) for _ in range(3))
    seen(whole, values)
    seen(first, values[:3])
    torch.save(first.state_dict(), tmp_path / "state")
    second.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    assert (second.best, second.best_epoch, second.waited, restored(second)) == (1.0, 1, 1, 1)
    assert seen(second, values[3:], first=3) is None
    assert second == whole and second.facts() == whole.facts()


def test_facts_are_json_even_if_no_epoch_counted():
    facts = Selection("val_loss", begin=9).facts()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert (facts["best"], facts["best_epoch"]) == (None, -1)


def test_arguments_are_parted_and_only_a_selection_validates():
    own, others = selection_arguments({"max_epochs": 4, "monitor": "val_loss", "patience": 2, "keep": "best"})
    assert own == {"monitor": "val_loss", "patience": 2, "keep": "best"}
    assert others == {"max_epochs": 4, "limit_val_batches": 1.0}
    assert selection_arguments({"max_epochs": 4}) == ({}, {"max_epochs": 4})


# -- runs --------------------------------------------------------------------------------------------------------------


def stopping_run(workspace, **trainer):
    """The toy run that validates; with `trainer`, the same network and data under another schedule."""
    run = next(iter(make_plan(select("toy.t3"), Choice(), workspace).runs.values())).run
    return replace(run, resolved={**run.resolved, "trainer": trainer}) if trainer else run


def history_of(folder) -> list[dict[str, str]]:
    with (folder / "history.csv").open(newline="") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


@pytest.fixture
def folder(toy_workspace):
    """A finished run that validation has stopped."""
    return execute(stopping_run(toy_workspace), Surroundings(toy_workspace))


def test_a_run_stops_by_itself_with_the_best_weights(toy_workspace, folder):
    """The oracle: the same training ended after the best epoch, without any validation."""
    losses = [float(row["val_loss"]) for row in history_of(folder)]
    best = min(range(2, len(losses)), key=losses.__getitem__)
    assert len(losses) == best + 3 + 1 < 40
    result = load_finished(folder).result
    assert result["selection"] == {"monitor": "val_loss", "best": losses[best], "best_epoch": best, "keep": "best"}
    assert all(0 <= float(row["val_accuracy"]) <= 1 for row in history_of(folder))

    plain = execute(stopping_run(toy_workspace, max_epochs=best + 1), Surroundings(toy_workspace))
    assert (plain / "scores_test.npz").read_bytes() == (folder / "scores_test.npz").read_bytes()
    assert [row["loss"] for row in history_of(plain)] == [row["loss"] for row in history_of(folder)][: best + 1]
    assert "val_loss" not in history_of(plain)[0] and "selection" not in load_finished(plain).result

    schedule = {"max_epochs": 40, "monitor": "val_loss", "patience": 3, "begin": 2, "keep": "last"}
    last = execute(stopping_run(toy_workspace, **schedule), Surroundings(toy_workspace))
    longer = execute(stopping_run(toy_workspace, max_epochs=len(losses)), Surroundings(toy_workspace))
    assert (last / "scores_test.npz").read_bytes() == (longer / "scores_test.npz").read_bytes()
    assert (last / "scores_test.npz").read_bytes() != (folder / "scores_test.npz").read_bytes()


@pytest.mark.parametrize("left", [-1, 1, 2])
def test_a_killed_run_ends_bit_equal_with_its_selection(toy_workspace, folder, tmp_path, left):
    """Stopped in the second epoch, which does not count; at the end of the best one; or when it waits for a better."""
    best = load_finished(folder).result["selection"]["best_epoch"]
    other = Workspace(toy_workspace.data, tmp_path / "other", toy_workspace.cache, toy_workspace.reports)
    run, done = stopping_run(other), []
    stop_after = best + left if left > 0 else 1
    with pytest.raises(Stopped):
        execute(run, Surroundings(other, "cpu", lambda: len(done) >= stop_after, lambda *note: done.append(note)))
    checkpoint = next((other.runs / ".attempts" / run.id).glob("*/checkpoint.ckpt"))
    kept = torch.load(checkpoint, weights_only=True)["callbacks"]["RunKeeper"]["selection"]
    assert (kept["best_epoch"], bool(kept["weights"])) == ((best, True) if left > 0 else (-1, False))
    torch.manual_seed(99)
    resumed = execute(run, Surroundings(other))
    assert (resumed / "scores_test.npz").read_bytes() == (folder / "scores_test.npz").read_bytes()
    assert history_of(resumed) == history_of(folder)
    assert load_finished(resumed).result["selection"] == load_finished(folder).result["selection"]


def test_a_network_that_does_not_log_what_is_watched_is_told(toy_workspace):
    run = stopping_run(toy_workspace, max_epochs=3, monitor="val_miracles")
    with pytest.raises(ValueError, match=r"val_miracles: not logged by validation; .* val_accuracy, val_loss"):
        execute(run, Surroundings(toy_workspace))
