"""Error rate and F1 at one threshold: equal to sed_eval as its manual uses it, over all recordings in one evaluator."""

import numpy as np
import pandas as pd
import pytest
import sed_eval

from benchmarks.errors import InputError
from benchmarks.metrics import metric_named
from benchmarks.runs.scores import Scores

CLASSES = ("birds", "car", "steps", "train")
LENGTHS = {"street_0": 9.4, "street_1": 12.0, "street_2": 7.2}


@pytest.fixture
def truth() -> pd.DataFrame:
    """Seconds with soft activity; no second of the last class is active, though it may be heard."""
    rng = np.random.default_rng(5)
    rows = []
    for item, length in LENGTHS.items():
        for second in range(int(length)):
            soft = np.round(rng.uniform(0, 1, 4) * (1, 1, 1, 0.45), 3)
            rows += [(item, label, second, second + 1, one, length) for label, one in zip(CLASSES, soft, strict=True)]
    frame = pd.DataFrame(rows, columns=["item", "label", "onset", "offset", "activity", "seconds"]).set_index("item")
    return frame.assign(unit=frame.index, fold=1)


@pytest.fixture
def said() -> Scores:
    """Frames of half a second; nothing is said of the third class."""
    values = np.random.default_rng(6).uniform(0, 0.75, (3, 24, 4)) * (1, 1, 0.6, 1)
    return Scores(tuple(LENGTHS), CLASSES, values, "linear", 0.5)


def official(said: Scores, truth: pd.DataFrame):
    """All recordings in one evaluator of the classes that are judged; what is found ends at whole seconds."""
    judged = list(CLASSES[:3])
    evaluator = sed_eval.sound_event.SegmentBasedMetrics(judged, time_resolution=1.0)
    for item, values in zip(said.items, said.values, strict=True):
        true = [
            {"filename": item, "event_label": row["label"], "onset": row["onset"], "offset": row["offset"]}
            for _, row in truth[(truth.index == item) & (truth["activity"] > 0.5)].iterrows()
        ]
        found = []
        for column, label in enumerate(judged):
            heard = np.pad(values[: int(np.ceil(LENGTHS[item] * 2)), column] > 0.5, 1).astype(int)
            begins, ends = (np.flatnonzero(np.diff(heard) == step) / 2 for step in (1, -1))
            found += [
                {"filename": item, "event_label": label, "onset": np.floor(onset), "offset": np.floor(offset)}
                for onset, offset in zip(begins, ends, strict=True) if np.floor(onset) < np.floor(offset)
            ]  # fmt: skip
        evaluator.evaluate(true, found, evaluated_length_seconds=LENGTHS[item])
    overall = evaluator.results_overall_metrics()
    of_classes = [one["f_measure"]["f_measure"] for one in evaluator.results_class_wise_metrics().values()]
    return {
        "segment_er_1s_above_0.5": overall["error_rate"]["error_rate"],
        "segment_f1_micro_1s_above_0.5": 100 * overall["f_measure"]["f_measure"],
        # In the words of the baseline's code; the average of sed_eval itself would leave out what is found nowhere.
        "segment_f1_macro_1s_above_0.5": 100 * sum(np.nan_to_num(of_classes)) / len(judged),
    }


@pytest.mark.parametrize(
    "name", ["segment_er_1s_above_0.5", *(f"segment_f1_{one}_1s_above_0.5" for one in ("micro", "macro"))]
)
def test_it_is_what_sed_eval_says_of_all_recordings_together(said, truth, name):
    metric = metric_named(name)
    value = metric.compute(said, truth)
    assert value.value == pytest.approx(official(said, truth)[name], abs=1e-9)
    assert metric.scale * value.per_item.mean() == pytest.approx(value.value) and value.items == tuple(LENGTHS)
    assert metric.higher_is_better == ("f1" in name)


def test_a_class_that_is_found_nowhere_is_0_and_counts(said, truth):
    assert (said.values[..., 2] <= 0.5).all()
    two = truth[truth["label"] != "steps"]
    macro = metric_named("segment_f1_macro_1s_above_0.5")
    value = macro.compute(said, truth).value
    assert value == pytest.approx(2 / 3 * macro.compute(said, two).value) and value > 0
    silent = Scores(said.items, CLASSES, said.values * 0, "linear", 0.5)
    assert macro.compute(silent, truth).value == 0


def test_logits_have_no_half_and_that_is_one_line(said, truth):
    with pytest.raises(InputError, match="one half is no threshold of a logit; give linear outputs or probabilities"):
        metric_named("segment_er_1s_above_0.5").compute(Scores(said.items, CLASSES, said.values, "logit", 0.5), truth)
