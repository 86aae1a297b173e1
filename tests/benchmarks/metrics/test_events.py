"""Events by onsets: equal to sed_eval and dcase_util as their manuals use them, item by item and in one curve."""

import math

import numpy as np
import pandas as pd
import pytest
import sed_eval
from dcase_util.data import DecisionEncoder
from scipy.special import expit

from benchmarks.errors import InputError
from benchmarks.judge.bootstrap import resampled_means
from benchmarks.metrics import MetricValue, metric_named
from benchmarks.metrics.decisions import Rule, events
from benchmarks.metrics.events import OnsetRule, count_events, threshold_curve
from benchmarks.runs.scores import Scores

HOP = 0.02
ER, F1 = (metric_named(f"event_{name}_onset_500ms_above_0.4_median_540ms") for name in ("er", "f1"))


def scores(values, kind="logit", hop=HOP, dtype=np.float32) -> Scores:
    values = np.asarray(values, dtype=dtype)[:, :, None]
    return Scores(tuple(f"item{i}" for i in range(len(values))), ("babycry",), values, kind, hop)


def reference(*found: list[tuple[float, float]]) -> pd.DataFrame:
    """The events (onset, offset) of each item."""
    rows = [
        (f"item{i}", "babycry" if event else "", *(event or (math.nan, math.nan)))
        for i, events in enumerate(found)
        for event in (events or [None])
    ]
    return pd.DataFrame(rows, columns=["item", "label", "onset", "offset"]).set_index("item")


def active_between(*found: list[tuple[float, float]], frames: int = 500) -> Scores:
    """Scores that are sure of these events."""
    values = np.full((len(found), frames), -5.0)
    for row, spans in zip(values, found, strict=True):
        for onset, offset in spans:
            row[round(onset / HOP) : round(offset / HOP)] = 5
    return scores(values)


def noise(draw: np.random.Generator, items: int, frames: int, most: int = 1) -> tuple[Scores, pd.DataFrame]:
    """Scores that wander about, and events that they follow loosely; every other item has none."""
    values = 4 * np.cumsum(draw.normal(size=(items, frames)), axis=1) / 20 + draw.normal(size=(items, 1)) - 2
    truth = []
    for row in values:
        found = []
        for _ in range(draw.integers(0, most + 1)):
            onset = float(draw.uniform(0, frames * HOP - 0.3))
            found.append((onset, float(onset + draw.uniform(0.1, 0.3))))
            first = round((onset + draw.normal(scale=0.15)) / HOP)
            row[max(first, 0) : max(first, 0) + 40] += 6
        truth.append(found)
    truth[0] = truth[0] or [(0.5, 0.8)]
    return scores(values.astype(np.float16)), reference(*truth)


def plain_sed_eval(
    given: Scores,
    truth: pd.DataFrame,
    threshold: float,
    median_ms: int,
    collar: float,
    empty: str | None = "zero_score",
) -> dict:
    """The documented way: threshold, filter and regions by dcase_util, one file after another into sed_eval."""
    encoder = DecisionEncoder(label_list=["babycry"])
    metrics = sed_eval.sound_event.EventBasedMetrics(
        ["babycry"], evaluate_onset=True, evaluate_offset=False, t_collar=collar,
        empty_system_output_handling=empty,
    )  # fmt: skip
    for item, values in zip(given.items, given.values, strict=True):
        activity = (expit(values.astype(np.float64)) > threshold).astype(float)
        activity = encoder.process_activity(activity, window_length=round(median_ms / 1000 / HOP), time_axis=0)
        estimated = [
            {"filename": item, "event_label": "babycry", "onset": first * HOP, "offset": last * HOP}
            for first, last in encoder.find_contiguous_regions(activity[:, 0] > 0)
        ]
        true = [
            {"filename": item, "event_label": label, "onset": onset, "offset": offset}
            for label, onset, offset in truth.loc[[item], ["label", "onset", "offset"]].itertuples(index=False)
            if label
        ]
        metrics.evaluate(reference_event_list=true, estimated_event_list=estimated)
    overall = metrics.results_overall_metrics()
    return {"er": overall["error_rate"]["error_rate"], "f1": 100 * overall["f_measure"]["f_measure"]} | metrics.overall


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threshold", [0.2, 0.5])
@pytest.mark.parametrize(("median_ms", "collar"), [(540, 0.5), (60, 0.1), (20, 0.5)])
@pytest.mark.parametrize("most", [1, 4])
def test_values_and_counts_are_those_of_sed_eval(seed, threshold, median_ms, collar, most):
    given, truth = noise(np.random.default_rng([seed, most]), 24, 300, most)
    plain = plain_sed_eval(given, truth, threshold, median_ms, collar)
    name = f"onset_{round(1000 * collar)}ms_above_{threshold}_median_{median_ms}ms"
    for kind in ("er", "f1"):
        metric = metric_named(f"event_{kind}_{name}")
        value = metric.compute(given, truth)
        assert value.value == pytest.approx(plain[kind], rel=1e-12)
        assert metric.scale * value.per_item.mean() == pytest.approx(value.value, rel=1e-12)
        assert dict(value.counts) == {
            "n_ref": plain["Nref"], "n_sys": plain["Nsys"], "tp": plain["Ntp"], "fp": plain["Nfp"], "fn": plain["Nfn"],
        }  # fmt: skip
    counts = count_events(given, truth, Rule(threshold, median_ms), collar)
    assert 0 < counts.tp.sum() < min(counts.n_ref.sum(), counts.n_sys.sum())
    assert value.n == 24 and counts.errors.sum() == plain["Nfp"] + plain["Nfn"]


