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
