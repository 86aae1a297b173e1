import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.launch import busy
from benchmarks.launch.busy import BusyMeter, Courtesy, Others, Yielding


def test_a_processor_is_busy_while_it_computes():
    meter = BusyMeter("cpu", 1)
    began = time.process_time()
    while time.process_time() - began < 0.1:
        pass
    worked = meter.share()
    time.sleep(0.1)
    slept = meter.share()
    assert 0.0 <= slept < 0.3 and slept < worked <= 1.0


def test_the_threads_that_a_run_was_given_share_its_work(monkeypatch):
    clock = iter([0.0, 2.0])
    worked = iter([0.0, 1.0])
    monkeypatch.setattr(busy.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(busy.time, "process_time", lambda: next(worked))
    assert BusyMeter("cpu", 4).share() == 0.125


def test_of_an_accelerator_it_is_the_mean_of_what_was_seen(monkeypatch):
    monkeypatch.setattr(busy, "LOOK_SECONDS", 0.0)
    looks = iter([0.2, 0.4, None])
    meter = BusyMeter("cuda", 1, lambda: next(looks))
    until = time.monotonic() + 5
    while meter._seen != [0.2, 0.4]:
        assert time.monotonic() < until
    assert meter.share() == 0.3
    assert meter.share() is None
    meter.close()


def driver():
    """NVIDIA's management library, as far as it is asked: the accelerator with number 1 is busy 40 % of the time."""

    def rates_of(handle, rates):
        rates._obj.gpu = 40
        return 0

    return SimpleNamespace(
        nvmlInit_v2=lambda: 0,
        nvmlDeviceGetHandleByIndex_v2=lambda number, handle: 0 if number == 1 else 2,
        nvmlDeviceGetUtilizationRates=rates_of,
    )


def test_the_driver_is_asked_for_the_accelerator_that_this_process_sees(monkeypatch):
    monkeypatch.setattr(busy.ctypes, "CDLL", lambda name: driver())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert busy._accelerator()() == 0.4
    for other in ("0", "MIG-1234", ""):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", other)
        assert busy._accelerator() is None


def test_where_there_is_no_driver_nothing_is_told(monkeypatch):
    def absent(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(busy.ctypes, "CDLL", absent)
    assert BusyMeter("cuda", 1).share() is None


def burn(seconds):
    return subprocess.Popen(
        [sys.executable, "-c", f"import time; t = time.monotonic()\nwhile time.monotonic() - t < {seconds}: pass"]
    )


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="a system that does not tell")
def test_others_are_whoever_else_computes():
    """A process that computes is others' work; the same work of this process is not."""
    others = Others()
    with burn(3.0) as process:
        time.sleep(0.5)
        others()
        time.sleep(1.5)
        both = others()
        process.kill()
    assert both >= 0.5 / os.cpu_count()
    worked = Others._worked()
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    again = Others._worked()
    assert again[1] - worked[1] >= 0.5 and again[0] - worked[0] >= 0.4  # its own is in both, so that it cancels


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ([0.9, 0.1, 0.9, 0.1], []),  # a moment is none
        ([0.7, 0.74, 0.7], []),
        ([0.9, 0.9, 0.6, 0.6, 0.4, 0.6, 0.4, 0.4], ["the machine is busy", ""]),
        ([None, None, None], []),  # where nothing is told
        ([0.9, 0.9, None, None], ["the machine is busy", ""]),
    ],
)
def test_a_run_stands_aside_and_goes_on_when_it_is_told_twice(shares, said, monkeypatch):
    clock, left, heard, alive = [0.0], list(shares), [], []
    monkeypatch.setattr(busy, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=lambda s: step(s)))

    def step(seconds):
        clock[0] += seconds

    courtesy = Courtesy(Yielding(look_seconds=1.0), lambda: left.pop(0), heard.append)
    while left:
        step(1.0)
        courtesy(lambda: False, lambda: alive.append(1))
    assert heard == said and (len(alive) > 0) == bool(said)


def test_a_run_that_is_to_stop_does_not_wait(monkeypatch):
    courtesy, heard = Courtesy(Yielding(look_seconds=0.0), lambda: 1.0, lambda why: heard.append(why)), []
    for _ in range(3):
        courtesy(lambda: True, lambda: None)
    assert heard == ["the machine is busy", ""]
