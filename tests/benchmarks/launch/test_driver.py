"""What becomes of the runs of a sweep, whatever its launcher does: slots that come late, die or are taken away."""

from types import SimpleNamespace

import pytest

from benchmarks.errors import InputError, Left
from benchmarks.launch.driver import Outcome, launch
from benchmarks.launch.launcher import Again, Ended, Epoch, Free, Gone, Launcher, Slots, Started
from benchmarks.runs.ledger import Ledger
from benchmarks.runs.plan import Planned


class Scripted(Launcher):
    """Answers what a test says: `runs` maps a run to what happens in the slot that is given it, one after the other."""

    def __init__(self, workspace, jobs, runs, comes=lambda slot: True):
        super().__init__(workspace, Slots(jobs, "cpu"))
        self.runs = {run: list(happens) for run, happens in runs.items()}
        self.comes = comes
        self.happened, self.opened, self.given, self.cleared = [], [], [], []
        self.asked_to_stop = self.closed = 0

    @classmethod
    def share_out(cls, jobs, device, runs):
        raise AssertionError("the driver is given slots and never shares out any")

    def open(self, slot):
        self.opened.append(slot)
        if self.comes(slot):
            self.happened.append(Free(slot))

    def submit(self, slot, planned):
        run = planned.run.id
        self.given.append((slot, run))
        self.happened += [event(slot, run) for event in self.runs[run].pop(0)]

    def events(self, seconds):
        while self.happened:
            event = self.happened.pop(0)
            if event is KeyboardInterrupt:
                raise event
            yield event

    def clear(self, slot):
        self.cleared.append(slot)

    def stop(self):
        self.asked_to_stop += 1
        self.happened += [Ended(slot, run, "stopped") for slot, run in self.given]

    def close(self):
        self.closed += 1


@pytest.fixture
def store(tmp_path):
    return SimpleNamespace(ledger=Ledger(tmp_path / "runs"))


def planned(*names, minutes=0.0, begun=0.0, resumes=False, seed=0):
    run = SimpleNamespace(resolved={"trainer": {"max_epochs": 9} if resumes else {}}, seed=seed)
    return [Planned(SimpleNamespace(**vars(run), id=name), False, {"cpu": minutes}, begun) for name in names]


def ends(how, message=""):
    return lambda slot, run: Ended(slot, run, how, message)


def dies(slot, run):
    return Gone(slot, "it fell over", "its last words")


def is_taken(slot, run):
    return Gone(slot, "the machine is wanted by somebody else", fault=False)


def interrupts(slot, run):
    return KeyboardInterrupt


DONE = [ends("done")]


def test_two_slots_share_the_runs_in_their_order(store):
    launcher = Scripted(store, 2, {name: [DONE] for name in "abc"})
    heard = []
    outcome = launch(planned(*"abc"), launcher, heard.append)
    assert outcome.done == ["a", "b", "c"]
    assert launcher.given == [(0, "a"), (1, "b"), (0, "c")] and launcher.opened == [0, 1] and launcher.closed == 1
    assert [event.run for event in heard if isinstance(event, Started)] == ["a", "b", "c"]


def test_a_failing_run_is_recorded_and_the_others_go_on(store):
    launcher = Scripted(store, 1, {"a": [[ends("failed", "no such clip")]], "b": [DONE], "c": [[ends("elsewhere")]]})
    outcome = launch(planned(*"abc"), launcher)
    assert (outcome.failed, outcome.done, outcome.elsewhere) == ({"a": "no such clip"}, ["b"], ["c"])
    assert store.ledger.failures()["a"]["message"] == "no such clip"


