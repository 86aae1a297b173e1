"""Who imports whom in the whole tree: it keeps the rules, and a tree that breaks one is told where."""

import re

import pytest

from tests import ROOT
from tests.import_rules import RULES, complaints, read_tree

TYPING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
#: A small tree that keeps every rule.
GOOD = {
    "datasets/__init__.py": "",
    "datasets/errors.py": "class DataError(Exception): ...",
    "datasets/generated.py": "from datasets.sounds.parametric import tone",
    "datasets/acquire/__init__.py": "",
    "datasets/acquire/whole.py": "from datasets.errors import DataError\ndef whole(): ...",
    "datasets/features/__init__.py": "def make(): ...",
    "datasets/batches/__init__.py": "",
    "datasets/batches/clips.py": "import torch\nfrom datasets.features import make\nclass Clips: ...",
    "datasets/sounds/__init__.py": "",
    "datasets/sounds/parametric.py": "tone = 1",
    "datasets/dogs/__init__.py": "from datasets.dogs.dataset import Dogs as Dogs",
    "datasets/dogs/dataset.py": f"{TYPING}    from datasets.dogs import Dogs\nclass Dogs: ...",
    "datasets/dogs/miniature.py": "from .. import generated\nfrom .dataset import Dogs",
    "datasets/cats/__init__.py": "",
    "models/__init__.py": "",
    "models/keras.py": "import torch",
    "models/tasks/__init__.py": "from models import keras",
    "models/purr.py": "from models.tasks import keras",
    "benchmarks/__init__.py": "",
    "benchmarks/__main__.py": "from benchmarks.cli.main import main",
    "benchmarks/errors.py": "from datasets.errors import DataError\nclass InputError(Exception): ...",
    "benchmarks/spec/__init__.py": "try:\n    from yaml import Loader\nexcept ImportError:\n    Loader = None",
    "benchmarks/runs/__init__.py": "",
    "benchmarks/runs/plan.py": "from benchmarks.spec import Loader\nfor name in ('a', 'b'):\n    last = name",
    "benchmarks/runs/train.py": "import torch\nimport pytorch_lightning as pl",
    "benchmarks/launch/__init__.py": "",
    "benchmarks/launch/local.py": "def go():\n    from benchmarks.runs.train import pl, torch",
    "benchmarks/metrics/__init__.py": "from benchmarks.runs.plan import last",
    "benchmarks/judge/__init__.py": "import benchmarks.metrics",
    "benchmarks/reporting/__init__.py": f"{TYPING}    import torch",
    "benchmarks/cli/__init__.py": "",
    "benchmarks/cli/main.py": "from benchmarks import launch, reporting\ndef main(): ...",
    "benchmarks/bench/__init__.py": "from benchmarks.cli.main import main\nfrom models.purr import keras\nimport torch",
}

