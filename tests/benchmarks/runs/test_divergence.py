"""A network or an estimator whose loss or scores are not finite has failed: one line says so, nothing is published."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.errors import InputError
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select


def toy_module():
    from toy_parts.training import ToyModule

    return ToyModule


class Diverging:
    """Makes a toy network whose losses, or scores, are as told from the second epoch on."""

    version = 1

    def __new__(cls, what: str, value: str, num_classes: int = 2, seed: int = 0):
        class Network(toy_module()):
            def told(self, name, finite):
                is_now = name == what and (self.current_epoch > 0 or name == "scores")
                return finite * torch.tensor(float(value)) if is_now else finite

            def training_step(self, batch, index):
                return self.told("loss", super().training_step(batch, index))

            def validation_step(self, batch, index):
                self.log("val_loss", self.told("val_loss", torch.tensor(1.0)))

            def predict_step(self, batch, index, dataloader_idx=0):
                return self.told("scores", super().predict_step(batch, index))

        return Network(num_classes, seed)


class Estimator:
    """Fits nothing, and gives the scores that it is told."""

    version = 1
    kind_of_scores = "log_likelihood"

    def __init__(self, value: str):
        self.value = float(value)

    def fit(self, x, y):
        pass

    def scores(self, x):
        return np.full((len(x), 2), self.value)


def run_of(workspace, name, arguments, **trainer):
    run = make_plan(select("toy.t1.plain"), Choice(), workspace).missing[0].run
    model = {"class_path": f"{__name__}.{name}", "init_args": arguments}
    return replace(run, resolved={**run.resolved, "model": model, "trainer": {**run.resolved["trainer"], **trainer}})


def check_failure(run, workspace, message):
    with pytest.raises(InputError, match=message) as error:
        execute(run, Surroundings(workspace))
    assert "\n" not in str(error.value)
    assert not workspace.ledger.is_done(run) and not (workspace.runs / run.id).exists()


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_loss_that_is_not_finite_fails_the_run_and_names_the_epoch(toy_workspace, value):
    run = run_of(toy_workspace, "Diverging", {"what": "loss", "value": value})
    check_failure(run, toy_workspace, "^loss of epoch 2 is (nan|inf): the training has diverged")


def test_so_does_a_validation_loss_whether_or_not_it_is_watched(toy_workspace):
    run = run_of(toy_workspace, "Diverging", {"what": "val_loss", "value": "inf"}, limit_val_batches=1.0)
    check_failure(run, toy_workspace, "^val_loss of epoch 2 is inf")


def test_scores_that_are_not_finite_fail_the_run(toy_workspace):
    run = run_of(toy_workspace, "Diverging", {"what": "scores", "value": "nan"})
    check_failure(run, toy_workspace, "NaN or infinite for item 1-000-.*look at what the network predicts")


@pytest.mark.parametrize("value", ["nan", "-inf", "-1e300"])  # the last one is infinite as it would be stored
def test_so_do_those_of_an_estimator(toy_workspace, value):
    run = run_of(toy_workspace, "Estimator", {"value": value})
    check_failure(run, toy_workspace, "NaN or infinite for item")
    assert execute(run_of(toy_workspace, "Estimator", {"value": "-1.0"}), Surroundings(toy_workspace)) is not None
