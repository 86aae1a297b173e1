import numpy as np
import pytest

from benchmarks.reporting.drawing.lines.contexts import Surrounded, draw_contexts
from benchmarks.reporting.probes.chosen_seconds import Second
from tests.benchmarks.fabricated_soft_runs import CHUNK, PER_SECOND, SCORED, SECONDS, activity

NAME = "context_t1_f1mo_full"


def test_each_second_has_its_labels_and_the_whole_context(soft_figures):
    _, weights, names, chosen, hop, drawn = soft_figures[NAME].data
    assert weights == "attention_weights"
    assert names == "41 s, global attention by the code; 41 s, as printed" and hop == 1 / PER_SECOND
    assert len(chosen) == len(drawn) == 3 and len({Second.of(item).label for item in chosen}) == 3
    for item, (title, labels) in zip(chosen, drawn, strict=True):
        second, around = Second.of(item), CHUNK // 2
        assert item.startswith("metro_station_01:") and around <= second.number < SECONDS - around
        assert title == f"metro_station_01, second {second.number}: most of all {second.label.replace('_', ' ')}"
        true = activity(second.recording)[second.number - around : second.number + around + 1]
        heard = true.max(axis=0) >= 0.1
        assert labels == {
            label.replace("_", " "): pytest.approx(of_class)
            for label, of_class, is_heard in zip(SCORED, true.T, heard, strict=True) if is_heard
        }  # fmt: skip
        assert max(labels, key=lambda label: labels[label][around]) == second.label.replace("_", " ")


def test_runs_without_weights_have_no_context(soft_figures):
    assert [name for name in soft_figures if name.startswith("context")] == [NAME]


def test_weights_are_drawn_by_time_from_the_second():
    labels = {"car": np.array([np.nan, 0.5, 1.0])}
    one = Surrounded("a second", {"own query": np.full(15, 1 / 15), "other query": np.arange(15) / 105}, labels)
    text = draw_contexts([one], 0.2).decode()
    for word in ("(a) a second", "car", "own query", "other query", "all alike", "weight",
                 "time from the beginning of the second (s)"):  # fmt: skip
        assert f">{word}<" in text
