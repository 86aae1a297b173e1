import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import InputError
from benchmarks.judge.claims import judge_claims
from benchmarks.judge.pairs.compared import holm
from benchmarks.judge.pairs.outcomes import Outcomes
from benchmarks.judge.pairs.signs import mcnemar
from benchmarks.metrics import MetricValue
from benchmarks.spec import Claim, load_paper, paper_ids
from benchmarks.spec.claims import Link, links_of, published_ordering

FOLDS = (1, 2, 3, 4, 5)


def merit(outcomes: Outcomes) -> float:
    """The mean over folds in the metric's unit, with its sign turned where lower is better."""
    return outcomes.scale * float(np.mean([added.mean() for added in outcomes.added.values()]))


def outcomes(right: np.ndarray, per_unit: int = 1, **changes) -> Outcomes:
    """Outcomes from (folds, seeds, items) of 0 and 1; `per_unit` items in a row share their source."""
    items = {fold: tuple(f"{fold}-{i:03d}" for i in range(right.shape[2])) for fold in FOLDS[: len(right)]}
    units = {fold: tuple(f"{fold}-{i // per_unit}" for i in range(right.shape[2])) for fold in items}
    return Outcomes(**{"added": dict(zip(items, right, strict=True)), "items": items, "units": units} | changes)


def draw(accuracy: float, seeds: int, rng: np.random.Generator, items: int = 80, seed_sd: float = 0.0) -> np.ndarray:
    """(5, seeds, items): each fold and seed has its own accuracy, items are independent."""
    level = accuracy + seed_sd * rng.normal(size=(5, seeds, 1))
    return (rng.random((5, seeds, items)) < level).astype(float)


def claim(test: dict, name: str = "c", column: str = "esc10") -> Claim:
    return Claim(id=name, text="a sentence", where="section 4", table="t3", column=column, test=test)


def judged(test: dict, rows: dict[str, Outcomes], **options):
    [result] = judge_claims([claim(test)], {("esc10", row): found for row, found in rows.items()}, **options)
    return result


@pytest.fixture
def rows() -> dict[str, Outcomes]:
    """Three rows far apart, three seeds each."""
    rng = np.random.default_rng(1)
    levels = {"good": 0.95, "fair": 0.8, "poor": 0.6}
    return {row: outcomes(draw(level, 3, rng)) for row, level in levels.items()}


# -- the form of claims ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "links"),
    [
        ({"kind": "beats", "rows": ["a", "b"], "by": 2}, ["a > b + 2"]),
        ({"kind": "at_least", "rows": ["a", "b"], "tie": 0.5}, ["a >= b - 0.5"]),
        ({"kind": "chain", "rows": ["a", "b", "c"]}, ["a > b", "b > c"]),
        ({"kind": "best", "rows": ["a", "b", "c"]}, ["a > b", "a > c"]),
        ({"kind": "best", "rows": ["a", "b"], "tie": 0.5}, ["a >= b - 0.5"]),
        ({"kind": "difference", "rows": ["a", "b"], "value": 2, "within": 1}, ["a > b", "a >= b + 1", "b >= a - 3"]),
        ({"kind": "similar", "rows": ["a", "b"], "within": 1}, ["a >= b - 1", "b >= a - 1"]),
        ({"kind": "pairs", "pairs": [["a", "b"], ["c", "b"]]}, ["a > b", "c > b"]),
    ],
)
def test_every_form_comes_down_to_links(test, links):
    assert [str(link) for link in links_of("c", test)] == links


@pytest.mark.parametrize(
    "test",
    [
        {},
        {"kind": "wins", "rows": ["a", "b"]},
        {"kind": "beats", "rows": ["a"]},
        {"kind": "beats", "rows": ["a", "b", "c"]},
        {"kind": "chain", "rows": ["a"]},
        {"kind": "beats", "rows": ["a", "b"], "margin": 2},
        {"kind": "difference", "rows": ["a", "b"], "value": 2},
        {"kind": "difference", "rows": ["a", "b"], "value": 2, "within": -1},
        {"kind": "similar", "rows": ["a"], "within": 1},
        {"kind": "similar", "rows": ["a", "b"]},
        {"kind": "pairs", "pairs": []},
        {"kind": "pairs", "pairs": [["a", "a"]]},
    ],
)
def test_a_test_of_no_known_form_is_one_line(test):
    with pytest.raises(InputError) as error:
        links_of("gain", test)
    assert str(error.value).startswith("claim gain: test") and "\n" not in str(error.value)


def test_every_claim_of_a_paper_has_a_form_and_known_rows():
    for paper in map(load_paper, paper_ids()):
        for item in paper.claims:
            places = {item.place(name) for link in links_of(item.id, item.test) for name in link[:2]}
            table = paper.tables[item.table]
            assert {row for _, row in places} <= {*table.rows, *table.controls}, item.id
            assert {column for column, _ in places} <= set(table.columns), item.id


