"""A slot on a node, in this process: what it tells, what it makes where the store is shared and where it is not."""

import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks.errors import InputError
from benchmarks.launch.cluster.away import Away
from benchmarks.launch.cluster.luggage import pieces_of_dataset
from benchmarks.launch.cluster.messages import Arrived, Home, Lacks, Saved
from benchmarks.launch.cluster.node import Node, Order
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Ended, Epoch, Said, Slots
from benchmarks.runs.ledger import CHECKPOINT, Ledger
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.spec import select
from tests.benchmarks.launch.test_local import one_thread
from tests.benchmarks.launch.toy.in_process import InProcess


@pytest.fixture
def planned(toy_workspace):
    """A run of the toy that takes a second."""
    return make_plan(select("toy.t1.slow"), Choice(seeds=1, folds=(1,)), toy_workspace).missing


@pytest.fixture
def home(toy_workspace):
    """This machine, as nodes are told of it; they have a folder of their own."""
    toy_workspace.runs.mkdir(exist_ok=True)
    mark = toy_workspace.runs / "mark.log"
    mark.touch()
    return Home(toy_workspace, mark, scratch=toy_workspace.runs.parent / "node")


def node_of(home, **slots):
    return Node(3, Slots(1, "cpu", **{"checkpoint_seconds": 0.0, **slots}), home)


def told(node, number=1, until=(Arrived, Lacks)):
    """All that a node tells of an order, up to its end or the first of some kind."""
    news = []
    while not any(isinstance(one, until) for one in news):
        news += node.hear(number, len(news))
    return news


def scores_of(ledger):
    return [finished.result["files"]["scores_test.npz"] for finished in ledger.finished()]


def undisturbed(planned, workspace):
    """The scores of a run that nothing happens to."""
    elsewhere = replace(workspace, runs=workspace.runs.parent / "undisturbed")
    with one_thread():
        assert not launch(planned, InProcess(elsewhere, Slots(1, "cpu"))).failed
    return scores_of(elsewhere.ledger)


@pytest.mark.slow
def test_a_run_that_is_cut_goes_on_on_another_node_and_ends_as_if_nothing_had_been(planned, home, toy_workspace):
    run, ledger = planned[0].run, toy_workspace.ledger
    node = node_of(home)
    node.start(Order(1, run))
    away = Away.of(run, ledger)
    assert away is not None and away.checkpoint() is None
    said = told(node, until=Saved)
    node.stop()
    said = told(node)
    *_, last = (one for one in said if isinstance(one, Saved))
    assert (said[-1].ended.how, said[-1].ended.slot, said[-1].files) == ("stopped", 3, {})
    away.keep(last.checkpoint)

    other = node_of(replace(home, scratch=home.scratch.with_name("other")))
    other.start(Order(1, run, away.checkpoint()))
    said = told(other)
    first = next(one for one in said if isinstance(one, Epoch))
    assert first.epoch > 1, "it began again"
    assert said[-1].ended.how == "done"
    away.publish(said[-1].files)
    assert scores_of(ledger) == undisturbed(planned, toy_workspace)
    assert not list(home.scratch.with_name("other").glob("runs/toy*")), "what has come home stays on the node"


@pytest.mark.slow
def test_where_the_store_is_shared_the_run_is_made_in_it(planned, home, toy_workspace):
    node = node_of(replace(home, scratch=None))
    node.start(Order(1, planned[0].run))
    end = told(node)[-1]
    assert (end.ended.how, end.files, len(scores_of(toy_workspace.ledger))) == ("done", {}, 1)


@pytest.mark.slow
def test_files_that_a_node_lacks_come_along_and_lie_by_their_fingerprint(planned, home, toy_workspace, monkeypatch):
    monkeypatch.setattr("benchmarks.launch.cluster.node._fetched", lambda parts: iter(parts))
    run, node = planned[0].run, node_of(replace(home, data=home.scratch / "nothing"))
    node.start(Order(1, run))
    assert told(node) == [Lacks()]
    node.start(Order(2, run, None, list(pieces_of_dataset(run, toy_workspace))))
    assert told(node, 2)[-1].ended.how == "done"
    fetched = home.scratch / "fetched" / run.fingerprint / "data" / "toy" / "clip.txt"
    assert fetched.read_text() == "a toy clip"


