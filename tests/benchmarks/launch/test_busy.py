import time
from types import SimpleNamespace

from benchmarks.launch import busy
from benchmarks.launch.busy import BusyMeter


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