def test_a_failure_that_cannot_be_kept_is_told_with_its_own_reason(store, monkeypatch):
    def full(*told):
        raise InputError("runs: No space left on device; free some space")

    monkeypatch.setattr(store.ledger, "record_failure", full)
    launcher = Scripted(store, 1, {"a": [[ends("failed", "no such clip")]], "b": [DONE]})
    heard = []
    outcome = launch(planned(*"ab"), launcher, heard.append)
    assert outcome.done == ["b"] and outcome.failed["a"].startswith(
        "no such clip (not kept for `status`: runs: No space"
    )
    assert outcome.failed["a"] in [event.message for event in heard if isinstance(event, Ended)]


def test_a_dead_slot_is_replaced_and_the_second_time_its_run_has_failed(store):
    launcher = Scripted(store, 1, {"a": [[dies], [dies]], "b": [DONE]})
    heard = []
    outcome = launch(planned("a", "b"), launcher, heard.append)
    assert (outcome.failed, outcome.done) == ({"a": "it fell over"}, ["b"])
    assert launcher.given == [(0, "a"), (1, "b"), (1, "a")] and launcher.opened == [0, 1]
    assert store.ledger.failures()["a"] == {"message": "it fell over", "trace": "its last words"}
    assert [event for event in heard if isinstance(event, Again)] == [Again(0, "a", "it fell over")]


@pytest.mark.parametrize("lost", [dies, lambda slot, run: Ended(slot, run, "failed", "no memory", out_of_memory=True)])
def test_a_run_that_was_lost_is_tried_again_when_the_others_have_ended(store, lost):
    """Even where a slot is free before; and then the others let go of what they hold."""
    held = [ends("done")]
    launcher = Scripted(store, 2, {"a": [[lost], DONE], "b": [held], "c": [DONE]})
    launcher.runs["b"][0].insert(0, lambda slot, run: Epoch(slot, run, 1, 9, 0.5))
    outcome = launch(planned(*"abc"), launcher)
    assert sorted(outcome.done) == ["a", "b", "c"] and not outcome.failed and "a" not in store.ledger.failures()
    assert [run for _, run in launcher.given] == ["a", "b", "c", "a"]
    assert launcher.cleared == [launcher.given[-1][0]]


def test_a_run_that_was_lost_waits_for_the_same_command_where_there_is_no_time_left(store):
    launcher = Scripted(store, 1, {"a": [[dies]], "b": [[interrupts]]})
    launcher.stop = lambda: launcher.happened.append(Ended(1, "b", "stopped"))
    outcome = launch(planned("a", "b"), launcher)
    assert (outcome.failed, outcome.stopped, outcome.not_started) == ({}, ["b"], ["a"])


def test_the_longest_runs_go_first_and_only_where_there_is_room(store):
    """The small one passes the large one, which waits until nothing runs."""
    launcher = Scripted(store, 2, {name: [DONE] for name in ("short", "large", "small", "long")})
    launcher.runs["long"] = [[lambda slot, run: Epoch(slot, run, 1, 2, 0.5), ends("done")]]
    launcher.has_room = lambda slot, one: one.run.id != "large"
    runs = [
        planned(name, minutes=minutes)[0] for name, minutes in (("short", 1), ("large", 3), ("small", 2), ("long", 4))
    ]
    assert sorted(launch(runs, launcher).done) == ["large", "long", "short", "small"]
    assert [run for _, run in launcher.given] == ["long", "small", "short", "large"]


def test_the_folds_of_a_seed_end_together_and_what_has_begun_comes_first(store):
    """Of runs of one length; a longer one comes before all of them."""
    launcher = Scripted(store, 1, {name: [DONE] for name in ("s1f1", "s1f2", "s0f1", "s0f2", "long")})
    runs = planned("s1f1", "s1f2", minutes=2.0, seed=1) + planned("s0f1", minutes=2.0)
    runs += planned("s0f2", minutes=2.0, begun=0.01, resumes=True) + planned("long", minutes=3.0, seed=1)
    launch(runs, launcher)
    assert [run for _, run in launcher.given] == ["long", "s0f2", "s0f1", "s1f1", "s1f2"]


