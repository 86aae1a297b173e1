import subprocess
import sys

import pytest

from benchmarks.errors import InputError
from benchmarks.runs.versions import check_arguments, class_version, spelled_out, users_sources, versions
from tests import ROOT

PARTS = {
    "dataset": {"class_path": "kit.Data", "init_args": {}},
    "data": {"class_path": "kit.Module", "init_args": {}},
    "model": {"class_path": "kit.nets.Net", "init_args": {}},
    "trainer": {"max_epochs": 1},
}


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A package of classes and functions that nobody imports; returns its folder."""
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from kit.more import Data as Data\ndef __getattr__(name):\n    from .more import Module\n    return Module\n"
    )
    (folder / "more.py").write_text(
        "from typing import ClassVar\n"
        "from .nets import Base\n"
        "class Data:\n    version: ClassVar[int] = 3\n"
        "class Module(Base):\n    version = 4\n"
        "class Bare:\n    pass\n"
    )
    (folder / "nets.py").write_text(
        "import torch\n"
        "import kit.shapes as shapes\n"
        "class Base(torch.nn.Module):\n    version = 5\n"
        "class Between(Base, shapes.Shape[int]):\n    pass\n"
        "class Net(Between):\n    version = 6\n"
        "def loss(a, b):\n    return a - b\n"
        "loss.version = 7\n"
        "def bare():\n    return 0\n"
        "raise RuntimeError('imported')\n"
    )
    (folder / "shapes.py").write_text("class Shape:\n    version = 8\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def with_argument(value) -> dict:
    return {**PARTS, "model": {**PARTS["model"], "init_args": {"loss": value}}}


def test_a_base_class_counts_from_its_second_version_on(kit):
    first = versions(PARTS)
    nets = (kit / "nets.py").read_text()
    (kit / "nets.py").write_text(nets.replace("version = 5", "version = 1"))
    assert versions(PARTS) == {path: version for path, version in first.items() if path != "kit.nets.Base"}


def test_versions_are_those_of_all_that_is_named_and_of_their_base_classes(kit):
    assert versions(PARTS) == {
        "kit.Data": 3, "kit.Module": 4, "kit.nets.Base": 5, "kit.nets.Net": 6, "kit.shapes.Shape": 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    "value",
    ["kit.nets.loss", ["kit.nets.loss"], {"deep": [{"class_path": "kit.nets.loss", "init_args": {"of": "mean"}}]}],
)
def test_a_name_counts_wherever_it_stands(kit, value):
    assert versions(with_argument(value)) == {**versions(PARTS), "kit.nets.loss": 7}


@pytest.mark.parametrize(
    "text", ["l1.l2", "clips.csv", "0.5", "kit", "a sentence. Another", "torch.nn.ReLU", "os.path"]
)
def test_other_texts_are_texts(kit, text):
    assert versions(with_argument(text)) == versions(PARTS)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("kit.nets.bare", r"kit.nets.bare: has no `version`; give it one"),
        ("kit.more.Bare", r"kit.more.Bare: has no `version`; give it one"),
        ("kit.nets.gone", r"kit.nets.gone: no class gone in .*nets.py"),
        ("kit.netz.Net", r"kit.netz.Net: no module kit.netz"),
        ({"class_path": "nowhere.Thing"}, r"nowhere.Thing: no module nowhere"),
        ({"class_path": "torch.nn.ReLU"}, r"torch.nn.ReLU: "),
    ],
)
def test_a_name_without_a_version_is_refused(kit, value, problem):
    with pytest.raises(InputError, match=problem):
        versions(with_argument(value))


def test_a_class_of_another_package_counts_if_it_has_a_version(kit):
    (kit.parent / "shared.py").write_text("class Ramp:\n    version = 2\n")
    assert versions(with_argument("shared.Ramp"))["shared.Ramp"] == 2


def test_a_package_may_be_a_plain_folder(kit):
    (kit.parent / "plain" / "below").mkdir(parents=True)
    (kit.parent / "plain" / "below" / "net.py").write_text("class Net:\n    version = 9\n")
    assert class_version("plain.below.net.Net") == 9


@pytest.mark.parametrize("paper", ["acrnn", "edc", "mtfa"])
def test_planning_imports_no_torch(paper, tmp_path):
    code = (
        "import sys; from pathlib import Path; from benchmarks.runs.plan import Choice, make_plan; "
        "from benchmarks.runs.workspace import Workspace; from benchmarks.spec import select; "
        f"here = Workspace(*[Path({str(tmp_path)!r}) / name for name in ('data', 'runs', 'cache', 'reports')]); "
        f"print(len(make_plan(select({paper!r}), Choice(), here).runs) > 10, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [
        ("class Net:\n    def __init__(self, size, *, losses=None):\n        pass\n", False),
        ("class Net:\n    def __init__(self, size, *, loss=None):\n        pass\n", True),
        ("class Net:\n    def __init__(self, size, **others):\n        pass\n", True),
        ("class Of:\n    def __init__(self, size):\n        pass\nclass Net(Of):\n    pass\n", False),
        ("class Of:\n    def __init__(self, loss):\n        pass\nclass Net(Of):\n    pass\n", True),
        ("from somewhere import Of\nclass Net(Of):\n    pass\n", True),  # for the run to find out
        ("class Net:\n    def __init__(self, size): ...\n    def __init__(self, loss): ...\n", True),
        (
            "class A:\n    def __init__(self, size): ...\nclass B(A): ...\nclass C(A):\n"
            "    def __init__(self, loss): ...\nclass Net(B, C): ...\n",
            True,
        ),  # whose constructor is that of C
        ("import dataclasses\n@dataclasses.dataclass\nclass Net:\n    loss: int\n", True),
    ],
)
def test_an_argument_that_a_class_does_not_take_is_told_before_anything_runs(kit, text, is_taken):
    (kit / "nets.py").write_text(text)
    (kit / "more.py").write_text("class Data:\n    pass\nclass Module:\n    pass\n")
    if is_taken:
        check_arguments(with_argument(3))
        return
    with pytest.raises(InputError, match=r"kit\.nets\.Net: takes no argument loss; it takes size"):
        check_arguments(with_argument(3))


def test_extractors_are_spelled_out():
    named = {"data": {"class_path": "x.Y", "init_args": {"extractor": "log_mel_edc", "pad": "zeros"}}}
    spelled = spelled_out(named)
    assert spelled["data"]["init_args"] == {"extractor": "datasets.features.log_mel_edc.LogMelEdc", "pad": "zeros"}
    assert spelled_out(spelled) == spelled
    with pytest.raises(InputError, match=r"unknown feature extractor 'log_mel'; known: log_gammatone_delta, "):
        spelled_out({"data": {"class_path": "x.Y", "init_args": {"extractor": "log_mel"}}})


def test_a_class_without_a_version_is_one_line(toy_papers):
    with pytest.raises(InputError, match="no class Nothing"):
        class_version("toy_parts.Nothing")
    with pytest.raises(InputError, match="has no `version`"):
        class_version("toy_parts.census.Census")
    with pytest.raises(InputError, match="no module nowhere"):
        class_version("nowhere.Thing")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        (
            "nets.py",
            "class Net:\n    version = = 1\n",
            r"nets\.py:2: is no Python .*\(invalid syntax\); mend it",
        ),
        ("shapes.py", "def (:\n", r"shapes\.py:1: is no Python"),  # of a base class, two modules away
        ("more.py", "class Data:\n    version = '\0'\n", r"more\.py.*: is no Python"),
    ],
)
def test_a_module_with_a_mistake_is_one_line_that_names_the_place(kit, file, text, message):
    (kit / file).write_text(text)
    with pytest.raises(InputError, match=message) as error:
        versions(PARTS)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "# -*- coding: latin-1 -*-\nclass Net:\n    version = 3  # gr\xfcn\n".encode("latin-1"),
        "\ufeffclass Net:\n    version = 3\n".encode(),
        b"if False:\n    from . import more\n    from ..above import other\nclass Net:\n    version = 3\n",
    ],
    ids=["another encoding", "a mark of the encoding", "imports that lead out of all packages"],
)
def test_what_python_imports_can_be_read(kit, text):
    (kit.parent / "lone.py").write_bytes(text)
    assert class_version("lone.Net") == 3 and list(users_sources("lone.Net")) == ["lone"]
