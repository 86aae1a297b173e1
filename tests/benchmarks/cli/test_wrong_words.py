"""What cannot be a path or a number is one line and exit code 2, for every parameter of every command, at once."""

import inspect
import os
import typing

import pytest
import typer

from benchmarks.cli.main import app, run_command_line
from benchmarks.errors import LINE_CHARACTERS
from tests import ROOT

TOY = ROOT / "tests" / "benchmarks" / "toy"

#: What a command needs beside the parameter in question; `{}` is a folder of the test's own.
NEEDS = {
    "plan": ["toy.t1"],
    "run": ["toy.t1", "--tier", "smoke", "--device", "cpu"],
    "try": ["models.acrnn.ACRNNModule", "toy.t1.plain", "--tier", "smoke", "--device", "cpu"],
    "board": ["toy.t1"],
    "audit": ["toy.t1"],
    "land": ["toy.t1"],
    "bundle": ["toy.t1", "--out", "{}/bundle"],
    "merge": ["{}/folder"],
    "compare": ["{}/file", "toy.t1"],
    "predict": ["{}/file", "{}/file"],
    "data fetch": ["esc50"],
    "data import": ["esc50", "{}/folder"],
    "data check": ["dcase2017_rare"],
    "data miniature": ["esc50"],
    "data standin": ["dcase2017_rare"],
    "data synthesize": ["dcase2017_rare"],
}
NO_PATH = {
    "nothing": "",
    "a null byte": "a\0b",
    "below a file": "{}/file/x",
    "a loop of links": "{}/loop",
    "below a loop": "{}/loop/x",
    "a name that is too long": "{}/" + 300 * "a",
    "a path that is too long": "{}/" + 5000 * "b/",
}
NO_FOLDER = {**NO_PATH, "a file": "{}/file", "a pipe": "{}/pipe", "a device": "/dev/null", "a dead end": "{}/dead_end"}
NO_SOURCE = {**NO_PATH, "a pipe": "{}/pipe", "a device": "/dev/null"}
NO_FILE = {**NO_PATH, "a folder": "{}/folder", "in a folder that is not there": "{}/no/such"}
NO_RUN_OR_FILE = {**NO_SOURCE, "a folder": "{}/folder"}
NO_NUMBER = {word: word for word in ("", "x", "-1", "nan", "1,", "²", "0x1")}
NO_WHOLE_NUMBER = {**NO_NUMBER, "0.5": "0.5", "1e3": "1e3", "9 x 31": 31 * "9", "9 x 5000": 5000 * "9"}
NO_NUMBERS = {word: word for word in ("x", "nan", "²", "0x1", "1;2", "9" * 5000)}

#: The parameters that are not what their type says.
SPECIAL = {
    ("compare", "source"): NO_RUN_OR_FILE,
    ("compare", "out"): NO_FILE,
    ("predict", "network"): NO_SOURCE,
    ("predict", "files"): {**NO_SOURCE, "a folder": "{}/folder"},
    ("data import", "source"): NO_SOURCE,
}
TEXTS = {"folds": {**NO_NUMBERS, "": "", "1,": "1,", "9 x 31": 31 * "9"}, "ebrs": NO_NUMBERS}


def commands(application=app, before=""):
    """The function of every command, by the words that call it."""
    for command in application.registered_commands:
        yield before + command.name, command.callback
    for group in application.registered_groups:
        yield from commands(group.typer_instance, f"{group.name} " if group.name else "")


def wrong_words():
    """Every parameter that is a path or a number: the command, its place or its option, what is wrong for it."""
    for command, function in commands():
        for name, hint in typing.get_type_hints(function, include_extras=True).items():
            if name == "return" or typing.get_origin(hint) is not typing.Annotated:
                continue
            written = str(typing.get_args(hint)[0])
            wrong = SPECIAL.get((command, name)) or TEXTS.get(name) or (
                NO_FOLDER if "Path" in written
                else NO_WHOLE_NUMBER if "int" in written
                else NO_NUMBER if "float" in written
                else None
            )  # fmt: skip
            if wrong:
                yield pytest.param(command, name, hint.__metadata__[0], wrong, id=f"{command} {name}")