def test_claims_are_checked_in_the_printed_numbers():
    paper = load_paper("acrnn")

    def ordering(dataset: str, test: dict):
        printed = {row: paper.published[f"acrnn.t4.{row}.{dataset}"].value for row in paper.tables["t4"].rows}
        return published_ordering("c", test, printed)

    always = {"kind": "beats", "rows": ["l6_sigmoid", "none"]}
    assert ordering("esc50", always).outcome == "holds"
    assert ordering("esc10", {"kind": "beats", "rows": ["none", "l10"]}).outcome == "fails"
    assert ordering("esc10", {"kind": "at_least", "rows": ["l6_sigmoid", "none"]}).outcome == "holds"
    assert ordering("esc10", {"kind": "beats", "rows": ["l10", "none"], "by": 0.7}).outcome == "fails"
    gain = {"kind": "difference", "rows": ["l10", "none"], "value": 0.7, "within": 0.01}
    assert ordering("esc10", gain).outcome == "holds"
    missing = published_ordering("c", always, {"none": 93.0})
    assert missing.outcome is None and "l6_sigmoid" in missing.note


@pytest.mark.parametrize("kind", ["beats", "chain", "best"])
def test_equal_printed_values_are_a_tie_whatever_the_sentence(kind):
    found = published_ordering("c", {"kind": kind, "rows": ["a", "b"]}, {"a": 93.0, "b": 93.0})
    assert found.outcome == "tie" and found.note == "a > b is a tie: 93 and 93"
    worse = published_ordering("c", {"kind": "best", "rows": ["a", "b", "c"]}, {"a": 93.0, "b": 93.0, "c": 94.0})
    assert worse.outcome == "fails"


# -- the tests ---------------------------------------------------------------------------------------------------------


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])
    assert holm([]).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_what_stepping_down_rejects(p):
    rejected, m = set(), len(p)
    for step, index in enumerate(np.argsort(p, kind="stable")):
        if p[index] * (m - step) >= 0.05:
            break
        rejected.add(int(index))
    corrected = holm(p)
    assert set(np.flatnonzero(corrected < 0.05)) == rejected
    assert (corrected >= p).all() and (corrected <= np.minimum(1, np.multiply(p, m)) + 1e-12).all()


# -- claims ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "status"),
    [
        ({"kind": "beats", "rows": ["good", "fair"]}, "holds"),
        ({"kind": "beats", "rows": ["fair", "good"]}, "fails"),
        ({"kind": "beats", "rows": ["good", "fair"], "by": 30}, "fails"),
        ({"kind": "beats", "rows": ["good", "fair"], "by": 11}, "undecided"),
        ({"kind": "at_least", "rows": ["fair", "good"], "tie": 30}, "holds"),
        ({"kind": "chain", "rows": ["good", "fair", "poor"]}, "holds"),
        ({"kind": "chain", "rows": ["good", "poor", "fair"]}, "fails"),
        ({"kind": "best", "rows": ["good", "fair", "poor"]}, "holds"),
        ({"kind": "best", "rows": ["fair", "good", "poor"]}, "fails"),
        ({"kind": "difference", "rows": ["good", "fair"], "value": 15, "within": 10}, "holds"),
        ({"kind": "difference", "rows": ["good", "fair"], "value": 40, "within": 5}, "fails"),
    ],
)
def test_claims_about_rows_far_apart(rows, test, status):
    result = judged(test, rows)
    assert result.status == status and result.kind == "method"
    assert result.low <= result.difference <= result.high


def test_a_difference_is_read_from_the_first_row_to_the_second(rows):
    result = judged({"kind": "difference", "rows": ["good", "fair"], "value": 40, "within": 5}, rows)
    expected = merit(rows["good"]) - merit(rows["fair"])
    assert result.difference == pytest.approx(expected)
    upper = judged({"kind": "difference", "rows": ["good", "fair"], "value": 1, "within": 1}, rows)
    assert upper.status == "fails" and upper.difference == pytest.approx(expected)


def test_a_chain_holds_only_if_every_link_holds(rows):
    same = {**rows, "twin": rows["fair"]}
    result = judged({"kind": "chain", "rows": ["good", "fair", "twin", "poor"]}, same)
    assert result.status == "undecided" and result.p > 0.5 and "fair > twin" in result.note
    assert [link.status for link in result.links] == ["holds", "undecided", "holds"]


def test_with_one_seed_it_is_about_these_two_models(rows):
    single = {**rows, "fair": rows["fair"].first_seeds(1)}
    result = judged({"kind": "beats", "rows": ["good", "fair"]}, single)
    firsts = [np.concatenate([rows[row].added[fold][0] for fold in FOLDS]) for row in ("good", "fair")]
    assert result.kind == "these two models" and "McNemar" in result.note
    assert result.p == mcnemar(firsts[0] - firsts[1]) and result.seeds == (1, 1)
    assert result.difference == pytest.approx(100 * (firsts[0].mean() - firsts[1].mean()))


