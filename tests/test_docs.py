"""What README, CONTRIBUTING and the guide say exists: commands, options, targets, paths, imports."""

import ast
import importlib
import inspect
import re
import shlex
import shutil
import subprocess
import types

import numpy as np
import pytest
import torch
from jsonargparse import ArgumentParser

from tests import ROOT

PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
#: Folders that the pages speak of although a fresh clone does not have them.
MADE_LATER = ("data", "runs", "cache", "build", "reports/results")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


def shell_lines() -> list[str]:
    lines = [line.partition(" #")[0] for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def make_targets() -> set[str]:
    database = subprocess.run(["make", "-qp"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"^([A-Za-z][\w.-]*):", database, re.MULTILINE))


def test_every_make_target_of_the_pages_exists():
    calls = [line.split()[1:] for line in shell_lines() if line.startswith("make ")]
    calls += [call.split() for page in PAGES for call in re.findall(r"`make ([\w. -]+)`", text(page))]
    named = {word for call in calls for word in call if "=" not in word}
    assert {"demo", "test", "acrnn.t3"} <= named
    assert named <= make_targets()


def command_lines() -> list[list[str]]:
    ticks = [call for page in PAGES for call in re.findall(r"`(python -m benchmarks[^`]*)`", text(page))]
    return [shlex.split(line) for line in shell_lines() + ticks if line.startswith("python -m benchmarks")]


@pytest.mark.parametrize("words", command_lines(), ids=" ".join)
def test_every_command_and_option_of_the_pages_exists(words):
    if words[2] == "benchmarks.regression":
        from benchmarks.regression.__main__ import parser

        parser().parse_args(words[3:])  # leaves with an error where it does not fit
        return
    if words[2] == "benchmarks.bench.borrowed":
        from benchmarks.bench.borrowed.__main__ import parser as borrowed

        borrowed().parse_args(words[3:])
        return
    command = click_command()
    arguments = words[3:]
    while arguments and hasattr(command, "commands"):
        assert arguments[0] in command.commands, words
        command = command.commands[arguments.pop(0)]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = {word for word in arguments if word.startswith("--")}
    assert options <= known, words


def click_command():
    from benchmarks.cli.main import app
    from benchmarks.cli.options import with_papers

    return with_papers(app)


def test_every_path_of_the_pages_exists():
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for page in PAGES:
        links = [link for link in re.findall(r"\]\(([^)]+)\)", text(page)) if "://" not in link]
        words = [word for word in re.findall(r"`([\w./-]+)`", text(page)) if "/" in word]
        here = (ROOT / page).parent
        for path in [here / link.partition("#")[0] for link in links] + [
            ROOT / word for word in words if word.split("/")[0] in folders and not word.startswith(MADE_LATER)
        ]:
            assert path.exists(), f"{page}: {path}"


def test_the_python_of_the_guide_fits_the_real_signatures():
    (block,) = [one for one in blocks("docs/parts.md", "python") if "Trainer(" in one]
    tree = ast.parse(block)
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.name] = getattr(importlib.import_module(node.module), alias.name)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names]
    assert {call.func.id for call in calls} == {"Trainer", "ACRNNModule", "ESC50DataModule"}
    for call in calls:
        keywords = {keyword.arg: None for keyword in call.keywords}
        cls = names[call.func.id]
        inspect.signature(cls).bind(*call.args, **keywords)
        # What a class passes on to its base is in no signature of its own.
        accepted = ArgumentParser().add_class_arguments(cls, "made", fail_untyped=False)
        assert {f"made.{name}" for name in keywords} <= set(accepted)


def test_the_plain_loop_of_the_guide_trains(miniature_esc50, tmp_path):
    (block,) = [one for one in blocks("docs/parts.md", "python") if "optimizer.step()" in one]
    place = f'"{miniature_esc50}", cache="{tmp_path}", segment_mode="random", limit=20'
    assert block.count('"data/esc50"') == 1
    module = types.ModuleType("loop")
    exec(block.replace('"data/esc50"', place), vars(module))  # the project's own text
    network, data = module.network.eval(), module.data
    assert data.validation_items and not set(data.validation_items) & set(data.train_items)
    with torch.no_grad():
        losses = [float(module.cross_entropy(network(x), y)) for x, y in data.train_dataloader()]
    assert np.isfinite(losses).all() and vars(module)["epoch"] == 2


