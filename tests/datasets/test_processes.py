import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from datasets.errors import DataError
from datasets.processes import CORES, Child, ProcessDied, answering, available_cores, environment, in_processes
from tests import ROOT

PROGRAM = """
import os, sys, json
from datasets.processes import answering
answer = answering()
print("noise")
for line in sys.stdin:
    asked = json.loads(line)
    if "die" in asked:
        os.write(int(sys.argv[1]), b"{")
        os._exit(asked["die"])
    answer({"asked": asked, "threads": os.environ["OMP_NUM_THREADS"]})
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "echoing.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(tmp_path / "code")
    return "echoing"


def test_answers_come_as_they_are_asked_for_and_noise_goes_elsewhere(program, capfd):
    with Child(program, threads=3) as child:
        answers = child.answers()
        for number in range(3):
            child.send({"number": number})
            expected = {"asked": {"number": number}, "threads": "3"}
            assert next(answers) == expected
        child.close()
        assert list(answers) == []
        assert child.wait() == 0
    assert capfd.readouterr() == ("", "noise\n")


def test_text_that_a_process_prints_before_its_program_begins_is_no_answer(program, tmp_path, capfd):
    noise = "import sys; sys.stdout.write('{}' + 'text of somebody\\n' * 6000); sys.stdout.flush()"
    (tmp_path / "code" / "sitecustomize.py").write_text(noise)  # more than a pipe holds
    with Child(program) as child:
        child.send({"number": 1})
        child.close()
        assert [answer["asked"] for answer in child.answers()] == [{"number": 1}]
    output, errors = capfd.readouterr()
    assert output == "" and errors.count("text of somebody") == 6000


def test_a_child_that_dies_tells_its_code_and_takes_nothing_more(program):
    with Child(program) as child:
        child.send({"die": 7})
        assert list(child.answers()) == []
        assert child.wait() == 7
        child.send({"number": 1})
        child.stop()
        child.close()


def test_a_child_is_asked_to_end_or_ended(program):
    with Child(program) as child:
        child.send({})
        next(child.answers())
        child.stop()
        assert child.wait() == -signal.SIGTERM
    with pytest.raises(KeyboardInterrupt), Child(program) as child:  # would wait for its stdin for ever
        raise KeyboardInterrupt
    assert child.wait() == -signal.SIGKILL


def test_the_environment_hands_on_the_import_path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "/somewhere"])
    assert environment(2)["PYTHONPATH"] == f"{tmp_path}:/somewhere"


@pytest.fixture
def fresh_processes():
    """None that an earlier test has left, and none left to later ones."""
    get_reusable_executor().shutdown(kill_workers=True)
    yield
    get_reusable_executor().shutdown(kill_workers=True)


def seen(number):
    if number == "bad":
        raise DataError("bad: unreadable")
    if number == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    return number, os.environ["OMP_NUM_THREADS"], os.environ["MALLOC_MMAP_MAX_"], os.getpid()


def test_tasks_are_done_in_order_by_processes_that_stay(fresh_processes):
    found = list(in_processes(seen, [(number,) for number in range(6)], jobs=2))
    assert [one[:3] for one in found] == [(number, "1", "0") for number in range(6)]
    processes = {one[3] for one in found}
    assert 1 <= len(processes) <= 2 and os.getpid() not in processes
    assert {one[3] for one in in_processes(seen, [(0,), (1,)], jobs=2)} <= processes
    assert os.environ.get("MALLOC_MMAP_MAX_") != "0"


def test_what_a_task_raises_is_raised_and_a_death_is_told(fresh_processes):
    with pytest.raises(DataError, match=r"^bad: unreadable$"):
        list(in_processes(seen, [(1,), ("bad",), (2,)], jobs=2))
    with pytest.raises(ProcessDied, match="a process that computes seen died"):
        list(in_processes(seen, [(1,), ("dies",)], jobs=2))


LONE = """
import os, sys, time
from datasets.processes import in_processes
from tests.datasets.test_processes import told_and_busy
if __name__ == "__main__":
    list(in_processes(told_and_busy, [(sys.argv[1],)], jobs=2))
"""
LONE_WITH_A_CHILD = """
import sys, time
from datasets.processes import Child
with Child("tests.datasets.test_processes") as child:
    child.send({"place": sys.argv[1]})
    time.sleep(600)
"""


def told_and_busy(place):
    Path(place).write_text(str(os.getpid()))
    time.sleep(600)


@pytest.mark.slow
@pytest.mark.parametrize("program", [LONE, LONE_WITH_A_CHILD])
def test_they_end_with_the_process_that_started_them(tmp_path, program):
    (tmp_path / "lone.py").write_text(program)
    place = tmp_path / "pid"
    lone = subprocess.Popen([sys.executable, tmp_path / "lone.py", place], env={**os.environ, "PYTHONPATH": str(ROOT)})
    until = time.monotonic() + 120
    while not (place.exists() and place.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    lone.kill()
    lone.wait()
    process = int(place.read_text())
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.kill(process, 0)
            time.sleep(0.05)
        os.kill(process, signal.SIGKILL)
        pytest.fail("it outlived the process that had started it")


def test_a_bound_on_cores_is_a_number_of_them(monkeypatch):
    monkeypatch.setenv(CORES, "1")
    assert available_cores() == 1
    for odd in ("x", "-1", "1.5", "0"):
        monkeypatch.setenv(CORES, odd)
        with pytest.raises(DataError, match=f"^{CORES}={odd}: must be a whole number of cores, 1 or more$"):
            available_cores()
    monkeypatch.setenv(CORES, "")
    assert available_cores() >= 1


if __name__ == "__main__":  # the child above
    answering()
    told_and_busy(json.loads(sys.stdin.readline())["place"])
