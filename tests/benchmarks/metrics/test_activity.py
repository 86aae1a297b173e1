import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError
from benchmarks.metrics import Chosen, metric_named
from benchmarks.metrics.activity import count_classes, f1_best_thresholds
from benchmarks.runs.scores import Scores
from tests import ROOT

sed_scores_eval = pytest.importorskip("sed_scores_eval")
CLASSES = ("birds", "car", "steps")
LISTS = ROOT.parent / "shared" / "data" / "maestro_real"


@pytest.fixture
def truth() -> pd.DataFrame:
    """Four recordings of 9.4 to 12.4 s whose seconds have soft activity; the last one has none."""
    rng = np.random.default_rng(3)
    rows = []
    for number, length in enumerate((9.4, 12.4, 10.0, 11.2)):
        soft = np.round(rng.uniform(0, 1, (int(length), 3)) * (number < 3), 3)
        rows += [
            (f"street_{number}", label, float(second), second + 1.0, soft[second, place], length)
            for second in range(len(soft)) for place, label in enumerate(CLASSES) if soft[second, place]
        ] or [(f"street_{number}", "", np.nan, np.nan, 0.0, length)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["item", "label", "onset", "offset", "activity", "seconds"]).set_index("item")
    return frame.assign(unit=frame.index, fold=1)


@pytest.fixture
def said(truth) -> Scores:
    return said_every(0.2, truth)


def said_every(hop: float, truth: pd.DataFrame) -> Scores:
    """Frames of `hop` s, padded to the longest, that follow the activity with noise."""
    rng = np.random.default_rng(4)
    items = list(dict.fromkeys(truth.index))
    values = rng.normal(0.3, 0.3, (len(items), int(np.ceil(12.4 / hop - 1e-6)), 3))
    for item, label, onset, activity in zip(
        truth.index, truth["label"], truth["onset"], truth["activity"], strict=True
    ):
        if label:
            first = round(onset / hop)
            values[items.index(item), first : first + round(1 / hop), CLASSES.index(label)] += activity
    return Scores(tuple(items), CLASSES, values.astype(np.float32), "linear", hop)


def plain_use(said: Scores, truth: pd.DataFrame):
    """The documented use of the official tool: frames of scores, events, durations."""
    from sed_scores_eval.base_modules.scores import create_score_dataframe

    seconds = truth["seconds"][~truth.index.duplicated()].to_dict()
    frames, events = {}, {}
    for item, values in zip(said.items, said.values, strict=True):
        count = int(np.ceil(seconds[item] / said.hop - 1e-6))
        times = np.round(np.arange(count + 1) * said.hop, 6)
        frames[item] = create_score_dataframe(values[:count].astype(float), times, list(CLASSES))
        events[item] = []
        for label in CLASSES:
            of_item = truth[(truth.index == item) & (truth["label"] == label) & (truth["activity"] > 0.5)]
            starts = of_item["onset"].astype(int).tolist()
            for start in starts:
                if start - 1 not in starts:
                    end = next(one for one in range(start, 99) if one not in starts)
                    events[item].append((float(start), float(end), label))
    best, _, _, thresholds, counts = sed_scores_eval.segment_based.best_fscore(
        frames, events, seconds, segment_length=1.0
    )
    return best, thresholds, counts


@pytest.mark.parametrize("hop", [0.2, 0.3])  # five frames to a second, or some across the border of two
def test_it_is_the_macro_average_of_the_official_tool(truth, hop):
    said = said_every(hop, truth)
    best, thresholds, counts = plain_use(said, truth)
    value = metric_named("f1_best_thresholds_1s").compute(said, truth)
    assert value.value == pytest.approx(100 * best["macro_average"], abs=1e-9)
    for label, one in count_classes(said, truth).items():
        assert one.threshold == pytest.approx(thresholds[label])
        assert (one.tp.sum(), one.n_sys.sum(), one.n_ref.sum()) == tuple(
            counts[label][name] for name in ("tps", "n_sys", "n_ref")
        )
        assert one.f1 == pytest.approx(200 * one.tp.sum() / (one.n_sys.sum() + one.n_ref.sum()))


def test_recordings_add_up_to_the_value(said, truth):
    value = f1_best_thresholds(said, truth)
    assert 100 * value.per_item.mean() == pytest.approx(value.value) and not value.is_share
    assert value.items == said.items


def test_what_was_padded_is_not_looked_at(said, truth):
    loud = said.values.copy()
    loud[0, 47:] = 99.0  # behind the 9.4 s of the first recording
    assert f1_best_thresholds(Scores(said.items, CLASSES, loud, "linear", 0.2), truth).value == pytest.approx(
        f1_best_thresholds(said, truth).value
    )


