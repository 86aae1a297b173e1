"""The launcher on Ray, with a bridge that says what a test wants: slots that come and go, runs away from home."""

import pytest

from benchmarks.errors import InputError
from benchmarks.launch.cluster.messages import (
    Arrived,
    Close,
    Connected,
    NoRoom,
    Open,
    Refused,
    Saved,
    Stop,
    Submit,
    Up,
)
from benchmarks.launch.driver import launch
from benchmarks.launch.launcher import Ended, Epoch, Free, Gone, Said, Slots, launcher_named
from benchmarks.launch.ray import Ray
from benchmarks.runs.ledger import CHECKPOINT, Ledger
from benchmarks.runs.plan import Choice, Planned, make_plan
from benchmarks.spec import select


class FakeBridge:
    """Answers from a script, a message or some at a time; one that has nothing left to say dies."""

    scripts: list
    started: list

    def __init__(self, address, needs, slots, home):
        self.said, self.heard, self.alive = list(self.scripts.pop(0)), [], True
        self.address, self.needs, self.home, self.closed = address, needs, home, 0
        self.started.append(self)

    def send(self, message):
        self.heard.append(message)

    def receive(self, seconds):
        if not self.said:
            self.alive = False
            return
        said = self.said.pop(0)
        yield from said if isinstance(said, list) else [said]

    def close(self):
        self.closed += 1


@pytest.fixture
def bridges(monkeypatch):
    """Sets the scripts of the bridges to come; the bridges that were started."""
    FakeBridge.scripts, FakeBridge.started = [], []
    monkeypatch.setattr("benchmarks.launch.ray.Bridge", FakeBridge)
    monkeypatch.setattr("benchmarks.launch.ray.AGAIN_SECONDS", 0.0)
    return FakeBridge


@pytest.fixture
def planned(toy_workspace):
    return make_plan(select("toy.t1.plain"), Choice(seeds=1), toy_workspace).missing


@pytest.fixture
def ray(toy_workspace, bridges):
    """A launcher of two slots, which are open."""

    def make(*scripts, text="ray"):
        bridges.scripts = [list(script) for script in scripts]
        made = launcher_named(text)(toy_workspace, Slots(2, "cpu"))
        made.open(0)
        made.open(1)
        return made

    return make


def events(launcher, times):
    return [event for _ in range(times) for event in launcher.events(0.0)]


FAR = [Connected(), Up(0, False), Up(1, False)]


@pytest.mark.parametrize(
    ("options", "jobs", "device", "expected"),
    [
        ("", None, "auto", (3, "cpu", 1)),
        ("", 2, "cpu", (2, "cpu", 1)),
        (":cpus=4", None, "auto", (3, "cpu", 4)),
        (":cpus=0.5", None, "auto", (3, "cpu", 1)),
        (":gpus=0.25", None, "auto", (3, "cuda", 1)),
        ("", None, "cuda", (3, "cuda", 1)),
    ],
)
def test_there_is_a_slot_for_every_run(options, jobs, device, expected):
    slots = launcher_named(f"ray{options}").share_out(jobs, device, 3)
    assert (slots.jobs, slots.device, slots.threads) == expected


@pytest.mark.parametrize(
    ("options", "device", "needs"),
    [
        ("", "cpu", "1 core"),
        ("", "cuda", "1 core, 1 accelerator"),
        (":gpus=0.25,cpus=2,memory=1.5", "cuda", "2 cores, 0.25 accelerators, 1.5 GiB"),
    ],
)
def test_what_a_slot_needs_of_the_cluster(toy_workspace, bridges, options, device, needs):
    bridges.scripts = [[]]
    launcher = launcher_named(f"ray{options}")(toy_workspace, Slots(1, device))
    launcher.open(0)
    assert str(bridges.started[0].needs) == needs


def test_it_is_told_at_once_where_no_node_can_have_a_slot(ray):
    launcher = ray([Connected(), NoRoom(), Up(0, False)], text="ray:cpus=64,wait=3")
    with pytest.warns(UserWarning, match=r"no node .* a slot with 64 cores; waiting .* \(at most 3 minutes"):
        assert events(launcher, 3) == [Free(0)]  # a node that can has come all the same


