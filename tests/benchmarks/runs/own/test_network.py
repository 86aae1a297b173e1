"""A class of the user's: found by module or file, made a setting, numbered by its text."""

import os
import re
import sys

import pytest

from benchmarks.errors import InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.own.changes import read_changes
from benchmarks.runs.own.network import MODULES, found_class, network_setting
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.runs.versions import content_number, users_sources
from benchmarks.spec import load_paper
from models.tasks.own import OwnActivity, OwnClips, OwnFrames, OwnTags

TEXT = "from mine_of_{0} import BASE\nclass MLP(BASE):\n    def __init__(self, num_classes, hidden=3): ...\n"


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder with two modules of the user's, of names of their own, which nobody can import yet."""
    name = re.sub(r"\W", "_", tmp_path.name)
    (tmp_path / f"net_{name}.py").write_text(TEXT.format(name))
    (tmp_path / f"mine_of_{name}.py").write_text("from torch import nn\nBASE = nn.Module\n")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    return tmp_path / f"net_{name}.py"


def test_there_is_a_module_for_each_task_of_plain_logits():
    known = {"clips": OwnClips, "tags": OwnTags, "frames": OwnFrames, "activity": OwnActivity}
    assert {task: import_class(path) for task, path in MODULES.items()} == known


def test_a_class_is_found_by_its_file_and_by_its_module(mine, monkeypatch):
    monkeypatch.chdir("/")
    assert found_class(f"{mine}:MLP") == f"{mine.stem}.MLP"
    assert str(mine.parent) in os.environ["PYTHONPATH"].split(os.pathsep)
    assert found_class(f"{mine.stem}.MLP") == f"{mine.stem}.MLP"


def test_a_module_of_the_working_directory_is_found_and_by_workers_too(mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    assert found_class(f"{mine.stem}.MLP") == f"{mine.stem}.MLP"
    assert str(mine.parent) in os.environ["PYTHONPATH"].split(os.pathsep)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nothere.py:MLP", "there is no file nothere.py; name one as MODULE.CLASS or FILE.py:CLASS"),
        ("no_such_module_here.MLP", "no module no_such_module_here here or on PYTHONPATH"),
        ("MLP", "is no class; name one as"),
        ("{0}", "is a file; ask for a class of it, {0}:CLASS (it has MLP)"),
        ("os.system", "`os` is neither a package of the project nor a module of yours"),
        ("torch.nn.Linear", "`torch` is neither a package of the project nor a module of yours"),
        ("{0}:NotThere", "cannot be imported"),
        ("{0}:BASE", "`torch` is neither"),
    ],
)
def test_what_is_no_class_is_one_line(mine, word, said):
    with pytest.raises(InputError) as error:
        found_class(word.format(mine))
    assert said.format(mine) in str(error.value) and "\n" not in str(error.value)


def test_of_a_file_without_readable_classes_a_class_is_asked_for_all_the_same(mine):
    mine.write_text("class MLP(")
    with pytest.raises(InputError, match=r":CLASS$"):
        found_class(str(mine))


def test_a_file_of_the_name_of_another_module_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("PYTHONPATH", "")
    (tmp_path / "json.py").write_text("class MLP: ...")
    with pytest.raises(InputError, match=r"another module is called json, too .*; rename the file"):
        found_class(f"{tmp_path}/json.py:MLP")


def run_of(network, *texts):
    paper = load_paper("acrnn")
    setting = network_setting(paper.settings["base"], paper.datasets["esc10"], network, read_changes(texts))
    paper = paper.model_copy(update={"settings": {**paper.settings, "own+x": setting}})
    (run, *_) = setting_runs(paper, "own+x", "esc10", Choice("smoke", "miniature"))
    return run


def test_a_plain_network_is_put_into_the_module_of_its_task_with_the_settings_data_and_schedule(mine):
    network = found_class(f"{mine}:MLP")
    run = run_of(network, "model.hidden=5", "model.learning_rate=0.5", "trainer.max_epochs=4")
    assert run.resolved["model"] == {
        "class_path": "models.tasks.own.OwnClips",
        "init_args": {"network": network, "arguments": {"hidden": 5}, "learning_rate": 0.5},
    }
    paper = load_paper("acrnn")
    (base, *_) = setting_runs(paper, "base", "esc10", Choice("smoke", "miniature"))
    assert run.resolved["data"] == base.resolved["data"]
    assert run.resolved["trainer"] == {**base.resolved["trainer"], "max_epochs": 4}


def test_another_text_is_another_run_of_the_module_or_of_one_that_it_imports(mine):
    network = found_class(f"{mine}:MLP")
    helper = mine.with_name(f"mine_of_{mine.stem.removeprefix('net_')}.py")
    assert set(users_sources(network)) == {mine.stem, helper.stem}
    first = run_of(network)
    assert first.versions[network] == content_number(network) < 2**53
    helper.write_text(helper.read_text() + "# more\n")
    second = run_of(network)
    mine.write_text(mine.read_text() + "# more\n")
    assert len({first.id, second.id, run_of(network).id}) == 3


def test_a_class_that_is_no_network_is_refused(mine):
    mine.write_text("class MLP: ...\n")
    with pytest.raises(InputError, match=r"is no torch\.nn.Module and no LightningModule; derive it from one of them"):
        run_of(found_class(f"{mine}:MLP"))
