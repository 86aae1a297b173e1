import copy
import re
from dataclasses import replace

from benchmarks.reporting import write_reports
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import fabricate, publish, scores_with, workspace_in

PAPER = load_paper("mtfa")


def page(workspace, name: str) -> str:
    return (workspace.reports / name).read_text()


def table_row(text: str, label: str, number: int = 0) -> list[str]:
    """The cells of the n-th row with this label."""
    rows = [line for line in text.splitlines() if re.match(rf"\| +{re.escape(label)} +\|", line)]
    return [cell.strip() for cell in rows[number].strip("|").split("|")]


def test_the_front_page_counts_every_cell_once(clips):
    text = page(clips, "README.md")
    paper = load_paper("acrnn")
    cells = sum(1 for cell in paper.cells() if cell.table in ("t3", "t4"))
    told = re.search(r"(\d+) published numbers in 2 tables: (.*)\.", text)
    assert told and int(told[1]) == cells == sum(map(int, re.findall(r"\d+", told[2])))
    assert "[acrnn.t3](acrnn/t3.md)" in text and "our reading" in text
    assert "Apart: other runs on the real files" in text


def test_what_the_spread_is_of_stands_below_the_values_that_have_one(clips):
    blocks = page(clips, "README.md").split("\n\n")
    with_spread = [number for number, block in enumerate(blocks) if block.startswith("|") and "±" in block]
    told = [number for number, block in enumerate(blocks) if block.startswith("On this page ± is")]
    assert with_spread and told == [with_spread[0] + 1]  # once on a page


def test_runs_of_another_recipe_are_left_aside_with_what_has_changed(tmp_path, monkeypatch):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1)
    monkeypatch.setattr("benchmarks.runs.plan.versions", lambda *_, **__: {"models.acrnn.ACRNNModule": 99})
    write_reports(workspace, "acrnn.t3", workspace.reports)
    told = "5 runs of `base` (acrnn, esc10, tier full, real files): `models.acrnn.ACRNNModule` is at version 99, then 1"
    assert f"- {told}" in page(workspace, "README.md")
    assert table_row(page(workspace, "acrnn/t3.md"), "convolutional RNN")[1] == "89.2"


def test_runs_left_aside_for_an_argument_or_for_other_files_say_so(tmp_path, monkeypatch):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1)
    fabricate(workspace, "base", "esc10", seeds=1, folds=(1, 2), fingerprint="f" * 16)
    [att] = setting_runs(load_paper("acrnn"), "att", "esc10", Choice(seeds=1, folds=(1,)))
    resolved = copy.deepcopy(att.resolved)
    resolved["model"]["init_args"]["dropout"] = 0.25
    publish(workspace, replace(att, resolved=resolved), scores_with("esc10", 1, 5))
    write_reports(workspace, "acrnn.t3", workspace.reports)
    text = page(workspace, "README.md")
    assert f"2 runs of `base` (acrnn, esc10, tier full, real files): other files (`{'f' * 16}`)" in text
    assert "1 run of `att` (acrnn, esc10, tier full, real files): model.init_args.dropout has changed" in text


def test_the_front_page_counts_published_numbers_and_lists_studies(three_classes_pages):
    text = three_classes_pages["README.md"]
    published = [value for value in PAPER.published.values() if value.value is not None]
    apart = r"(\d+) of the papers' tables and (\d+) that stand beside them"
    told = re.search(rf"(\d+) published numbers in 1 table, {apart}: (.*)\. (\d+) of those not run", text)
    assert told and int(told[1]) == len(published) == sum(map(int, re.findall(r"\d+", told[4])))
    unread = ("1dcrnn", "msrnn", "crnn_att")  # of whose recipes too little is known
    assert int(told[5]) == sum(1 for cell in PAPER.cells() if cell.row in unread and cell.published is not None) == 48
    baselines = [cell for cell in PAPER.cells() if cell.row in ("mlp", "gmm") and cell.published is not None]
    assert int(told[3]) == len(baselines) == 24 and int(told[2]) == len(published) - 24
    assert re.search(r"- \[mtfa\.t1\]\(mtfa/t1\.md\), tier reduced, stand-in files: \d+ cells", text)
    smoke = re.search(
        r"Besides, there ran (\d+) cells in tier smoke, generated miniature \((\d+) of mtfa\.t1\): ", text
    )
    assert smoke and smoke[1] == smoke[2] and "Counted is every cell with a run" in text
    assert "left aside" not in text and "cannot be scored" not in text
    assert "not scored here" not in text