def test_a_slot_takes_as_long_as_what_it_was_granted_lets_it(toy_workspace):
    planned = Planned(None, False, {"cpu": 3.0, "cuda": 1.0})
    seconds = lambda text, device: launcher_named(text)(toy_workspace, Slots(9, device)).expected_seconds(planned)  # noqa: E731
    assert seconds("ray", "cpu") == 360.0  # the minutes are those of two cores
    assert seconds("ray:cpus=2", "cpu") == 180.0
    assert seconds("ray:cpus=8", "cpu") == 45.0  # as other launchers count
    assert seconds("ray:gpus=0.25", "cuda") == 240.0
    assert seconds("ray:gpus=2", "cuda") == 60.0  # a run uses one


@pytest.mark.parametrize(
    ("given", "environment", "address"),
    [("ray", "", "auto"), ("ray", "10.0.0.1:6379", "10.0.0.1:6379"), ("ray:address=local", "10.0.0.1:6379", "local")],
)
def test_the_cluster_is_the_one_that_is_named(ray, bridges, monkeypatch, given, environment, address):
    monkeypatch.setenv("RAY_ADDRESS", environment)
    ray([], text=given)
    assert bridges.started[0].address == address


def test_a_run_away_from_home_is_claimed_noted_and_let_go(ray, bridges, planned, toy_workspace):
    run = planned[0].run
    launcher = ray([*FAR, Epoch(0, run.id, 3, 12, 0.5), Saved(0, run.id, b"so far"), Gone(0, "lost", fault=False)])
    assert events(launcher, 3) == [Free(0), Free(1)]
    launcher.submit(0, planned[0])
    assert bridges.started[0].heard == [Open(0), Open(1), Submit(0, run, None)]
    assert [type(event) for event in events(launcher, 2)] == [Epoch]
    assert Ledger(toy_workspace.runs).running()[run.id]["epoch"] == 3
    assert events(launcher, 1) == [Gone(0, "lost", fault=False)]
    assert Ledger(toy_workspace.runs).running() == {}
    launcher.submit(1, planned[0])
    assert bridges.started[0].heard[-1] == Submit(1, run, b"so far")  # goes on from there
    launcher.close()


def test_what_a_run_has_to_say_reaches_the_sweep(ray, planned):
    said = Said(0, "its checkpoint cannot be read; it starts again")
    launcher = ray([*FAR, said])
    events(launcher, 3)
    launcher.submit(0, planned[0])
    assert events(launcher, 1) == [said]
    launcher.close()


def test_a_run_that_another_command_holds_is_elsewhere(ray, bridges, planned, toy_workspace):
    launcher = ray([*FAR, Connected()])
    events(launcher, 3)
    with Ledger(toy_workspace.runs).claim(planned[0].run.id) as held:
        assert held
        launcher.submit(0, planned[0])
        assert events(launcher, 1) == [Ended(0, planned[0].run.id, "elsewhere")]
    assert bridges.started[0].heard == [Open(0), Open(1)]