@pytest.fixture
def folder(toy_papers, tmp_path, monkeypatch):
    """Where the words of these tests lead, and the machine's own folders, which none of them may touch."""
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(tmp_path / name))
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a file")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dead_end").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def line_of(arguments, capsys) -> str:
    """What is said of arguments that cannot be used."""
    assert run_command_line(arguments) == 2, arguments
    output, errors = capsys.readouterr()
    assert output == "" and len(errors.splitlines()) == 1 and len(errors) < LINE_CHARACTERS + 100, (output, errors)
    assert "fault of the harness" not in errors
    return errors


@pytest.mark.parametrize(("command", "name", "parameter", "wrong"), wrong_words())
def test_a_word_that_cannot_be_meant_is_one_line(command, name, parameter, wrong, folder, capsys):
    before = sorted(folder.rglob("*"))
    needs = [word.format(folder) for word in NEEDS.get(command, [])]
    for what, word in wrong.items():
        given, words = word.format(folder) if "{}" in word else word, list(needs)
        if isinstance(parameter, typer.models.OptionInfo):
            option = (parameter.param_decls or (f"--{name.replace('_', '-')}",))[0]
            words.append(f"{option}={given}")
        else:
            option = parameter.metavar or name
            parameters = inspect.signature(dict(commands())[command]).parameters
            place = [one for one in parameters if one != "context"].index(name)  # which is no word of the line
            words[place : place + 1] = [given]
        said = line_of([*command.split(), *words], capsys)
        assert option in said or given[:40] in said, (what, said)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("variable", ["RUNS", "CACHE", "REPORTS"])
@pytest.mark.parametrize("place", ["/", "{}/..//", "~"])
def test_what_is_tidied_up_is_a_folder_of_its_own(variable, place, folder, monkeypatch, capsys):
    """Neither a whole file system nor a home, which would be walked through from end to end."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir("/")
    word = f"--{variable.lower()}={place.format('tmp')}"
    assert "has to be a folder of its own; name one below it" in line_of(["plan", "toy.t1", word], capsys)


@pytest.mark.parametrize("variable", ["DATA", "RUNS", "CACHE", "REPORTS"])
def test_a_variable_that_cannot_be_meant_is_one_line(variable, folder, monkeypatch, capsys):
    for what, word in NO_FOLDER.items():
        if what in ("nothing", "a null byte"):  # nothing given is no variable, and none can hold the other
            continue
        monkeypatch.setenv(f"RESOUND_{variable}", word.format(folder))
        assert f"RESOUND_{variable}" in line_of(["plan", "toy.t1"], capsys), what


def test_a_variable_that_a_command_does_not_ask_for_is_no_concern_of_it(folder, monkeypatch, capsys):
    monkeypatch.setenv("RESOUND_CACHE", str(folder / "loop"))
    assert run_command_line(["status"]) == 0


def test_a_folder_without_papers_is_one_line(folder, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", folder / "folder")
    for arguments in (["list"], ["plan", "toy.t1"], ["report"]):
        assert f"{folder / 'folder'}: holds no paper" in line_of(arguments, capsys)


@pytest.mark.parametrize("what", NO_FOLDER)
def test_a_folder_of_papers_that_cannot_be_one_is_one_line(folder, monkeypatch, capsys, what):
    monkeypatch.setenv("RESOUND_PAPERS", "")
    word = NO_FOLDER[what].format(folder)
    line = line_of(["list", f"--papers={word}"], capsys)
    assert "papers" in line, line
    if word and "\0" not in word:
        monkeypatch.setenv("RESOUND_PAPERS", word)
        assert "papers" in line_of(["list"], capsys)