def test_the_network_of_the_guide_fits_a_table(tmp_path, monkeypatch):
    from models.tasks.own import OwnClips, fault

    (block,) = [one for one in blocks("docs/own-network.md", "python") if "class MLP" in one]
    (tmp_path / "mynet_of_the_guide.py").write_text(block, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    shape = (2, 128, 128)
    module = OwnClips("mynet_of_the_guide.MLP", {"hidden": 4}, num_classes=10, input_shape=shape)
    assert fault(module, torch.ones(3, *shape), torch.zeros(3, 10), "clips") is None


def test_the_worked_paper_loads(tmp_path):
    from benchmarks.spec import load_paper

    (paper,) = [block for block in blocks("CONTRIBUTING.md", "yaml") if block.startswith("id: scenes")]
    (columns,) = re.findall(r"t1\.csv\s+# ([\w,]+)", text("CONTRIBUTING.md"))
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "paper.yaml").write_text(paper, encoding="utf-8")
    (tmp_path / "scenes" / "t1.csv").write_text(f"{columns}\nplain,Network,70.0,72.0,71.0\n")
    loaded = load_paper("scenes", tmp_path)
    assert loaded.classes["models.scenes.SceneModule"].choices["place_of_dropout"].origin == "assumed"
    cells = {cell.column: cell for cell in loaded.cells()}
    assert [cells[name].fold for name in ("fold1", "fold2")] == [1, 2] and len(cells["average"].parts) == 2


def example(docstring: str) -> dict:
    """The names that a worked example defines which says that it is a certain file."""
    (block,) = [one for one in blocks("CONTRIBUTING.md", "python") if one.startswith(f'"""{docstring}')]
    module = types.ModuleType("example")
    exec(block, vars(module))  # the project's own text
    return vars(module)


def test_the_worked_metric_computes():
    import pandas as pd

    from benchmarks.runs.scores import Scores

    (metric,) = example("benchmarks/metrics/")["METRICS"]
    scores = Scores(("a", "b"), ("level",), np.array([[-20.0], [-30.0]]), "linear")
    value = metric.compute(scores, pd.DataFrame({"level": [-21.0, -27.0]}, index=["a", "b"]))
    assert value.value == 2.0 and metric.kind.name == "levels of clips"


def test_the_worked_figure_draws():
    from types import SimpleNamespace as Plain

    cell = Plain(label="a row", unit="%")
    cells = [Plain(cell=cell, mean=50.0, evidence=Plain(seed_values={0: 49.0, 1: 51.0}))]
    asked = Plain(cells=cells, result=Plain(table_id="t1", table=Plain(title="a table")), variant=Plain(name="full"))
    (figure,) = example("benchmarks/reporting/figures/")["Seeds"](title="area").figures(asked)
    assert figure.name == "seeds_t1_full" and b"</svg>" in figure.draw()


def test_tables_named_in_the_readme_are_those_of_the_papers():
    from benchmarks.spec import load_paper, paper_ids

    row = {match[1]: match[0] for match in re.findall(r"^(\| `(\w+)`:.*)$", text("README.md"), re.MULTILINE)}
    assert sorted(row) == paper_ids()
    for paper, line in row.items():
        assert re.findall(r"`(t\d+)`", line) == list(load_paper(paper).tables)


@pytest.mark.parametrize(
    "page", [*PAGES, "Makefile", "Dockerfile", "CITATION.cff", ".ci/run", ".ci/lock_check.py", "requirements.lock"]
)
def test_nothing_names_a_machine_or_an_index(page):
    assert not re.search(r"/(work|tmp|home|root|opt|Users)/|file://|pypi|index-url", text(page))