def test_a_fit_without_random_draws_speaks_for_its_method(rows):
    fair = rows["fair"].first_seeds(1)
    exact = outcomes(np.stack([fair.added[fold] for fold in FOLDS]), deterministic=True)
    result = judged({"kind": "beats", "rows": ["good", "fair"]}, {**rows, "fair": exact})
    assert result.kind == "method" and result.status == "holds"


def test_holm_runs_over_all_links_of_the_table(rows):
    found = {(dataset, row): rows[row] for dataset in ("esc10", "esc50") for row in rows}
    one = claim({"kind": "beats", "rows": ["good", "fair"]}, "one")
    again = claim({"kind": "at_least", "rows": ["good", "fair"]}, "again")
    chain = claim({"kind": "chain", "rows": ["good", "fair", "poor"]}, "chain", "esc50")
    alone, together = judge_claims([one], found), judge_claims([one, again, chain], found)
    assert alone[0].p_holm == pytest.approx(alone[0].p)
    # Three links in all: `again` asks what `one` asks.
    assert together[0].p_holm == together[1].p_holm == pytest.approx(3 * together[0].p)
    assert {link.n_tests for result in together for link in result.links} == {3}


def test_what_has_too_few_units_to_show_anything_costs_the_others_nothing(rows):
    """Five sources in all: p is at least 2 / 2^5, whatever came out, so that it never says yes by luck."""
    five = {row: outcomes(draw(0.9, 3, np.random.default_rng(2), items=4), per_unit=4) for row in ("good", "fair")}
    found = {("esc10", row): rows[row] for row in rows} | {("esc50", row): five[row] for row in five}
    one = claim({"kind": "beats", "rows": ["good", "fair"]}, "one")
    few = claim({"kind": "beats", "rows": ["good", "fair"]}, "few", "esc50")
    alone, (together, unable) = judge_claims([one], found), judge_claims([one, few], found)
    assert together.p_holm == alone[0].p_holm and together.links[0].n_tests == 1
    assert unable.status == "undecided" and unable.p_holm == unable.p >= 2**-4
    assert not unable.can_decide and "p is at least 0.062" in unable.note


def test_a_note_says_how_much_the_test_can_see(rows):
    outcomes_of = {("esc10", row): found for row, found in rows.items()}
    for margin, seen in ((50.0, "finds a difference of 50 in 100 of 100 cases"), (0.01, "of 0.01 in 5 of 100 cases")):
        [result] = judge_claims(
            [claim({"kind": "beats", "rows": ["good", "fair"]})], outcomes_of, margins={("esc10", "good"): margin}
        )
        assert re.match(r"t test on seeds \(\d+ df\) and items \(\d+ df\); ", result.note) and seen in result.note


def test_of_a_claimed_size_it_says_how_often_what_it_may_be_off_is_seen(rows):
    """Each note is about the difference that its own test was asked for, whichever claim asked first."""
    outcomes_of = {("esc10", row): found for row, found in rows.items()}
    size = claim({"kind": "difference", "rows": ["good", "fair"], "value": 50, "within": 0.01}, "size")
    beats = claim({"kind": "beats", "rows": ["good", "fair"]}, "beats")
    found = judge_claims([size, beats], outcomes_of, margins={("esc10", "good"): 50.0})
    # One of three tests, so each at a third of the level at least.
    assert "of 0.01 in at least 1 of 100" in found[0].note and "of 50 in at least 100 of 100" in found[1].note
    assert "p is that of a difference of 49.99" in found[0].note and "p is that" not in found[1].note
    assert {link.n_tests for result in found for link in result.links} == {3}  # one of the three is asked twice


def test_a_difference_is_told_in_the_direction_of_the_claim_with_all_that_is_said_of_it(rows):
    """Of "good is 1 above fair" the side that is missed is "fair >= good - 1.5": told as "good <= fair + 1.5"."""
    outcomes_of = {("esc10", row): found for row, found in rows.items()}
    size = claim({"kind": "difference", "rows": ["good", "fair"], "value": 1, "within": 0.5}, "size")
    [found] = judge_claims([size], outcomes_of)
    assert found.status == "fails" and found.links[2].link.by == -1.5
    assert "links: good <= fair + 1.5;" in found.note and "p is that of a difference of 1.5" in found.note
    assert found.difference == pytest.approx(found.links[0].tested.difference) and found.low > 1.5
    assert found.between == ("good", "fair")


