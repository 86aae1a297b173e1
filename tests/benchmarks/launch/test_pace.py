import math
import random
import time

import pytest

from benchmarks.launch.pace import Pace


def test_a_run_takes_what_is_expected_until_its_epochs_tell():
    pace = Pace()
    pace.expect({"a": 100.0})
    pace.start("a", 0.0)
    assert pace.left("a", 30.0) == 70.0
    pace.see("a", 1, 10, 40.0)  # the first tells nothing: the data were read before it
    assert pace.left("a", 40.0) == 60.0
    pace.see("a", 3, 10, 44.0)  # 2 s each
    assert pace.left("a", 44.0) == 14.0
    assert pace.left("a", 45.0) == 13.0


def test_runs_to_come_take_the_ratio_of_those_that_are_done():
    pace = Pace()
    pace.expect({"a": 10.0, "b": 100.0, "c": 0.0})
    assert (pace.left("b", 0.0), pace.left("c", 0.0)) == (100.0, None)
    pace.start("a", 0.0)
    pace.end("a", "done", 20.0)
    assert pace.left("b", 20.0) == 200.0  # twice what was expected, as before
    assert pace.left("c", 20.0) == 20.0  # of which nothing is known: the mean
    pace.start("b", 20.0)
    pace.end("b", "failed", 21.0)
    assert pace.left("c", 21.0) == 20.0


def test_a_run_that_goes_on_tells_of_those_to_come():
    """It trains 2 s an epoch after 6 s at the start, so that it takes 26 s, where 13 were expected."""
    pace = Pace()
    pace.expect({"a": 13.0, "b": 100.0, "c": 0.0})
    pace.start("a", 0.0)
    pace.see("a", 1, 10, 8.0)
    assert pace.left("b", 8.0) == 100.0
    pace.see("a", 2, 10, 10.0)
    assert (pace.left("a", 10.0), pace.left("b", 10.0), pace.left("c", 10.0)) == (16.0, 200.0, 26.0)
    pace.end("a", "stopped", 11.0)
    assert (pace.left("b", 11.0), pace.left("c", 11.0)) == (100.0, None)


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 100.0), (2, 60.0), (4, 60.0)])
def test_a_sweep_takes_its_share_and_never_less_than_its_longest_run(jobs, seconds):
    pace = Pace()
    pace.expect({"a": 60.0, "b": 20.0, "c": 20.0})
    assert pace.sweep(["a"], ["b", "c"], jobs, 0.0) == seconds
    pace.expect({"c": 0.0})
    assert pace.sweep(["a"], ["b", "c"], jobs, 0.0) is None
    assert pace.sweep([], [], jobs, 0.0) is None


class Plain:
    """What `Pace` says, each time from all that has happened so far."""

    def __init__(self):
        #: by run that goes on, when it was started and what was told of it: (epoch, of, when)
        self.expected, self.going, self.done = {}, {}, []

    def end(self, run, how, now):
        started, _ = self.going.pop(run)
        self.done += [(now - started, self.expected.get(run, 0.0))] if how == "done" else []

    def ends(self, run):
        _, told = self.going.get(run, (0.0, []))
        if not told or told[-1][0] <= told[0][0]:
            return None
        (first, _, since), (last, of, until) = told[0], told[-1]
        return until + (until - since) / (last - first) * (of - last)

    def left(self, run, now):
        if self.ends(run) is not None:
            return round(max(0.0, self.ends(run) - now), 1)
        whole = self.whole(self.expected.get(run, 0.0))
        since = now - self.going[run][0] if run in self.going else 0.0
        return None if whole is None else round(max(0.0, whole - since), 1)

    def whole(self, expected):
        known = list(self.done)
        for run, (started, _) in self.going.items():
            if self.ends(run) is not None:
                known.append((self.ends(run) - started, self.expected.get(run, 0.0)))
        foreseen = [(took, of_it) for took, of_it in known if of_it]
        if expected and foreseen:
            return expected * math.fsum(took for took, _ in foreseen) / math.fsum(of_it for _, of_it in foreseen)
        return expected or (math.fsum(took for took, _ in known) / len(known) if known else None)

    def sweep(self, runs, jobs, now):
        left = [self.left(run, now) for run in runs]
        return max(*left, sum(left) / jobs, 0.0) if left and None not in left else None


@pytest.mark.parametrize("seed", range(20))
def test_what_is_summed_up_on_the_way_says_what_the_whole_history_says(seed):
    draw, pace, plain = random.Random(seed), Pace(), Plain()
    names, share, now, known = [f"r{number}" for number in range(12)], draw.choice((0.0, 0.5, 1.0)), 0.0, 0
    waiting = set(names)
    for _ in range(120):
        now += draw.uniform(0.0, 30.0)
        going = sorted(plain.going)
        match draw.choice(("expect", "start", "see", "see", "see", "end")):
            case "expect":  # a round begins, which knows of some runs, or expects something else of them
                seconds = {run: draw.uniform(1.0, 900.0) * (draw.random() < share) for run in draw.sample(names, 3)}
                pace.expect(seconds)
                plain.expected |= seconds
            case "start":
                run = draw.choice(names)  # a second time, too: it is tried again
                waiting.discard(run)
                pace.start(run, now)
                plain.going[run] = now, []
            case "see" if going:
                run, epoch = draw.choice(going), draw.randint(1, 9)  # back, too: it has begun anew
                pace.see(run, epoch, 9, now)
                plain.going[run][1].append((epoch, 9, now))
            case "end" if going:
                run, how = draw.choice(going), draw.choice(("done", "done", "failed", "stopped"))
                pace.end(run, how, now)
                plain.end(run, how, now)
        left = [plain.left(run, now) for run in names]
        assert [pace.left(run, now) for run in names] == pace.each(names, now) == pytest.approx(left)
        going, to_come, jobs = sorted(plain.going), sorted(waiting), draw.randint(1, 4)
        expected = plain.sweep([*going, *to_come], jobs, now)
        assert pace.sweep(going, to_come, jobs, now) == pytest.approx(expected)
        known += expected is not None
    assert known or not share


def seconds_of_a_sweep(runs):
    """What one question takes with so many runs done, as many that go on and as many to come; of several the least."""
    pace = Pace()
    pace.expect({f"{kind}{number}": 60.0 for kind in ("done", "going", "waiting") for number in range(runs)})
    for number in range(runs):
        pace.start(f"done{number}", 0.0)
        pace.end(f"done{number}", "done", 50.0)
        pace.start(f"going{number}", 0.0)
        if number % 2:  # the others have told nothing yet
            pace.see(f"going{number}", 1, 9, 10.0)
            pace.see(f"going{number}", 2, 9, 20.0)
    going, waiting = ([f"{kind}{number}" for number in range(runs)] for kind in ("going", "waiting"))
    took = []
    for _ in range(7):
        began = time.process_time()
        assert pace.sweep(going, waiting, 4, 50.0) is not None
        took.append(time.process_time() - began)
    return min(took)


def test_the_time_of_a_question_grows_no_more_than_with_the_runs():
    assert seconds_of_a_sweep(800) < 3 * 8 * seconds_of_a_sweep(100)  # with their square it would be 64 times