def test_whoever_doubts_that_an_order_came_sends_it_again(planned, home, monkeypatch):
    done = []
    monkeypatch.setattr(Node, "_work", lambda self, order: done.append(order.number) or Lacks())
    node = node_of(home)
    for number in (1, 1, 2, 1):
        node.start(Order(number, planned[0].run))
    assert told(node, 2) == [Lacks()]
    assert node.hear(2, 0) == [Lacks()], "what was not heard is told again"
    assert done == [1, 2]


def test_news_that_were_heard_are_forgotten(planned, home, monkeypatch):
    def tells(self, order):
        for number in range(3):
            self._tell(Saved(3, "run", bytes([number])))
        return Lacks()

    monkeypatch.setattr(Node, "_work", tells)
    monkeypatch.setattr("benchmarks.launch.cluster.node.HEAR_SECONDS", 0.01)
    node = node_of(home)
    node.start(Order(1, planned[0].run))
    while len(node.hear(1, 0)) < 4:
        time.sleep(0.01)
    assert [getattr(one, "checkpoint", None) for one in node.hear(1, 2)] == [b"\x02", None]
    assert node.hear(1, 4) == [] and node.hear(7, 0) == []


def test_whatever_goes_wrong_in_a_node_is_the_end_of_its_run(planned, home, monkeypatch):
    def fails(self, order):
        raise RuntimeError("the disk of the node is gone")

    monkeypatch.setattr(Node, "_work", fails)
    node = node_of(home)
    node.start(Order(1, planned[0].run))
    [news] = told(node)
    assert (news.ended.how, news.ended.message) == ("failed", "RuntimeError: the disk of the node is gone")
    assert "in fails" in news.ended.trace


def test_a_result_that_nobody_waited_for_comes_home_later(planned, home, toy_workspace, monkeypatch):
    run = planned[0].run

    def is_there_already(slot, run, workspace, slots, tell, *signs):
        (workspace.runs / run.id).mkdir(parents=True)
        (workspace.runs / run.id / "result.json").write_text("{}")
        return SimpleNamespace(how="elsewhere", _replace=lambda how: how)

    monkeypatch.setattr("benchmarks.launch.cluster.node.perform", is_there_already)
    node = node_of(home)
    node.start(Order(1, run))
    assert told(node) == [Arrived("done", {"result.json": b"{}"})]


def test_a_checkpoint_of_home_takes_the_place_of_one_on_the_node(planned, home, monkeypatch):
    run, seen = planned[0].run, []
    store = Ledger(home.scratch / "runs")
    (store.attempt(run) / CHECKPOINT).write_bytes(b"old")

    def looks(slot, run, workspace, slots, tell, *signs):
        seen.extend(path.read_bytes() for path in workspace.runs.glob(f".attempts/*/*/{CHECKPOINT}"))
        return SimpleNamespace(how="stopped")

    monkeypatch.setattr("benchmarks.launch.cluster.node.perform", looks)
    node = node_of(home)
    node.start(Order(1, run, b"of home"))
    assert [type(one) for one in told(node)] == [Arrived]
    assert seen == [b"of home"]


@pytest.mark.parametrize("shares", [True, False])
def test_whatever_a_run_has_to_say_is_told_and_of_its_epochs_what_a_display_shows(planned, home, monkeypatch, shares):
    run = planned[0].run

    def says(slot, run, workspace, slots, tell, *signs):
        for event in (Said(slot, "one"), Epoch(slot, run.id, 1, 9, 0.5), Epoch(slot, run.id, 2, 9, 0.5)):
            tell(event)
        tell(Said(slot, "two"))
        return Ended(slot, run.id, "stopped")

    monkeypatch.setattr("benchmarks.launch.cluster.node.perform", says)
    node = node_of(replace(home, scratch=None) if shares else home)
    node.start(Order(1, run))
    ended = Arrived(Ended(3, run.id, "stopped"), {})
    assert told(node) == [Said(3, "one"), Epoch(3, run.id, 1, 9, 0.5), Said(3, "two"), ended]


def test_a_run_without_any_progress_is_given_up(planned, home, monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(Node, "_work", lambda self, order: ended.wait() and Lacks())
    monkeypatch.setattr("benchmarks.launch.cluster.node.HEAR_SECONDS", 0.01)
    node = node_of(replace(home, timeout=0.001))
    node.start(Order(1, planned[0].run))
    with pytest.raises(InputError, match="made no progress for 0 minutes and was ended"):
        told(node)
    ended.set()
