"""A sweep on a real cluster of several nodes on this machine, one of which is lost in the middle of a run."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Epoch, Gone, Slots, Started, launcher_named
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.launch.test_local import one_thread, scores
from tests.benchmarks.launch.toy.in_process import InProcess

pytest.importorskip("ray", reason="needs Ray: pip install --editable '.[cluster]'")


@pytest.fixture
def machines():
    """A cluster of one node with one core."""
    from tests.benchmarks.launch.cluster.machines import Machines

    found = Machines(nodes=1)
    yield found
    found.end()


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ray's clusters are for Unix")
def test_a_run_whose_node_is_lost_goes_on_on_another_and_nothing_shows(machines, toy_workspace):
    """No store is shared: code and files go there, checkpoints and results come home, bit-equal to undisturbed ones."""
    plan = make_plan(select("toy.t1.slow"), Choice(seeds=1), toy_workspace)
    heard = []

    def lose_the_first_node(event):
        is_first = not any(isinstance(one, Epoch) for one in heard)
        heard.append(event)
        if isinstance(event, Epoch) and is_first:
            machines.lose_node()

    apart = toy_workspace.runs.parent / "apart"
    given = f"ray:address={machines.address},scratch={apart},data={apart}/nothing"
    slots = Slots(1, "cpu", checkpoint_seconds=0.0, sweep=tuple(planned.run for planned in plan.missing))
    outcome = launch(plan.missing, launcher_named(given)(toy_workspace, slots), lose_the_first_node)
    assert sorted(outcome.done) == sorted(plan.runs)
    assert [one.fault for one in heard if isinstance(one, Gone)] == [False]
    starts = [place for place, one in enumerate(heard) if isinstance(one, Started)]
    assert [heard[place].slot for place in starts] == [0, 1, 1] and heard[starts[1]].run == heard[starts[0]].run
    assert next(one for one in heard[starts[1] :] if isinstance(one, Epoch)).epoch > 1, "it began again"
    assert list(apart.glob("fetched/*/data/toy/clip.txt")) and not list(apart.glob("runs/toy*"))
    undisturbed = replace(toy_workspace, runs=toy_workspace.runs.parent / "undisturbed")
    with one_thread():
        launch(plan.missing, InProcess(undisturbed, Slots(1, "cpu")))
    assert scores(toy_workspace.runs) == scores(undisturbed.runs)
    code = next(Ledger(toy_workspace.runs).finished()).result["code"]
    assert code == next(Ledger(undisturbed.runs).finished()).result["code"]
    assert not list(Path(toy_workspace.runs).glob(".logs/*"))
