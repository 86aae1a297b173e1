"""The bench measures in turn, says what it reached, and leaves its table behind. No time is asserted."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from benchmarks.bench import accelerator, ratio
from benchmarks.bench.ratio import Measure, alternate, table, times_as_fast
from tests import ROOT


def test_both_sides_run_in_turn_after_one_unmeasured_call_each():
    calls = []
    pairs = alternate(lambda: calls.append("ours"), lambda: calls.append("plain"), rounds=3)
    assert calls == ["ours", "plain"] * 4
    assert len(pairs) == 3 and all(ours > 0 and plain > 0 for ours, plain in pairs)


def test_ratios_come_from_the_clock(monkeypatch):
    ticks = iter([0.0, 2.0, 10.0, 16.0, 20.0, 21.0, 30.0, 34.0])
    monkeypatch.setattr(ratio.time, "perf_counter", lambda: next(ticks))
    pairs = alternate(lambda: None, lambda: None, rounds=2)
    assert pairs == [(2.0, 6.0), (1.0, 4.0)]
    assert times_as_fast(pairs) == [3.0, 4.0]


@pytest.mark.parametrize(
    ("values", "better", "verdict"),
    [
        ([1.5, 1.8, 9.0], "above", "reached"),
        ([1.0, 1.6, 9.0], "above", "missed"),
        ([1.0, 1.6, 9.0], "below", "reached"),
    ],
)
def test_the_median_decides_about_the_target(values, better, verdict):
    measure = Measure.of("speed", values, "x", 1.7, better)
    assert measure.verdict == verdict
    assert (measure.low, measure.high) == (values[0], values[2])


def test_the_table_has_a_line_per_measure_and_no_verdict_without_a_target():
    text = table([Measure.of("one", [2.0], "x", 1.7, note="here"), Measure.of("two", [3.0, 5.0], "s")])
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    assert lines == [["one", "2 x", "2 to 2", "≥ 1.7 x", "reached", "here"], ["two", "4 s", "3 to 5", "", "", ""]]


def test_the_measures_of_an_accelerator_are_those_of_the_whole_study():
    mtfa, pbcnn = accelerator.STUDIES
    assert sum(map(pbcnn.runs, pbcnn.settings)) == 3 * 64
    studies = (mtfa, replace(pbcnn, settings=("baseline_60", "tb_cnn_no_split", "pb_cnn")))
    trial = accelerator.measure(1, "cpu", edge=64, width_divisor=16, batch=1, studies=studies)
    measures = {one.name: one for one in trial}
    assert measures["the 27 runs of MTFA and its ablations"].unit == "h"
    assert measures["the 36 runs of the three tables of PB-CNN"].unit == "h"
    steps = measures["mtfa, training steps"]
    # 5000 mixtures, nine tenths of them trained on, 11 chunks each, batch 64, 40 epochs, 3 seeds of 3 classes
    expected = 4500 * 11 / 64 * 40 * 9
    assert mtfa.steps("mtfa") == pytest.approx(expected)
    assert measures["the 27 runs of MTFA and its ablations"].median > expected / steps.high / 3600
    # 748 files, 19, 10 or one segment each, batch 64 or 16, 100 epochs, 3 seeds of 4 folds
    for setting, epoch in {
        "pb_cnn": 748 * 19 / 64,
        "tb_cnn_no_overlap": 748 * 10 / 64,
        "cnn_no_split": 748 / 16,
    }.items():
        assert pbcnn.steps(setting) == pytest.approx(epoch * 100 * 12)


def test_without_an_accelerator_it_has_no_measures():
    if torch.cuda.is_available():
        pytest.skip("there is an accelerator")
    assert not list(accelerator.measure(1))


@pytest.mark.slow
def test_a_quick_bench_measures_everything_and_writes_it_down(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bench", "--quick", "--out", tmp_path / "build"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "RESOUND_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    measures = {one["name"]: one for one in json.loads((tmp_path / "build" / "bench.json").read_text())["measures"]}
    assert {name: one["target"] for name, one in measures.items() if one["target"] is not None} == {
        "`--help`": 0.5,
        "report again": 2.0,
        "estimate of a run from others": 20.0,
        "first report of many runs": 300.0,
        "plan and report of many runs again": 10.0,
        "a run beside its training, warm worker": 2.0,
        "runs by two slots beside one": 1.6,
        "log-mel beside librosa's": 1.7,
        "log-gammatone + delta beside librosa's log-mel + delta": 1.0,
        "extraction on two cores beside one": 1.8,
        "mixing and log-mel, sources kept, beside the plain way": 2.0,
        "mixing and log-mel, sources decoded each time": 1.5,
        "mixing and log-mel over real time": 300.0,
        "features of 5000 mixtures": 1.95,
        "4 band counts in one pass beside four passes": 1.6,
        "4 band counts in one pass beside librosa's": 1.5,
        "events of 500 clips scored": 3.0,
        "events of 500 clips at 99 thresholds": 2.0,
        "time outside forward, backward, optimizer": 5.0,
        "harness over a bare loop, same batches": 10.0,
        "conditioning of a clip": 8.0,
        "conditioning beside the plain loop over frames": 12.0,
        "EDC: time outside forward, backward, optimizer": 5.0,
        "a training step on 41 s over its forward and backward": 1.15,
        "soft activity of 49 recordings at all thresholds": 3.0,
    } | ({"conditioning of 64 clips on an accelerator": 5.0} if torch.cuda.is_available() else {})
    assert {f"decoding {kind} with all checks" for kind in ("WAV", "OGG")} < set(measures)
    assert "malloc settings of the launcher" in measures
    lanes = {name.partition(",")[0] for name in measures if name.endswith("to float32 native")}
    assert lanes == {"ACRNN", "EDC CRNN"}  # what a step takes is tried on all networks in test_lane.py
    page = (tmp_path / "build" / "bench.md").read_text()
    assert all(name in page for name in measures)


def test_schedules_are_tried_on_validation_inside_training_folds(tmp_path):
    environment = {**os.environ, "RESOUND_CACHE": str(tmp_path / "cache"), "RESOUND_DATA": str(tmp_path / "none")}
    command = [sys.executable, "-m", "benchmarks.bench.schedules", "--quick"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    control, *networks = done.stdout.splitlines()
    assert "% of the validation clips (ESC-10, miniature)" in control
    assert [line.partition(",")[0] for line in networks] == ["base", "att"]
    shares = [float(line.split(": ")[1].split(" %")[0]) for line in (control, *networks)]
    assert all(0 <= share <= 100 for share in shares) and shares[0] > 10
