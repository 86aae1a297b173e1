"""The command line as a user meets it: answers, one-line errors, exit codes."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import typer

from benchmarks.__main__ import main
from benchmarks.cli import OUT_OF_TIME
from benchmarks.cli.main import INTERRUPTED, app, run_command_line
from benchmarks.launch.driver import Outcome
from benchmarks.spec import load_paper, paper_ids
from tests import ROOT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "acrn"], "unknown paper 'acrn'; did you mean acrnn"),
        (["plan", "acrnn.t3.at"], "unknown target 'acrnn.t3.at'; did you mean acrnn.t3.att"),
        (["run", "acrnn.t3", "--tier", "ful"], r"'--tier': 'ful' is not one of .*'smoke'; see `.* run --help`$"),
        (["data", "import", "esc50"], r"Missing argument 'source'; see `python -m benchmarks data import --help`$"),
        (["plan", "acrnn.t3", "--folds", "a"], "--folds a: must be numbers with commas"),
        (["plan", "acrnn.t3", "--folds", "7"], "has no fold 7"),
        (["run", "acrnn.t3.base.esc10", "--data-root", "nowhere"], "data fetch esc50"),
        (["run", "acrnn.t3", "--device", "cuda"], "use --device cpu|data fetch"),
        (["merge", "nowhere"], "nowhere: holds no finished run"),
        (["data", "check", "esc51"], "esc51.*esc50"),
        (["nonsense"], "nonsense.*; see `python -m benchmarks --help`$"),
        (["list", "acrn"], "unknown paper 'acrn'; did you mean acrnn"),
        (
            ["list", "mine"],
            "unknown paper 'mine'; see .* list`, and name the folder of one of yours by --papers",
        ),
        (["equivalence", "mine"], "unknown paper 'mine'; see .* by --papers or RESOUND_PAPERS"),
        (["list", "acrnn.t3.at"], "unknown target 'acrnn.t3.at'; did you mean acrnn.t3.att"),
        (["compare", "nowhere.npz", "acrnn.t1"], "nowhere.npz"),
        (["compare", "acrnn.t3", "fold1.csv"], "fold1.csv: is a scores file, not a table; the table comes last"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, message, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("RESOUND_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("RESOUND_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").mkdir()  # as in a checkout
    code = run_command_line(arguments)
    captured = capsys.readouterr()
    assert code == 2, captured
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert re.search(message, lines[0]), lines[0]


@pytest.mark.parametrize("words", [[], ["data"]])
def test_no_command_shows_the_help_and_nothing_empty(words, capsys):
    assert run_command_line(words) == 2
    captured = capsys.readouterr()
    assert "Usage" in captured.out + captured.err and "resound: ;" not in captured.err


def test_folders_that_are_not_there_are_named(monkeypatch, tmp_path, capsys):
    for name in ("RUNS", "REPORTS", "CACHE"):
        monkeypatch.delenv(f"RESOUND_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    assert run_command_line(["status"]) == 0
    told = capsys.readouterr().err
    assert f"no {tmp_path / 'runs'} or {tmp_path / 'reports'}: start in the checkout" in told
    (tmp_path / "runs").mkdir()
    assert run_command_line(["status"]) == 0 and capsys.readouterr().err == ""


def test_plan_and_run_tell_that_they_see_nothing_landed(monkeypatch, tmp_path, capsys):
    """Else what was landed is planned, and run, once more by one who stands in the wrong folder."""
    for name in ("RUNS", "REPORTS", "CACHE", "PAPERS"):
        monkeypatch.delenv(f"RESOUND_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    absent = f"resound: no {tmp_path / 'runs'} or {tmp_path / 'reports'}: start in the checkout"
    for command in ("plan", "run"):
        asked = [command, "acrnn.t1.knn", "--data-root", str(tmp_path)]
        run_command_line(asked)
        assert absent in capsys.readouterr().err, command
    run_command_line([*asked, "--runs", "new", "--reports", "new"])  # meant, and made
    assert "start in the checkout" not in capsys.readouterr().err


def test_a_full_disk_is_one_line_and_cuts_no_table(monkeypatch, tmp_path, capsys):
    from benchmarks.runs import files

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    table = tmp_path / "table.csv"
    table.write_text("what was there")
    monkeypatch.setattr(files, "write_whole", full)
    code = run_command_line(
        ["report", "acrnn.t2", "--format", "csv", "--out", str(table), "--cache", str(tmp_path / "cache")]
    )
    told = capsys.readouterr().err
    assert code == 2 and "free some space" in told and len(told.splitlines()) == 1
    assert table.read_text() == "what was there"


def test_debug_shows_the_traceback_and_leaves_the_exit_code(monkeypatch, capsys):
    def odd(target):
        raise RuntimeError("nobody has worded this")

    monkeypatch.setattr("benchmarks.cli.listing.listing", odd)
    for words, code, kind in ((["plan", "acrn"], 2, "InputError"), (["list"], 1, "RuntimeError")):
        assert run_command_line(words) == code
        line = capsys.readouterr().err
        assert run_command_line([*words, "--debug"]) == code
        told = capsys.readouterr().err
        assert told.startswith("Traceback (most recent call last)") and f"{kind}: " in told and told.endswith(line)
    assert run_command_line(["--help"]) == 0 and "--debug" in capsys.readouterr().out


def test_listing_and_help_import_nothing_heavy():
    code = (
        "import sys; from benchmarks.cli.main import run_command_line\n"
        "for arguments in (['--help'], ['list'], ['plan', 'acrnn.t3'], ['status']):\n"
        "    assert run_command_line(arguments) == 0, arguments\n"
        "heavy = {'torch', 'librosa', 'sklearn', 'matplotlib', 'pytorch_lightning'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def all_commands():
    """Every command that is registered, with those of `data`."""
    root = typer.main.get_command(app)
    for name, command in root.commands.items():
        yield from ([name, sub] for sub in getattr(command, "commands", {})) if name == "data" else [[name]]


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_has_help(command, capsys):
    assert run_command_line([*command, "--help"]) == 0
    usage = next(line for line in capsys.readouterr().out.splitlines() if "Usage" in line)
    assert f" {' '.join(command)} " in usage


def test_the_commands_of_the_contract_are_there():
    names = {" ".join(command) for command in all_commands()}
    data = {f"data {name}" for name in ("list", "fetch", "import", "check", "miniature", "standin", "synthesize")}
    assert names >= {"list", "plan", "run", "status", "report", "audit", "land", "bundle", "merge", "compare"} | data


def listed(capsys, *arguments):
    assert run_command_line(["list", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["papers"]


def cells(papers):
    return [cell["id"] for paper in papers for table in paper["tables"] for cell in table["cells"]]


def test_list_takes_a_paper_a_table_a_row_or_a_cell(capsys):
    everything = listed(capsys)
    assert [paper["id"] for paper in everything] == paper_ids()
    whole = next(paper for paper in everything if paper["id"] == "acrnn")
    assert listed(capsys, "acrnn") == [whole]
    [table] = [table for table in whole["tables"] if table["id"] == "acrnn.t3"]
    assert listed(capsys, "acrnn.t3") == [{**whole, "tables": [table]}]
    row = [cell for cell in table["cells"] if cell["id"].startswith("acrnn.t3.att_aug.")]
    assert len(row) > 1
    assert listed(capsys, "acrnn.t3.att_aug") == [{**whole, "tables": [{**table, "cells": row, "controls": {}}]}]
    assert cells(listed(capsys, "acrnn.t3.att_aug.esc50")) == ["acrnn.t3.att_aug.esc50"]


def test_list_for_reading_has_the_lines_of_the_target_alone(capsys):
    assert run_command_line(["list", "acrnn.t3.att_aug.esc50"]) == 0
    paper, table, cell = capsys.readouterr().out.splitlines()
    assert paper.startswith("acrnn: ") and table.startswith("  acrnn.t3: ")
    assert cell.split()[0] == "acrnn.t3.att_aug.esc50"


def test_a_mistake_in_a_paper_leaves_the_others_in_the_list(paper_copy, monkeypatch, capsys):
    shutil.copytree(ROOT / "benchmarks" / "papers" / "edc", paper_copy / "edc")
    broken = paper_copy / "acrnn" / "paper.yaml"
    broken.write_text(broken.read_text().replace("title:", "titel:", 1))
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", paper_copy)
    assert run_command_line(["list", "--json"]) == 2
    output, errors = capsys.readouterr()
    assert [paper["id"] for paper in json.loads(output)["papers"]] == ["edc"]
    first, second, count = errors.splitlines()
    assert first == f"resound: {broken}:1: title: is missing" and "titel: is not a field" in second
    assert count == f"resound: {broken}: 2 mistakes"
    assert run_command_line(["list", "edc"]) == 0


def test_a_control_is_listed_by_its_row_though_no_part_of_its_table(capsys):
    [control, *_] = [
        f"{paper}.{table_id}.{row}"
        for paper in paper_ids()
        for table_id, table in load_paper(paper).tables.items()
        for row in table.controls
    ]
    of_the_row = cells(listed(capsys, control))
    assert of_the_row and not set(of_the_row) & set(cells(listed(capsys)))


@pytest.mark.parametrize("variable", [True, False])
def test_the_folder_of_the_reports_has_its_option_and_its_variable(
    toy_workspace, monkeypatch, tmp_path, variable, capsys
):
    for name in ("data", "runs", "cache"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(getattr(toy_workspace, name)))
    monkeypatch.setenv("RESOUND_REPORTS", str(tmp_path / ("mine" if variable else "other")))
    arguments = [] if variable else ["--reports", str(tmp_path / "mine")]
    assert run_command_line(["report", "toy.t1", *arguments]) == 0
    *written, _ = capsys.readouterr().out.splitlines()
    assert written and all(Path(line).is_relative_to(tmp_path / "mine") for line in written)
    assert not (tmp_path / "other").exists()


def test_a_report_ends_with_where_its_pages_are_and_how_many_cells_changed(
    toy_workspace, monkeypatch, tmp_path, capsys
):
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(getattr(toy_workspace, name)))

    def last_line():
        assert run_command_line(["report", "toy.t1", "--out", str(tmp_path / "out")]) == 0
        return capsys.readouterr().out.splitlines()[-1]

    first, data = last_line(), tmp_path / "out" / "report.json"
    cells = json.loads(data.read_text())["cells"]
    number = len(list((tmp_path / "out").rglob("*.md")))
    assert first == f"{number} pages; {len(cells)} cells; open {tmp_path / 'out' / 'README.md'}"
    assert f"{number} pages; no cell changed; open " in last_line()
    for changed, told in ((1, "1 cell changed"), (2, "2 cells changed")):
        known = json.loads(data.read_text())
        for one in known["cells"][:changed]:
            one["mean"] = 77.0
        data.write_text(json.dumps(known))
        assert told in last_line()
    data.write_text("{}")
    assert f"{len(cells)} cells; open" in last_line()


def test_a_site_that_was_to_have_players_and_has_none_is_told(toy_workspace, monkeypatch, tmp_path, capsys):
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(getattr(toy_workspace, name)))
    site = tmp_path / "site"
    asked = ["report", "toy.t1", "--html", "--with-audio", "--out", str(site)]
    told = f"resound: --with-audio: no clip that was wrong lies below {toy_workspace.data}"
    assert run_command_line(asked) == 0 and told in capsys.readouterr().err

    def written(*asked, **how):
        (site / "page.html").write_text('<li><audio controls src="a.wav"></audio></li>')
        return 1, site / "index.html"

    monkeypatch.setattr("benchmarks.reporting.write_pages", written)
    assert run_command_line(asked) == 0 and capsys.readouterr().err == ""


def test_every_command_that_knows_the_store_of_runs_knows_the_reports():
    root = typer.main.get_command(app)
    for name, command in root.commands.items():
        options = {option for parameter in command.params for option in parameter.opts}
        is_about_runs = "--runs" in options and name != "stop"  # which asks a process of the store, not its runs
        assert not is_about_runs or "--reports" in options, name


def test_ctrl_c_before_a_command_is_known_is_one_line(monkeypatch, capsys):
    class Interrupted:
        """An import that Ctrl-C comes into."""

        def find_spec(self, name, *others):
            if name == "benchmarks.cli.main":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "benchmarks.cli.main")
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == OUT_OF_TIME
    assert capsys.readouterr().err == "resound: stopped before it began\n"


@pytest.mark.parametrize(("presses", "code", "said"), [(1, OUT_OF_TIME, "stopped"), (2, INTERRUPTED, "left at once")])
def test_a_ctrl_c_behind_the_sweep_is_counted_with_those_before(
    toy_workspace, monkeypatch, capsys, presses, code, said
):
    """The first one stops the sweep, and the next comes while the tables are written; or it is the first itself."""

    def press(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)

    def launched(*asked):
        if presses == 2:
            with suppress(KeyboardInterrupt):
                press()
        return Outcome(stopped=["a"])

    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(getattr(toy_workspace, name)))
    monkeypatch.setattr("benchmarks.cli.sweep.launch", launched)
    monkeypatch.setattr("benchmarks.reporting.print_tables", press)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore Ctrl-C
    assert run_command_line(["run", "toy.t1", "--tier", "smoke", "--device", "cpu"]) == code
    assert capsys.readouterr().err.splitlines()[-1] == f"resound: {said}; the same command continues"


AT_THE_END = """
import atexit, os, signal, sys
from benchmarks import __main__
from benchmarks.cli import main, presses

def press():
    os.kill(os.getpid(), signal.SIGINT)

def stopped(arguments):
    presses.PRESSES.listen()
    for _ in range({before}):
        try:
            press()
        except KeyboardInterrupt:
            pass
    return presses.PRESSES.code if {before} else 0

signal.signal(signal.SIGINT, signal.default_int_handler)
atexit.register(press)  # before what Python itself does at its end
main.run_command_line = stopped
__main__.main()
"""


@pytest.mark.parametrize(("before", "code"), [(0, 0), (1, INTERRUPTED)])
def test_ctrl_c_when_python_itself_ends_is_no_traceback(before, code):
    """Of what is done already it takes nothing away; where one stopped the command it is the second."""
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END.format(before=before)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (code, "")