def test_what_has_no_runs_is_not_measured(rows):
    found = {("esc10", row): found for row, found in rows.items()}
    claims = [
        claim({"kind": "chain", "rows": ["good", "best", "bestest"]}),
        claim({"kind": "beats", "rows": ["good", "poor"]}),
    ]
    missing, there = judge_claims(claims, found)
    assert missing.status == "not measured" and missing.p is None
    assert missing.note == "needs runs of best, bestest in esc10"
    assert there.status == "holds"


def test_rows_tested_on_different_items_are_not_compared(rows):
    other = outcomes(draw(0.8, 3, np.random.default_rng(0), items=79))
    with pytest.raises(InputError, match=r"good > other: .* different items"):
        judged({"kind": "beats", "rows": ["good", "other"]}, {**rows, "other": other})


def test_the_same_runs_give_the_same_numbers(rows):
    test = {"kind": "beats", "rows": ["good", "fair"]}
    assert judged(test, rows) == judged(test, dict(reversed(rows.items())))


# -- from runs to outcomes ---------------------------------------------------------------------------------------------


def value(items: str, right: list[float]) -> MetricValue:
    return MetricValue(100 * float(np.mean(right)), np.array(right), tuple(items))


def test_runs_are_put_in_order():
    runs = [(2, 0, value("d", [1.0])), (1, 1, value("ba", [1.0, 0.0])), (1, 0, value("ab", [1.0, 1.0]))]
    found = Outcomes.collect(runs, {(1, "a"): "x", (1, "b"): "y", (2, "d"): "z"})
    assert found.added[1].tolist() == [[1, 1], [0, 1]] and found.added[2].tolist() == [[1]]
    assert found.units == {1: ("x", "y"), 2: ("z",)} and found.items == {1: ("a", "b"), 2: ("d",)}
    assert found.n_seeds == 1 and merit(found) == pytest.approx(87.5)
    assert Outcomes.collect([], {}) is None


def test_runs_that_do_not_fit_are_one_line():
    with pytest.raises(InputError, match=r"fold 1, seed 1: .*other items"):
        Outcomes.collect([(1, 0, value("ab", [1.0, 0.0])), (1, 1, value("ac", [1.0, 0.0]))], {})


# -- rates, where lower is better and no item is right or wrong --------------------------------------------------------


def error_rates(level: float, rng: np.random.Generator, seeds: int = 3, n: int = 250) -> Outcomes:
    """An event-based error rate near `level`: a missed event counts once, a misplaced one twice."""
    runs = []
    items = tuple(f"{i:03d}" for i in range(n))
    for seed in range(seeds):
        errors = rng.choice([0.0, 1.0, 2.0], size=n, p=[1 - level / 1.5, level / 3, level / 3])
        runs.append(("babycry", seed, MetricValue.ratio(errors, np.ones(n), items, 1.0, {})))
    return Outcomes.collect(runs, {("babycry", item): item for item in items}, scale=-1.0)


def test_of_error_rates_the_lower_one_is_above():
    rng = np.random.default_rng(3)
    low, high = error_rates(0.1, rng), error_rates(0.4, rng)
    better = judged({"kind": "beats", "rows": ["low", "high"]}, {"low": low, "high": high})
    assert better.status == "holds" and better.kind == "method"
    assert better.difference == pytest.approx(merit(low) - merit(high)) and better.difference > 0.2
    worse = judged({"kind": "beats", "rows": ["high", "low"]}, {"low": low, "high": high})
    assert worse.status == "fails"


def test_single_runs_without_right_and_wrong_items_are_compared_by_random_signs():
    rng = np.random.default_rng(4)
    rows = {"low": error_rates(0.1, rng, seeds=1), "high": error_rates(0.4, rng, seeds=1)}
    assert not rows["low"].is_share
    found = judged({"kind": "beats", "rows": ["low", "high"]}, rows)
    assert found.status == "holds" and found.kind == "these two models" and "random signs" in found.note


def test_a_link_prints_as_a_formula():
    assert str(Link("a", "b")) == "a > b" and str(Link("a", "b", -1.5, True)) == "a >= b - 1.5"


def test_with_two_seeds_it_is_about_the_seeds_that_both_have_and_names_the_rows(rows):
    two = {**rows, "fair": rows["fair"].first_seeds(1)}
    assert judged({"kind": "beats", "rows": ["good", "fair"]}, two).seeds == (1, 1)
    two["fair"] = replace(rows["fair"], added={fold: of[:2] for fold, of in rows["fair"].added.items()})
    result = judged({"kind": "beats", "rows": ["good", "fair"]}, two)
    assert result.kind == "these two models" and result.seeds == (2, 2) and result.between == ("good", "fair")
    assert "mean of 2 seeds of each side, random signs over units" in result.note
    means = [np.mean([rows[row].added[fold][:2].mean() for fold in FOLDS]) for row in ("good", "fair")]
    assert result.difference == pytest.approx(100 * (means[0] - means[1]))