def test_the_readme_tells_the_results_that_the_committed_reports_tell():
    (told,) = re.findall(r"<!-- from reports/README.md -->\n(.*?)\n<!-- end -->", text("README.md"), re.DOTALL)
    report = text("reports/README.md")
    assert told == report[report.index("\n\n") + 2 : report.index("\n\n|")], "copy the first lines of the report"


def test_the_guide_begins_with_links_to_all_of_its_documents():
    linked = re.findall(r"\]\(([\w-]+\.md)\)", text("docs/README.md"))
    assert sorted(f"docs/{name}" for name in linked) == sorted(set(PAGES[2:]) - {"docs/README.md"})
    assert all(f"](docs/{name})" in text("README.md") for name in linked)


def test_the_papers_that_are_run_again_are_cited():
    import yaml

    from benchmarks.spec import load_paper, paper_ids

    cited = {one["title"].lower(): one for one in yaml.safe_load(text("CITATION.cff"))["references"]}
    for paper in map(load_paper, paper_ids()):
        one = cited[paper.title.lower()]
        assert one["year"] == paper.year
        assert all(author["family-names"] in paper.authors for author in one["authors"])


def test_the_container_does_what_the_readme_says():
    steps = [line.partition(" ") for line in text("Dockerfile").splitlines() if re.match(r"[A-Z]+ ", line)]
    assert ("FROM", "${BASE}") in [(word, value) for word, _, value in steps]
    assert steps[-1][0] == "CMD" and ast.literal_eval(steps[-1][2]) == ["make", "demo"]
    assert {"setup", "demo"} <= make_targets()


@pytest.mark.slow
@pytest.mark.skipif(
    not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode != 0,
    reason="there is no docker that runs",
)
def test_the_container_builds_and_runs_the_demo():
    subprocess.run(["docker", "build", "--tag", "resound-test", ROOT], check=True)
    subprocess.run(["docker", "run", "--rm", "resound-test"], check=True)


def test_the_check_of_a_fresh_clone_runs_every_step():
    script = text(".ci/run")
    assert script.startswith("#!/usr/bin/env bash")
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)
    for target in ("setup", "lint", "test", "regression"):
        assert re.search(rf"^for target in .*\b{target}\b", script, re.MULTILINE)


@pytest.mark.parametrize(("row", "value"), [("knn", 66.75), ("svm", 67.5)])
def test_a_stored_run_is_scored_by_the_order_that_the_guide_and_the_paper_file_tell(row, value):
    """By NumPy alone, of fits whose clips are often tied: the order of the file would give another value."""
    from benchmarks.spec import load_paper
    from datasets.esc50 import ESC50
    from datasets.esc50.layout import CATEGORIES

    order = list(ESC50.label_order(subset="esc10"))
    told_of = load_paper("acrnn").tables["t1"].rows[row].protocol["order_of_classes"]
    assert ", ".join(order) in told_of.value and "which gives 67.25 for KNN and SVM" in told_of.value
    assert told_of.status == "fitted"  # published folds chose between the two orders
    assert ", ".join(order) in " ".join(text("docs/read.md").split())
    told, in_file = [], []
    for run in (ROOT / "reports" / "results").glob(f"acrnn-esc10-{row}-full-f*-s0-*"):
        with np.load(run / "scores_test.npz") as file:
            classes, scores, items = list(file["classes"]), file["scores"].mean(axis=1), file["items"]
        true = np.array([CATEGORIES[int(str(item).removesuffix(".wav").rpartition("-")[2])] for item in items])
        reordered = scores[:, [classes.index(name) for name in order]]
        told.append(100 * np.mean(np.array(order)[reordered.argmax(axis=1)] == true))
        in_file.append(100 * np.mean(np.array(classes)[scores.argmax(axis=1)] == true))
    assert len(told) == 5 and np.mean(told) == pytest.approx(value) and np.mean(in_file) == pytest.approx(67.25)