@pytest.mark.parametrize("most", [1, 5])
@pytest.mark.parametrize("median_ms", [540, 20])
@pytest.mark.parametrize("collar", [0.5, 0.1])
def test_the_curve_is_sed_eval_at_every_threshold(most, median_ms, collar):
    given, truth = noise(np.random.default_rng(most), 15, 250, most)
    thresholds = [0.01, 0.2, 0.5, 0.8, 0.99, 0.9999]
    curve = threshold_curve(given, truth, thresholds, median_ms, collar)
    plain = [plain_sed_eval(given, truth, threshold, median_ms, collar) for threshold in thresholds]
    assert curve.error_rate == pytest.approx([one["er"] for one in plain], rel=1e-12)
    assert curve.f1 == pytest.approx([one["f1"] for one in plain], rel=1e-12)
    assert len(set(curve.error_rate)) > 3


EVENTS = ([(2.0, 3.5)], [], [(8.0, 9.0)], [])


@pytest.mark.parametrize(
    ("found", "error_rate", "f1"),
    [
        (EVENTS, 0, 100),
        (([], [], [], []), 1, 0),
        (([(2.0, 3.5)], [], [], []), 0.5, 200 / 3),  # one deletion
        (([(2.0, 3.5)], [(1.0, 2.0)], [(8.0, 9.0)], []), 0.5, 80),  # one insertion, in an item without events
        (([(2.0, 3.5)], [], [(5.0, 6.0)], []), 1, 50),  # a wrong onset: two errors
        (([(2.5, 3.5)], [], [(7.5, 8.5)], []), 0, 100),  # the collar belongs to it
        (([(2.52, 3.5)], [], [(8.0, 9.0)], []), 1, 50),
        (([(2.0, 9.9)], [], [(8.0, 8.4)], []), 0, 100),  # offsets do not matter
        (([(2.0, 3.5), (5.0, 6.0)], [], [(8.0, 9.0)], []), 0.5, 80),  # every run is an event
        (([(2.0, 3.5), (5.0, 5.2)], [], [(8.0, 9.0)], []), 0, 100),  # 10 of 27 frames do not pass the median
    ],
)
def test_known_cases(found, error_rate, f1):
    given, truth = active_between(*found), reference(*EVENTS)
    assert ER.compute(given, truth).value == pytest.approx(error_rate)
    assert F1.compute(given, truth).value == pytest.approx(f1)
    curve = threshold_curve(given, truth, [0.4], 540, 0.5)
    assert (curve.error_rate[0], curve.f1[0]) == pytest.approx((error_rate, f1))


@pytest.mark.filterwarnings("ignore:kernel_size exceeds volume extent")
def test_f1_of_nothing_detected_is_0_by_0_and_counts_as_sed_eval_scores_it_on_demand():
    given, truth = active_between([], [], [], []), reference(*EVENTS)
    value = F1.compute(given, truth)
    assert math.isnan(plain_sed_eval(given, truth, 0.4, 540, 0.5, empty=None)["f1"])
    assert value.value == plain_sed_eval(given, truth, 0.4, 540, 0.5)["f1"] == 0
    assert F1.zero_by_zero.is_met(value) and "counts as 0" in F1.zero_by_zero.rule
    assert "event, whose F1, with a precision of 0/0, counts as 0" in F1.rule and "1.00 of an output without" in F1.rule
    assert F1.rule.startswith("frames with a probability above 0.4, then smoothed by a median filter of 540 ms; each")
    wrong = F1.compute(active_between([(9.0, 9.9)], [], [], []), truth)
    assert wrong.value == 0 and not F1.zero_by_zero.is_met(wrong), "something was detected, all of it wrong"
    assert ER.zero_by_zero is None