def test_the_softmax_changes_the_order_of_seconds(said, truth):
    raw, soft = (metric_named(f"f1_best_thresholds_1s{end}").compute(said, truth).value for end in ("", "_softmax"))
    raised = np.exp(said.values) / np.exp(said.values).sum(axis=-1, keepdims=True)
    by_hand = f1_best_thresholds(Scores(said.items, CLASSES, raised, "probability", 0.2), truth).value
    assert soft == pytest.approx(by_hand) and soft != raw


def test_thresholds_of_other_recordings_decide_and_no_test_recording_has_a_part_in_them(said, truth):
    """Two runs judge two recordings each; what the first says of its own is scaled, and so are its thresholds."""
    first, second = said.items[:2], said.items[2:]
    scaled = Scores(said.items, CLASSES, np.concatenate([said.values[:2] / 4, said.values[2:]]), "linear", 0.2)
    chosen = [
        Chosen(first, Scores(said.items, CLASSES, said.values / 4, "linear", 0.2), truth), Chosen(second, said, truth)
    ]  # fmt: skip
    metric = metric_named("f1_validation_thresholds_1s")
    best = f1_best_thresholds(said, truth).value
    assert metric.compute(scaled, truth, chosen).value == pytest.approx(best, abs=1e-4)
    assert f1_best_thresholds(scaled, truth).value < best
    with pytest.raises(InputError, match="no thresholds for street_2, which come from a run's validation recordings"):
        metric.compute(scaled, truth, chosen[:1])


def test_a_class_that_is_never_active_where_thresholds_are_chosen_is_never_found(said, truth):
    without = truth[truth["label"] != "steps"]
    value = metric_named("f1_validation_thresholds_1s").compute(said, truth, [Chosen(said.items, said, without)])
    found = count_classes(said, truth)
    assert value.value == pytest.approx((found["birds"].f1 + found["car"].f1) / 3)


def test_what_is_reached_without_listening_is_that_of_scores_that_are_all_the_same(said, truth):
    """The official tool, with a threshold below all of them, is the oracle."""
    value = metric_named("f1_all_active_1s").compute(said, truth)
    same = Scores(said.items, CLASSES, np.ones_like(said.values), "linear", 0.2)
    assert value.value == pytest.approx(f1_best_thresholds(same, truth).value)
    assert value.value <= f1_best_thresholds(said, truth).value
    assert metric_named("f1_all_active_1s").compute(same, truth).value == value.value


def test_a_class_without_any_activity_has_no_f1(said, truth):
    without = truth[truth["label"] != "steps"]
    value = f1_best_thresholds(said, without)
    assert value.value == pytest.approx(np.mean([one.f1 for one in count_classes(said, without).values()]))
    assert set(count_classes(said, without)) == {"birds", "car"}
    with pytest.raises(InputError, match="no class is active"):
        f1_best_thresholds(said, truth.assign(activity=0.2))


def test_scores_of_other_recordings_are_one_line(said, truth):
    with pytest.raises(InputError, match=r"frames of 2.0 s are no parts of segments of 1 s; give shorter ones"):
        f1_best_thresholds(Scores(said.items, CLASSES, said.values, "linear", 2.0), truth)
    with pytest.raises(InputError, match="item names: 1 missing"):
        f1_best_thresholds(said.select(said.items[:-1]), truth)


@pytest.mark.skipif(not LISTS.is_dir(), reason="needs the shared lists of MAESTRO Real")
@pytest.mark.parametrize(("given", "expected"), [("the soft labels themselves", 100.0), ("one score for all", 17.65)])
def test_on_the_official_lists_it_has_the_known_values(given, expected):
    """Soft labels scored against the official hard ones, and a score that calls every second active."""
    soft = pd.read_csv(LISTS / "soft_gt_dev_11classes.csv", sep="\t")
    hard = pd.read_csv(LISTS / "gt_dev.csv", sep="\t")
    seconds = pd.read_csv(LISTS / "development_metadata.csv", sep="\t").set_index("filename")["duration"]
    classes = tuple(soft.columns[3:])
    items = tuple(seconds.index)
    values = np.zeros((len(items), 303, len(classes)), dtype=np.float32)
    for item, of_item in soft.groupby(soft["filename"].str.removesuffix(".wav")):
        values[items.index(item), : len(of_item)] = of_item[list(classes)] if expected == 100.0 else 0.5
    truth = hard.rename(columns={"event_label": "label"}).assign(activity=1.0, fold=1)
    truth.index = pd.Index(hard["filename"].str.removesuffix(".wav"), name="item")
    truth = truth.assign(seconds=seconds[truth.index].to_numpy(), unit=truth.index)
    value = f1_best_thresholds(
        Scores(items, classes, values, "linear", 1.0).select(list(dict.fromkeys(truth.index))), truth
    )
    assert value.value == pytest.approx(expected, abs=0.005)