def test_a_slot_that_dies_over_the_last_run_is_replaced_once(store):
    launcher = Scripted(store, 1, {"a": [[dies], [dies]]})
    assert launch(planned("a"), launcher).failed == {"a": "it fell over"}
    assert launcher.opened == [0, 1]


def test_a_run_whose_machine_was_taken_away_waits_again(store):
    launcher = Scripted(store, 1, {"a": [[is_taken], [is_taken], DONE], "b": [DONE]})
    outcome = launch(planned("a", "b"), launcher)
    assert outcome.done == ["a", "b"] and not outcome.failed
    assert launcher.given == [(0, "a"), (1, "a"), (2, "a"), (2, "b")]
    assert "a" not in store.ledger.failures()


def test_a_slot_that_never_comes_does_not_hold_up_the_others(store):
    launcher = Scripted(store, 3, {name: [DONE] for name in "abc"}, comes=lambda slot: slot == 1)
    assert launch(planned(*"abc"), launcher).done == ["a", "b", "c"]
    assert launcher.opened == [0, 1, 2] and {slot for slot, _ in launcher.given} == {1}


def test_a_slot_that_comes_late_takes_what_is_left(store):
    late = [ends("done"), lambda slot, run: Free(1)]
    launcher = Scripted(store, 2, {"a": [late], "b": [DONE], "c": [DONE]}, comes=lambda slot: slot == 0)
    assert launch(planned(*"abc"), launcher).done == ["a", "b", "c"]
    assert launcher.given == [(0, "a"), (0, "b"), (1, "c")]


def test_slots_that_are_gone_before_they_are_there_fail_the_sweep_with_their_last_line(store):
    launcher = Scripted(store, 2, {})
    launcher.open = lambda slot: launcher.happened.append(Gone(slot, "no room", "Trace:\nwall broken\n\n"))
    outcome = launch(planned("a", "b"), launcher)
    assert (outcome.not_started, outcome.fault) == (["a", "b"], "no room: wall broken")


def test_slots_that_were_taken_away_before_they_are_there_leave_the_runs_for_later(store):
    launcher = Scripted(store, 2, {})
    launcher.open = lambda slot: launcher.happened.append(Gone(slot, "wanted elsewhere", fault=False))
    outcome = launch(planned("a", "b"), launcher)
    assert (outcome.not_started, outcome.fault) == (["a", "b"], "")


def test_a_slot_that_is_gone_before_it_is_there_is_no_fault_where_another_takes_the_runs(store):
    launcher = Scripted(store, 2, {"a": [DONE], "b": [DONE]}, comes=lambda slot: slot == 1)
    launcher.happened.append(Gone(0, "no room"))
    outcome = launch(planned("a", "b"), launcher)
    assert (outcome.done, outcome.fault) == (["a", "b"], "")


def test_outcomes_add_up_over_rounds():
    first = Outcome(done=["a"], failed={"b": "fell over"}, elsewhere=["c", "d"])
    both = first.followed_by(Outcome(done=["c"], stopped=["d"], not_started=["e"]))
    assert both == Outcome(["a", "c"], {"b": "fell over"}, [], ["d"], ["e"])


def test_a_result_that_comes_late_counts(store):
    """The slot was given up, but had only been cut off."""
    after = lambda slot, run: Ended(0, "a", "done")  # noqa: E731
    launcher = Scripted(store, 1, {"a": [[dies]], "b": [[after, ends("done")]]})
    outcome = launch(planned("a", "b"), launcher)
    assert (sorted(outcome.done), outcome.failed) == (["a", "b"], {})

    launcher = Scripted(store, 1, {"a": [[is_taken, ends("done")]]})
    assert launch(planned("a"), launcher).done == ["a"]
    assert launcher.given == [(0, "a")]  # it need not be run again