#: What breaks a rule: the rule, one file of the tree above changed or added, and what is said of it.
BROKEN = [
    ("homeless", "benchmarks/extra.py", "", "benchmarks/extra.py:1: stands in none of the rooms of benchmarks"),
    ("homeless", "datasets/birds.py", "", "datasets/birds.py:1: stands in none"),
    ("order", "datasets/errors.py", "def f():\n    from datasets.acquire import whole",
     "datasets/errors.py:2: imports datasets.acquire.whole: base may not import acquire"),
    ("order", "datasets/acquire/whole.py", "import datasets.features", ":1: .* acquire may not import features"),
    ("order", "datasets/features/mel.py", "from datasets import batches", ":1: .* features may not import batches"),
    ("order", "datasets/batches/clips.py", "\nfrom ..dogs.dataset import Dogs", ":2: .* may not import wing dogs"),
    ("order", "datasets/batches/clips.py", "from ..generated import tone", "batches may not import sounds"),
    ("order", "datasets/features/mel.py", "from datasets.sounds.parametric import tone", "may not import sounds"),
    ("order", "datasets/sounds/more.py", "from datasets.dogs import dataset", "sounds may not import wing dogs"),
    ("order", "datasets/cats/dataset.py", "from datasets.dogs import Dogs", "wing cats may not import wing dogs"),
    ("order", "datasets/cats/dataset.py", "from models import keras", "datasets does not know models"),
    ("order", "models/purr.py", "import datasets.errors", "models/purr.py:1: .*: models does not know datasets"),
    ("order", "models/purr.py", "from benchmarks.errors import InputError", "models does not know benchmarks"),
    ("order", "models/keras.py", "from models import tasks", "base may not import tasks"),
    ("order", "models/tasks/clips.py", "from models import purr", "tasks may not import family"),
    ("order", "benchmarks/errors.py", "from benchmarks import spec", "errors may not import spec"),
    ("order", "benchmarks/spec/load.py", "import benchmarks.runs.plan", "spec may not import runs"),
    ("order", "benchmarks/runs/plan.py",
     f"{TYPING}    from benchmarks.metrics import last",
     "benchmarks/runs/plan.py:3: imports benchmarks.metrics: runs may not import metrics"),
    ("order", "benchmarks/metrics/f1.py", "import benchmarks.launch", "metrics may not import launch"),
    ("order", "benchmarks/launch/local.py", "import benchmarks.metrics", "launch may not import metrics"),
    ("order", "benchmarks/judge/__init__.py", "from benchmarks import reporting", "judge may not import reporting"),
    ("order", "benchmarks/reporting/site.py", "from benchmarks.cli import main", "reporting may not import cli"),
    ("order", "benchmarks/cli/main.py", "from benchmarks import bench", "cli may not import bench"),
    ("order", "benchmarks/bench/more.py", "from benchmarks import regression", "bench may not import regression"),
    ("torch", "benchmarks/reporting/site.py", "\n\ndef f():\n    import torch.nn",
     "benchmarks/reporting/site.py:4: imports torch.nn: reporting does without torch"),
    ("torch", "benchmarks/launch/local.py", "from pytorch_lightning import Trainer", "launch does without torch"),
    ("torch", "benchmarks/metrics/f1.py", "from torchaudio import functional", "metrics does without torch"),
    ("torch", "benchmarks/judge/__init__.py", "from models.purr import keras", "models.purr: judge does without torch"),
    ("circles", "benchmarks/spec/__init__.py",
     "Loader = None\ndef f():\n    from benchmarks.spec.load import g",
     "benchmarks/spec/__init__.py:3: import circle: benchmarks.spec <-> benchmarks.spec.load"),
    ("circles", "datasets/dogs/dataset.py", "class Dogs: ...\ndef f():\n    from . import miniature", "import circle"),
    ("missing", "benchmarks/cli/data.py", "\nfrom benchmarks.runs.paln import last",
     "benchmarks/cli/data.py:2: imports benchmarks.runs.paln, which is not there"),
    ("missing", "benchmarks/cli/data.py", "from datasets.dogs import Doggs", "Doggs from datasets.dogs, which does"),
    ("missing", "benchmarks/cli/data.py", "import models.meow.loud", "imports models.meow.loud, which is not there"),
    ("long_files", "models/purr.py", "x = 1\n" * 401, "models/purr.py:401: more than 400 lines"),
]  # fmt: skip


@pytest.fixture(scope="module")
def tree():
    return read_tree(ROOT)


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rules(tree, rule):
    found = complaints(tree, rule)
    assert not found, "\n" + "\n".join(found)


def test_the_whole_tree_is_read(tree):
    assert {"benchmarks.cli.main", "datasets.esc50.dataset", "models.edc", "benchmarks"} <= set(tree)
    found = [one.module for one in tree["benchmarks.cli.running"].imports]
    assert "benchmarks.cli.sweep" in found  # it stands inside a function


def made(folder, files):
    for path, source in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(source)
    return read_tree(folder)


@pytest.mark.parametrize("rule", RULES)
def test_a_small_tree_may_keep_the_rules(tmp_path, rule):
    assert complaints(made(tmp_path, GOOD), rule) == []


@pytest.mark.parametrize(("rule", "path", "source", "said"), BROKEN)
def test_a_broken_rule_is_told_with_file_and_line(tmp_path, rule, path, source, said):
    extra = {
        "benchmarks/spec/load.py": "from benchmarks.spec import Loader as g",
        "benchmarks/regression/__init__.py": "",
    }
    [line] = complaints(made(tmp_path, {**GOOD, **extra, path: source}), rule)
    assert line.startswith(f"{path}:"), line
    assert re.search(said, line), line


def test_a_crowded_folder_is_told(tmp_path):
    files = {f"datasets/cats/breed_{number}.py": "" for number in range(16)}
    [line] = complaints(made(tmp_path, {**GOOD, **files}), "crowded")
    assert line == "datasets/cats:1: 17 modules side by side, more than 16"