@pytest.mark.parametrize("width", [1, 3, 27, 501])
def test_decisions_are_those_of_dcase_util(width):
    given, _ = noise(np.random.default_rng(width), 6, 120)
    active = Rule(0.4, 20 * width).active(given)
    encoder = DecisionEncoder(label_list=["babycry"])
    plain = [
        encoder.process_activity((expit(row.astype(np.float64)) > 0.4).astype(float), width, time_axis=0)[:, 0] > 0
        for row in given.values
    ]
    assert (active == np.array(plain)).all()
    regions = [[(first * HOP, last * HOP) for first, last in encoder.find_contiguous_regions(row)] for row in plain]
    assert events(active, HOP) == regions
    assert any(regions) == (width < 501)


def test_the_threshold_itself_is_not_active():
    at, above = 0.5, np.nextafter(np.float32(0.5), np.float32(1))
    assert not Rule(0.5, 20).active(scores([[0.0]])).any()  # a logit of zero is 0.5
    assert Rule(0.5, 20).active(scores([[at, above]], "probability")).tolist() == [[False, True]]


@pytest.mark.parametrize("threshold", [0.05, 0.2, 0.4, 0.5, 0.9])
def test_float16_logits_are_compared_in_full(threshold):
    logits = np.arange(-4, 4, 2**-8).astype(np.float16)
    given = scores([logits], dtype=np.float16)
    assert (Rule(threshold, 20).active(given)[0] == (logits > math.log(threshold / (1 - threshold)))).all()


def test_540_ms_are_27_frames_of_20_ms():
    lit = np.full((2, 100), -5.0)
    lit[0, 40:53], lit[1, 40:54] = 5, 5
    assert Rule(0.4, 540).active(scores(lit)).any(axis=1).tolist() == [False, True]


def test_items_are_matched_by_name():
    given, truth = active_between(*EVENTS), reference(*EVENTS)
    turned = truth.iloc[::-1]
    value = ER.compute(given, turned)
    assert value.value == 0 and value.items == tuple(turned.index)
    part = truth.iloc[[3, 0]]
    assert ER.compute(given.select(list(part.index)), part).counts["n_ref"] == 1
    with pytest.raises(InputError, match=r"^scores: 1 items without scores \(item9\); "):
        given.select(["item1", "item9"])


TRUTH = reference(*EVENTS)


@pytest.mark.parametrize(
    ("given", "truth", "problem"),
    [
        (scores(np.zeros((4, 500)), hop=None), TRUTH, "no hop, so they are not per frame"),
        (Scores(TRUTH.index, ("a", "b"), np.zeros((4, 500, 2)), "logit", HOP), TRUTH, "2 classes, but"),
        (scores(np.zeros((4, 500)), "decision"), TRUTH, "decisions have no probabilities"),
        (scores(np.zeros((3, 500))), TRUTH, "1 missing (item3)"),
        (scores(np.zeros((5, 500))), TRUTH, "1 unknown (item4)"),
        (scores(np.zeros((4, 440))), TRUTH, "item2: an event until 9 s, where the scores end at 8.82 s"),
        (scores(np.zeros((4, 500)), hop=0.01), TRUTH, "item2: an event until 9 s"),
        (scores(np.zeros((4, 500))), TRUTH.replace("babycry", "gunshot"), "item0: an event of class 'gunshot'"),
        (scores(np.zeros((4, 500))), TRUTH.replace("babycry", ""), "item0: onset or offset without a class"),
        (scores(np.zeros((4, 500))), TRUTH.fillna({"onset": 1.0}), "item1: onset or offset without a class"),
        (scores(np.zeros((4, 500))), TRUTH.replace(8.0, math.nan), "item2: an event from nan to 9 s"),
        (scores(np.zeros((4, 500))), TRUTH.drop(columns="onset"), "no column 'onset'"),
        (scores(np.zeros((2, 500))), reference([], []), "no item holds an event"),
        (scores(np.zeros((4, 375)), hop=0.027), TRUTH, "a median filter of 540 ms is 20 frames of 0.027 s"),
    ],
)
def test_what_cannot_be_judged_is_one_line(given, truth, problem):
    for judge in (ER.compute, F1.compute, lambda given, truth: threshold_curve(given, truth, [0.5], 540, 0.5)):
        with pytest.raises(InputError) as error:
            judge(given, truth)
        assert problem in str(error.value) and "\n" not in str(error.value)


