from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.pairs.signs import MCNEMAR, MCNEMAR_UNITS, SIGNS, mcnemar, sign_test


def model(added: np.ndarray, per_unit: int = 1, **changes) -> Outcomes:
    """One run on one fold, from (items,)."""
    items = tuple(f"{number:03d}" for number in range(len(added)))
    units = tuple(f"{number // per_unit:03d}" for number in range(len(added)))
    return Outcomes(**{"added": {1: added[None]}, "items": {1: items}, "units": {1: units}, "scale": 1.0} | changes)


def share_of_signs(gains: np.ndarray, threshold: float = 0.0) -> float:
    """The two-sided p-value from all patterns of signs: twice the share whose sum is at least as far as ours."""
    centred = gains - threshold
    sums = np.array([np.dot(signs, centred) for signs in product((-1, 1), repeat=len(gains))])
    ours = centred.sum()
    return min(1.0, 2 * float(min(np.mean(sums >= ours - 1e-9), np.mean(sums <= ours + 1e-9))))


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
@settings(deadline=None)
def test_mcnemar_is_the_exact_binomial_test_on_discordant_items(first, second, both):
    gains = np.repeat([1, -1, 0], [first, second, both])
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(gains) == pytest.approx(expected)


def test_mcnemar_by_hand():
    # 2 (C(12,0) + C(12,1) + C(12,2)) / 2^12
    assert mcnemar(np.repeat([1, -1], [10, 2])) == pytest.approx(2 * 79 / 4096)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
@settings(deadline=None, max_examples=40)
def test_whole_units_change_their_sign_together(gains):
    assert mcnemar(np.array(gains)) == pytest.approx(share_of_signs(np.array(gains, dtype=float)))


def test_the_name_says_whether_units_are_more_than_clips():
    rng = np.random.default_rng(0)
    first, second = (rng.random((2, 40)) < 0.7).astype(float)
    assert sign_test(model(first), model(second), 0.0, 0.05).test == MCNEMAR
    in_fours = sign_test(model(first, 4), model(second, 4), 0.0, 0.05)
    assert in_fours.test == MCNEMAR_UNITS and in_fours.p == mcnemar((first - second).reshape(10, 4).sum(axis=1))
    assert sign_test(model(first), model(second), 0.1, 0.05).test == SIGNS


@pytest.mark.parametrize("threshold", [0.0, 0.4, 1.0])
def test_random_signs_are_a_sample_of_all_patterns_of_signs(threshold):
    gains = np.random.default_rng(1).normal(0.5, 1, 12)
    found = sign_test(model(gains, is_share=False), model(np.zeros(12), is_share=False), threshold, 0.05)
    assert found.test == SIGNS
    assert found.p == pytest.approx(share_of_signs(gains, threshold), abs=0.02)


def test_the_interval_leaves_out_what_the_test_rejects():
    gains = np.random.default_rng(2).normal(0.3, 1, 50)
    one, none = model(gains, is_share=False), model(np.zeros(50), is_share=False)
    found = sign_test(one, none, 0.0, 0.05)
    assert found.low < gains.mean() < found.high
    for end, outwards in ((found.low, -1), (found.high, 1)):
        assert (
            sign_test(one, none, end + outwards * 0.01, 0.05).p
            < 0.05
            < sign_test(one, none, end - outwards * 0.01, 0.05).p
        )


def test_the_other_way_round_everything_is_turned():
    first, second = np.random.default_rng(3).normal(size=(2, 30))
    there, back = (
        sign_test(model(one, is_share=False), model(other, is_share=False), 0.0, 0.05)
        for one, other in ((first, second), (second, first))
    )
    assert (there.p, there.low, there.high) == (back.p, -back.high, -back.low)


def test_one_unit_says_nothing():
    found = sign_test(model(np.ones(3), 3), model(np.zeros(3), 3), 0.0, 0.05)
    assert (found.low, found.high, found.p) == (-np.inf, np.inf, 1.0)
