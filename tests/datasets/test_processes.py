import signal
import sys

import pytest

from datasets.processes import Child, environment

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
