"""A few rounds of the soak, and that its checks notice what they are there for."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests import ROOT
from tests.soak import checks
from tests.soak.orders import Order, Orders
from tests.soak.places import Place, Undisturbed, cells_of, files_of

ROUNDS = 3
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc")


@linux
@pytest.mark.slow
def test_a_few_rounds_hold():
    command = [sys.executable, "-m", "tests.soak", "--quick", "--rounds", str(ROUNDS), "--seed", "5"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-1].startswith(f"{ROUNDS} rounds, ")


@pytest.fixture
def store(tmp_path):
    """A place with two finished runs and the report of them, and what an undisturbed sweep would have left."""
    place = Place(tmp_path)
    for name in ("soak-a", "soak-b"):
        (place.runs / name).mkdir(parents=True)
        (place.runs / name / "result.json").write_text(json.dumps({"files": {"scores_test.npz": name}}))
    (place.runs / "report").mkdir()
    (place.runs / "report" / "report.json").write_text(json.dumps({"cells": [{"id": "soak.t2.plain", "mean": 70.0}]}))
    return SimpleNamespace(place=place, expected=Undisturbed(files_of(place), cells_of(place), 1.0))


def test_what_is_as_it_should_be_is_not_complained_of(store):
    assert not list(checks.differences(store.place, store.expected))
    assert not list(checks.left_behind(store.place, is_aside_expected=False))
    assert not list(checks.wrong_words(3, "[1/2] done soak-a\nresound: 1 run left; the same command continues\n"))
    state = checks.state_of(store.place)
    assert not list(checks.lost_or_repeated(state, checks.state_of(store.place)))


@pytest.mark.parametrize(
    ("code", "said", "complaint"),
    [
        (1, "", "without a word"),
        (70, "resound: x\n", "exit code 70"),
        (0, "Traceback (most recent call last):\n  File ...\n", "Traceback"),
        (1, "resound: one line\nand another\n", "and another"),
    ],
)
def test_ends_that_nobody_should_see_are_noticed(code, said, complaint):
    assert complaint in "".join(checks.wrong_words(code, said))


def test_runs_that_are_lost_or_made_again_are_noticed(store):
    before = checks.state_of(store.place)
    (store.place.runs / "soak-b" / "result.json").unlink()
    (store.place.runs / "soak-a" / "history.csv").write_text("more")
    found = list(checks.lost_or_repeated(before, checks.state_of(store.place)))
    assert found == ["soak-a was finished and is another now", "soak-b was finished and is lost"]


def test_other_scores_and_other_numbers_are_noticed(store):
    result = store.place.runs / "soak-a" / "result.json"
    result.write_text(result.read_text().replace("soak-a", "soak-c"))
    (store.place.runs / "report" / "report.json").write_text(json.dumps({"cells": []}))
    found = list(checks.differences(store.place, store.expected))
    assert found == ["1 runs are not bit-equal, soak-a for one", "the numbers of the tables differ"]


@pytest.mark.parametrize(
    "name", ["cache/features/.a.npy.0123456789abcdef0123456789abcdef", "runs/.attempts/soak-a/1", "runs/.aside/soak-a"]
)
def test_what_is_left_lying_about_is_noticed(store, name):
    path = store.place.root / name
    path.parent.mkdir(parents=True)
    path.write_text("x")
    assert len(list(checks.left_behind(store.place, is_aside_expected=False))) == 1


def obeying(folder, code):
    """What a process with orders prints and ends with."""
    given = {**os.environ, "SOAK_ORDERS": str(folder), "PYTHONPATH": str(ROOT)}
    program = f"from tests.soak import orders\norders.obey('worker')\n{code}"
    return subprocess.run([sys.executable, "-c", program], env=given, capture_output=True, text=True, check=False)


def test_a_process_dies_at_the_place_that_it_was_told_and_only_one_does(tmp_path):
    orders = Orders(tmp_path / "orders")
    orders.give(Order("worker", "open", r"/b$", "kill", count=2))
    code = f"for i in range(3): open(r'{tmp_path}/b', 'w').write(str(i)); open(r'{tmp_path}/b').read()"
    assert obeying(orders.folder, code).returncode == -9
    assert (tmp_path / "b").read_text() == "0"
    assert orders.reached() == [f"{tmp_path}/b"]
    assert obeying(orders.folder, code).returncode == 0


def test_a_refused_write_is_a_full_disk_and_the_journal_tells_of_runs(tmp_path):
    orders = Orders(tmp_path / "orders")
    orders.give(Order("worker", "os.rename", r"/c$", "refuse"), Order("launcher", "open", r"/d$", "kill"))
    attempt = tmp_path / "runs" / ".attempts" / "soak-a" / "1"
    attempt.mkdir(parents=True)
    code = (
        f"import os\nopen(r'{tmp_path}/d', 'w')\nopen(r'{attempt}/.run.json.{'0' * 32}', 'w')\n"
        f"os.rename(r'{attempt}', r'{tmp_path}/runs/soak-a')\nos.rename(r'{tmp_path}/d', r'{tmp_path}/c')"
    )
    assert "No space left on device" in obeying(orders.folder, code).stderr
    assert orders.journal() == [("begins", "soak-a"), ("publishes", "soak-a")]
