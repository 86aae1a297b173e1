import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nct, t, ttest_ind

from benchmarks.judge.pairs.compared import compare_rows
from benchmarks.judge.pairs.difference import Difference, difference
from benchmarks.judge.pairs.outcomes import Outcomes

SINGLE = np.arange(60)


def drawn(rng: np.random.Generator, trials: int, seeds: int, items: int, seed_sd: float, flips: float) -> np.ndarray:
    """(trials, seeds, items) about 0: what a seed does to all items, and to each one."""
    return seed_sd * rng.normal(size=(trials, seeds, 1)) + flips * rng.normal(size=(trials, seeds, items))


def test_one_model_on_each_side_is_the_paired_difference():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 1, 60))
    found = difference([(first, second, SINGLE)])
    paired = (first - second)[0]
    assert found.value == pytest.approx(paired.mean()) and found.seed_variance == 0
    assert found.item_variance == pytest.approx(paired.var(ddof=1) / 60)
    assert 20 < found.item_dof <= 59


def test_items_of_a_unit_count_as_one():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 1, 15))
    fours = difference([(np.repeat(first, 4, axis=1), np.repeat(second, 4, axis=1), SINGLE // 4)])
    ones = difference([(first, second, np.arange(15))])
    assert fours.item_variance == pytest.approx(ones.item_variance) and fours.item_dof == pytest.approx(ones.item_dof)


def test_without_differences_between_items_it_is_welchs_test_on_seeds():
    rng = np.random.default_rng(2)
    first, second = rng.normal(80, 3, 3), rng.normal(78, 1, 5)
    sides = [np.repeat(values[:, None], 60, axis=1) for values in (first, second)]
    found, expected = difference([(*sides, SINGLE)]), ttest_ind(first, second, equal_var=False)
    assert found.p() == pytest.approx(expected.pvalue)
    low, high = expected.confidence_interval(0.95)
    assert (found.value - found.half_width(0.05), found.value + found.half_width(0.05)) == pytest.approx((low, high))


def test_folds_have_trainings_of_their_own_and_their_spread_is_no_noise():
    rng = np.random.default_rng(3)
    folds = [rng.normal(level, 1, (2, 4)) for level in (60, 90, 75)]
    found = difference(
        [(*(np.repeat(values[:, None], 60, axis=1) for values in fold), SINGLE) for fold in folds]
    )  # fmt: skip
    each = [fold.var(axis=1, ddof=1) / 4 for fold in folds]
    assert found.seed_variance == pytest.approx(np.sum(each) / 9)
    assert found.seed_dof == pytest.approx(np.sum(each) ** 2 / np.sum(np.square(each) / 3))


def test_where_folds_of_a_seed_have_draws_in_common_their_means_are_compared():
    rng = np.random.default_rng(5)
    folds = [rng.normal(level, 1, (2, 4)) for level in (60, 90, 75)]
    given = [(*(np.repeat(values[:, None], 60, axis=1) for values in fold), SINGLE) for fold in folds]
    first, second = np.mean(folds, axis=0)
    both, one = difference(given, bound=(True, True)), difference(given, bound=(True, False))
    assert both.p() == pytest.approx(ttest_ind(first, second, equal_var=False).pvalue)
    apart = np.sum([fold[1].var(ddof=1) / 4 for fold in folds]) / 9
    assert one.seed_variance == pytest.approx(first.var(ddof=1) / 4 + apart) and one.value == both.value


@pytest.mark.parametrize(
    ("seed_sd", "flips", "own"), [(0.0, 1.0, 0.0), (0.3, 1.0, 0.5), (0.0, 1.0, 1.0), (0.3, 0.0, 1.0)]
)
def test_the_variance_is_that_of_the_difference_and_no_flip_counts_twice(seed_sd, flips, own):
    rng, trials = np.random.default_rng(4), 8000
    first, second = (
        drawn(rng, trials, 3, 60, seed_sd, flips) + own * rng.normal(size=(trials, 1, 60)) for _ in range(2)
    )
    found = difference([(first, second, SINGLE // 2)])
    estimated = float(np.mean(found.item_variance + found.seed_variance))
    # Where items have nothing of their own, the part that is left of them is cut at zero: at most a tenth too much.
    assert found.value.var() == pytest.approx(estimated, rel=0.04 if own else 0.12)
    assert found.value.var() < 1.04 * estimated


@given(st.floats(-3, 3), st.floats(0, 4), st.floats(0, 4), st.floats(1, 200), st.floats(1, 8), st.floats(-2, 2))
@settings(deadline=None, max_examples=60)
def test_the_interval_leaves_out_what_the_test_rejects(value, items, seeds, item_dof, seed_dof, threshold):
    found = Difference(*map(np.float64, (value, items, item_dof, seeds, seed_dof)), units=200)
    for alpha in (0.05, 0.005):
        off = abs(round(value - threshold, 9)) - found.half_width(alpha)
        if abs(off) > 1e-6:
            assert (found.p(threshold) < alpha) == (off > 0)


def test_p_is_students_where_there_is_one_part():
    for dof in (2.0, 40.0):
        of_items = Difference(np.float64(2.0), np.float64(1.0), np.float64(dof), np.float64(0.0), np.float64(1.0), 200)
        of_seeds = Difference(np.float64(2.0), np.float64(0.0), np.float64(1.0), np.float64(1.0), np.float64(dof), 200)
        assert of_items.p() == pytest.approx(of_seeds.p()) == pytest.approx(2 * t.sf(2.0, dof))


def test_a_few_units_cannot_say_more_than_their_signs():
    first, second = np.ones((3, 3)), np.zeros((3, 3))
    assert difference([(first, second, np.arange(3))]).p() == 0.25
    assert difference([(first, second, np.zeros(3, dtype=int))]).p() == 1.0
    assert difference([(first, first, np.arange(3))]).p() == 1.0


def test_power_is_that_of_a_t_test():
    found = Difference(np.float64(0.0), np.float64(0.0), np.float64(1.0), np.float64(1.0), np.float64(4.0), 200)
    for gain in (0.0, 2.0, 5.0):
        bound = t.ppf(0.975, 4)
        assert found.power(gain, 0.05) == pytest.approx(nct.sf(bound, 4, gain) + nct.cdf(-bound, 4, gain), abs=0.003)


def test_where_nothing_varies_nothing_is_known_of_what_would_be_found():
    names = tuple("abcde")
    same = Outcomes({1: np.ones((3, 5))}, {1: names}, {1: names})
    found = compare_rows(same, same, margin=2.0)
    assert found.difference == 0 and found.power is None and found.p == 1


def test_units_too_few_for_the_level_decide_nothing():
    """Of five units the least p is 1/16: an interval of 95 % has no ends, and nothing would be found, however large."""
    rng = np.random.default_rng(1)
    unit = np.arange(15) // 3
    found = difference([(60 + rng.normal(size=(3, 15)), rng.normal(size=(3, 15)), unit)])
    assert found.units == 5 and found.least_p == 0.0625 == found.p()
    assert np.isinf(found.half_width(0.05)) and np.isfinite(found.half_width(0.07))
    assert found.power(60, 0.05) == 0 and found.power(60, 0.07) > 0.99