def test_ctrl_c_stops_what_runs_and_starts_nothing_more(store):
    launcher = Scripted(store, 1, {"a": [DONE], "b": [[interrupts]]})
    outcome = launch(planned(*"abc"), launcher)
    assert (outcome.done, outcome.stopped, outcome.not_started) == (["a"], ["b"], ["c"])
    assert launcher.asked_to_stop == launcher.closed == 1


def test_a_slot_that_dies_while_it_stops_has_stopped(store):
    launcher = Scripted(store, 1, {"a": [[interrupts, dies]], "b": [DONE]})
    outcome = launch(planned("a", "b"), launcher)
    assert (outcome.stopped, outcome.failed, outcome.not_started) == (["a"], {}, ["b"])
    assert "a" not in store.ledger.failures()


def test_a_second_ctrl_c_leaves_and_lets_go(store):
    launcher = Scripted(store, 1, {"a": [[interrupts, interrupts]]})
    with pytest.raises(Left, match=r"left at once: 0 ended, 1 not started, 1 cut \(a\); the same command"):
        launch(planned("a", "b"), launcher)
    assert launcher.closed == 1


def test_nothing_is_started_that_is_not_expected_to_end_in_time(store):
    launcher = Scripted(store, 2, {"short": [DONE]})
    runs = planned("long", minutes=2.0) + planned("short", minutes=0.1)
    outcome = launch(runs, launcher, minutes=1.0)  # in one of two slots, long takes four minutes and short 12 s
    assert (outcome.done, outcome.not_started) == (["short"], ["long"])


def test_what_keeps_its_epochs_is_begun_though_it_will_not_end_in_time(store):
    """First what ends in time; then, of what can go on another time, what has the least left to do."""
    stops = [lambda slot, run: Ended(slot, run, "stopped")]
    launcher = Scripted(store, 1, {"short": [DONE], "begun": [stops], "long": [stops]})
    runs = planned("long", minutes=90.0, resumes=True) + planned("begun", minutes=100.0, begun=0.7, resumes=True)
    runs += planned("estimator", minutes=50.0) + planned("short", minutes=0.5)
    outcome = launch(runs, launcher, minutes=2.0)
    assert [run for _, run in launcher.given] == ["short", "begun", "long"]
    assert (outcome.done, outcome.stopped, outcome.not_started) == (["short"], ["begun", "long"], ["estimator"])
    launcher = Scripted(store, 1, {})
    assert launch(planned("long", minutes=90.0, resumes=True), launcher, minutes=0.9).not_started == ["long"]


def test_without_any_time_no_slot_is_opened(store):
    launcher = Scripted(store, 2, {"a": [DONE], "b": [DONE]})
    outcome = launch(planned("a", "b"), launcher, minutes=0)
    assert (outcome.done, outcome.not_started, launcher.opened, launcher.closed) == ([], ["a", "b"], [], 1)


def test_what_runs_at_the_end_of_the_budget_is_stopped(store):
    launcher = Scripted(store, 1, {"a": [[lambda slot, run: Epoch(slot, run, 1, 9, 0.5)]], "b": [DONE]})
    outcome = launch(planned("a", "b"), launcher, minutes=0.001)
    assert (outcome.stopped, outcome.not_started) == (["a"], ["b"])
    assert launcher.asked_to_stop == 1


@pytest.mark.parametrize(("presses", "error"), [(1, KeyboardInterrupt), (2, Left)])
def test_ctrl_c_while_the_workers_are_sent_home_counts_like_any_other(store, presses, error, monkeypatch):
    launcher = Scripted(store, 1, {"a": [[interrupts] if presses == 2 else DONE]})
    closing = iter([KeyboardInterrupt])

    def close(self):
        self.closed += 1
        for press in closing:
            raise press

    monkeypatch.setattr(Scripted, "close", close)
    with pytest.raises(error):
        launch(planned("a"), launcher)
    assert launcher.closed == 2 and launcher.asked_to_stop == presses - 1