@pytest.mark.parametrize("what", ["claim", "attempt"])
def test_a_run_that_cannot_be_begun_has_failed_and_lets_go(ray, planned, toy_workspace, monkeypatch, what):
    launcher = ray(FAR)
    assert events(launcher, 3) == [Free(0), Free(1)]

    def refuse(self, run):
        raise InputError("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(Ledger, what, refuse)
        launcher.submit(0, planned[0])
    ended = next(iter(launcher.events(0.0)))
    assert (ended.how, ended.run, ended.message) == ("failed", planned[0].run.id, "the disk is full")
    with toy_workspace.ledger.claim(planned[0].run.id) as held:
        assert held


def test_where_the_store_is_shared_the_node_claims_its_run_itself(ray, planned, toy_workspace):
    done = Ended(0, planned[0].run.id, "done")
    launcher = ray([Connected(), Up(0, True), Arrived(done, {})])
    events(launcher, 2)
    launcher.submit(0, planned[0])
    with Ledger(toy_workspace.runs).claim(planned[0].run.id) as held:
        assert held
    assert events(launcher, 1) == [done]


def test_what_comes_home_and_cannot_be_kept_has_failed(ray, planned, toy_workspace):
    run = planned[0].run
    launcher = ray([*FAR, Arrived(Ended(0, run.id, "done"), {"result.json": b"{"})])
    events(launcher, 3)
    launcher.submit(0, planned[0])
    [end] = events(launcher, 1)
    assert end.how == "failed" and end.message.startswith("what came home cannot be kept: ")
    assert not list(Ledger(toy_workspace.runs).finished())


def test_a_run_that_loses_node_after_node_is_to_blame(ray, planned):
    launcher = ray([*FAR, Gone(0, "lost", fault=False), Gone(1, "lost", fault=False), Connected()], text="ray:losses=1")
    events(launcher, 3)
    launcher.submit(0, planned[0])
    assert [gone.fault for gone in events(launcher, 1)] == [False]
    launcher.submit(1, planned[0])
    [gone] = events(launcher, 1)
    assert gone.fault and gone.message == "2 nodes were lost while they worked on it"


def test_a_lost_cluster_is_looked_for_and_its_runs_wait_again(ray, bridges, planned, toy_workspace):
    """The bridge ends with the head of the cluster; another finds the new one."""
    launcher = ray([Connected(), Up(0, False)], [Refused("not yet")], [Connected(), Up(1, False), Up(2, False)])
    events(launcher, 2)
    launcher.submit(0, planned[0])
    assert events(launcher, 1) == [Gone(0, "the cluster was lost", fault=False)]
    assert Ledger(toy_workspace.runs).running() == {}
    launcher.open(2)
    assert events(launcher, 6) == [Free(1), Free(2)]
    assert bridges.started[-1].heard == [Open(1), Open(2)]
    assert len(bridges.started) == 3 and [bridge.closed for bridge in bridges.started] == [1, 1, 0]


def test_a_run_for_a_slot_that_was_lost_meanwhile_waits_again(ray, planned):
    launcher = ray([Connected(), Up(0, False)], [])
    assert events(launcher, 3) == [Free(0), Gone(0, "the cluster was lost", fault=False)]
    launcher.submit(0, planned[0])
    assert events(launcher, 1) == [Gone(0, "the cluster was lost", fault=False)]


def test_a_cluster_that_is_not_there_is_one_line(ray):
    launcher = ray([Refused("ConnectionError: nobody answers")], text="ray:address=10.0.0.1:6379")
    message = r"no cluster at 10\.0\.0\.1:6379: ConnectionError: nobody answers; `ray start --head` starts one here"
    events(launcher, 1)
    with pytest.raises(InputError, match=message):
        events(launcher, 1)


def test_a_cluster_that_never_answers_is_named_and_not_asked_for_less(ray):
    launcher = ray([[]] * 9, text="ray:address=10.0.0.1:6379,wait=0.000001")
    with pytest.raises(InputError, match=r"no cluster at 10\.0\.0\.1:6379: nobody has answered there in 1e-06 minutes"):
        events(launcher, 3)


@pytest.mark.parametrize(("given", "field"), [("memory=inf", "memory"), ("memory=1e9", "memory"), ("cpus=1e30", "cpus"),
                                              ("gpus=inf", "gpus"), ("wait=0", "wait")])  # fmt: skip
def test_what_no_node_has_is_refused(given, field):
    with pytest.raises(InputError, match=rf"ray:{given}: {field}: "):
        launcher_named(f"ray:{given}")


def test_without_ray_its_installation_is_named(toy_workspace, monkeypatch):
    launcher = launcher_named("ray")(toy_workspace, Slots(2, "cpu"))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match="Ray is not installed here"):
        launcher.open(0)


@pytest.mark.parametrize(
    ("scripts", "why"),
    [
        ([[Connected(), Connected()]], "no slot with 1 core has come in 1e-09 minutes; ask for less"),
        ([[[Connected(), Up(0, True)]], [Refused("")]], "the cluster was lost and has not come again in 1e-09 minutes"),
    ],
)
def test_patience_ends_with_a_reason(toy_workspace, bridges, planned, scripts, why):
    bridges.scripts = scripts
    outcome = launch(planned, launcher_named("ray:wait=1e-9")(toy_workspace, Slots(2, "cpu")))
    assert outcome.fault.startswith(why)
    assert outcome.not_started == [one.run.id for one in planned]


def test_stop_reaches_the_nodes_and_a_lost_cluster_is_not_looked_for_any_more(ray, bridges, planned):
    launcher = ray([Connected(), Up(0, False), Connected()])
    events(launcher, 2)
    launcher.submit(0, planned[0])
    launcher.stop()
    assert bridges.started[0].heard[-1] == Stop()
    assert events(launcher, 4) == [Gone(0, "the cluster was lost", fault=False)]
    launcher.close()
    assert len(bridges.started) == 1


def test_close_lets_go_of_bridge_and_claims(ray, bridges, planned, toy_workspace):
    launcher = ray([*FAR, Connected()])
    events(launcher, 3)
    launcher.submit(0, planned[0])
    launcher.close()
    assert bridges.started[0].closed == 1 and Close() not in bridges.started[0].heard
    assert Ledger(toy_workspace.runs).running() == {}
    assert isinstance(launcher, Ray) and not list(toy_workspace.runs.glob(f".attempts/*/*/{CHECKPOINT}"))