def test_one_frame_too_few_is_no_matter():
    # 10 s of audio have 501 frames where they are centred, 500 or 499 where they are not.
    given, truth = active_between([(9.0, 10.0)], frames=499), reference([(9.0, 10.0)])
    assert ER.compute(given, truth).value == 0


def test_an_id_holds_the_whole_protocol():
    assert (ER.unit, ER.higher_is_better, ER.scale) == ("", False, 1)
    assert (F1.unit, F1.higher_is_better, F1.scale) == ("%", True, 100)
    given, truth = active_between([(2.3, 4.0)], [(1.0, 1.2)]), reference([(2.0, 3.0)], [])
    ids = {
        "event_er_onset_500ms_above_0.4_median_540ms": 0,
        "event_er_onset_200ms_above_0.4_median_540ms": 2,
        "event_er_onset_500ms_above_0.4_median_300ms": 1,
        "event_er_onset_500ms_above_0.995_median_540ms": 1,
    }
    for name, value in ids.items():
        assert metric_named(name).id == name
        assert metric_named(name).parameters == OnsetRule(Rule.named(name.partition("ms_")[2]), int(name[15:18]))
        assert metric_named(name).compute(given, truth).value == value


@pytest.mark.parametrize(
    "name",
    [
        "event_er_onset_500ms", "event_er_onset_500ms_above_0.40_median_540ms", "event_er_onset_500ms_above_0.4",
        "event_er_onset_0ms_above_0.4_median_540ms", "event_er_onset_500ms_above_1.4_median_540ms",
        "event_er_offset_500ms_above_0.4_median_540ms", "event_er_onset_500ms_above_0.4_median_540ms ",
        "accuracy_clip_decisions",
    ],
)  # fmt: skip
def test_an_unknown_id_is_answered_with_known_ones(name):
    with pytest.raises(InputError, match=r"no such metric; did you mean (event|accuracy)_") as error:
        metric_named(name)
    assert "\n" not in str(error.value)


def good_system(seed: int, by_source: bool) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Counts like MTFA's on a development class, and units: 250 items with an event, of 42 recordings, 250 without."""
    draw = np.random.default_rng(seed)
    n_ref = np.repeat([1, 0], 250)
    source = np.where(n_ref, draw.integers(0, 42, 500), draw.integers(42, 319, 500))
    found = draw.beta(6, 0.6, 319)[source] if by_source else 0.92  # some recordings are hard
    tp = n_ref * (draw.random(500) < found)
    counts = {"n_ref": n_ref, "tp": tp, "n_sys": tp + draw.poisson(np.where(n_ref, 0.04, 0.03))}
    return counts, source if by_source else np.arange(500)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("metric", ["er", "f1"])
@pytest.mark.parametrize(("by_source", "off"), [(False, 0.02), (True, 0.05)])
def test_the_bootstrap_of_pseudo_values_is_that_of_the_ratio(seed, metric, by_source, off):
    n, units = good_system(seed, by_source)
    above, below = {
        "er": (n["n_ref"] + n["n_sys"] - 2 * n["tp"], n["n_ref"]),
        "f1": (2 * n["tp"], n["n_ref"] + n["n_sys"]),
    }[metric]
    value = MetricValue.ratio(above, below, tuple(map(str, range(500))), 1.0, {})
    linear = resampled_means(value.per_item, units, 4000, seed)
    sums = resampled_means(np.stack([above, below], axis=1), units, 4000, seed)
    exact = sums[:, 0] / sums[:, 1]
    low, high = np.quantile(exact, [0.05, 0.95])
    assert np.quantile(linear, [0.05, 0.95]) == pytest.approx([low, high], abs=off * (high - low))
    assert linear.std() == pytest.approx(exact.std(), rel=0.03)
    assert np.corrcoef(linear, exact)[0, 1] > 0.99
