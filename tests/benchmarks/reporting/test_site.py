import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.audit import isolated as checks
from benchmarks.errors import InputError
from benchmarks.judge.results import Results
from benchmarks.judge.table import CellResult, Variant
from benchmarks.reporting import print_tables, write_reports
from benchmarks.reporting.drawing import style as drawing
from benchmarks.reporting.render.blocks import Bullets, Folded, Footnotes, Grid, Heading, Page, Text
from benchmarks.reporting.render.html import site_html
from benchmarks.reporting.render.markdown import grid_markdown, page_markdown
from benchmarks.reporting.wording import published, reproduced, runs, sentence, verdict
from benchmarks.runs.plan import Choice
from benchmarks.spec import Protocol, load_paper
from tests import ROOT
from tests.benchmarks.fabricated_runs import fabricate, fabricate_120, items_of, workspace_in


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A workspace with 120 stored runs of tables 3 and 4, and its report."""
    workspace = workspace_in(tmp_path_factory.mktemp("stored"))
    fabricate_120(workspace)
    assert len(list(workspace.ledger.finished())) == 120
    for table in ("acrnn.t3", "acrnn.t4"):
        write_reports(workspace, table, workspace.reports)
    return workspace


def page(workspace, name: str) -> str:
    return (workspace.reports / name).read_text()


def table_row(text: str, label: str, number: int = 0) -> list[str]:
    """The cells of the n-th row with this label."""
    rows = [line for line in text.splitlines() if re.match(rf"\| +{re.escape(label)} +\|", line)]
    return [cell.strip() for cell in rows[number].strip("|").split("|")]


# -- pages -------------------------------------------------------------------------------------------------------------


def test_a_row_tells_published_reproduced_exact_count_runs_and_verdict(stored):
    text = page(stored, "acrnn/t3.md")
    row = table_row(text, "+ attention + augment")
    wrong = 5 * (4 + 5 + 6)  # per fold 4 wrong of 80, one more for each further seed
    mean = 100 * (1200 - wrong) / 1200
    assert row[1:5] == ["93.7", f"{mean:.2f} ± 1.25", "93.7", f"{1200 - wrong}/1200"]
    assert row[6] == "3 × 5"
    assert row[8].startswith("our reading[^")
    assert "training folds (inferred): the four official folds" in text
    assert "margin ± 2.5" in text and "at half / double margin" in text


def test_one_seed_has_no_spread_and_no_verdict_without_another(stored):
    row = table_row(page(stored, "acrnn/t4.md"), "attention at l10", number=1)
    assert row[2] == "85.00" and "±" not in row[2] and row[5] == "–"
    assert row[7].startswith("undecided[^")
    assert "One seed has no spread" in page(stored, "acrnn/t4.md")


def test_a_setting_with_one_seed_is_judged_by_the_spread_of_the_others(stored):
    row = table_row(page(stored, "acrnn/t4.md"), "attention at l2 (softmax)")
    assert row[2] == "92.50" and row[6] == "1 × 5" and "…" in row[5]


def test_other_tiers_stand_apart_and_earn_no_verdict(stored):
    above, _, below = page(stored, "acrnn/t3.md").partition("## Apart from the table: tier reduced, real files")
    assert "75.00" not in above and table_row(below, "+ augment")[1] == "75.00"
    assert "paper, tier full" in below
    head = next(line for line in below.splitlines() if line.startswith("| row"))
    assert "verdict" not in head


def test_a_page_links_its_figures_folds_claims_data_and_provenance(stored):
    text = page(stored, "acrnn/t3.md")
    for part in ("## Claims", "Folds of ESC-10", "### Data: ESC-10", "no source file crosses folds", "Abacus (cpu, 2"):
        assert part in text
    assert "320 of 320 clips" in text and "`c0dec0dec0`" in text and "70 h 00 min" in text
    figures = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert {"figures/bars_t3_full.svg", "figures/confusion_att_aug_esc10_full.svg"} <= set(figures)
    for figure in figures:
        content = (stored.reports / "acrnn" / figure).read_text()
        assert content.rstrip().endswith("</svg>") and "dc:date" not in content
    assert (stored.reports / "acrnn" / "figures" / "dots_t4_full.svg").exists()


def test_the_front_page_counts_every_cell_once(stored):
    text = page(stored, "README.md")
    paper = load_paper("acrnn")
    cells = sum(1 for cell in paper.cells() if cell.table in ("t3", "t4"))
    told = re.search(r"(\d+) published numbers in 2 tables: (.*)\.", text)
    assert told and int(told[1]) == cells == sum(map(int, re.findall(r"\d+", told[2])))
    assert "[acrnn.t3](acrnn/t3.md)" in text and "our reading" in text
    assert "Apart: shorter schedules" in text
    assert "## Errors and contradictions" in page(stored, "acrnn/README.md")


def test_report_json_has_the_fields_of_the_contract(stored):
    cells = json.loads(page(stored, "report.json"))["cells"]
    names = {"id", "published", "mean", "low", "high", "n_runs", "tier", "corpus", "verdict", "protocol"}
    assert all(set(cell) == names for cell in cells)
    first = next(cell for cell in cells if cell["id"] == "acrnn.t3.att_aug.esc10")
    assert (first["published"], first["mean"], first["n_runs"]) == (93.7, 93.75, 15)
    assert first["low"] < 93.75 < first["high"] and first["protocol"] == "our reading"
    tiers = [cell["tier"] for cell in cells]
    assert tiers == sorted(tiers) and set(tiers) == {"full", "reduced"}
    assert all(cell["verdict"] is None for cell in cells if cell["tier"] == "reduced")
    absent = next(cell for cell in cells if cell["id"] == "acrnn.t3.base.esc50")
    assert (absent["mean"], absent["n_runs"], absent["verdict"]) == (None, 0, "not yet run")


def test_the_html_page_needs_nothing_beside_it(stored):
    text = page(stored, "index.html")
    assert text.count("data:image/svg+xml;base64,") >= 5
    assert not re.search(r'(src|href)="(https?:|//|figures)', text)
    targets = set(re.findall(r'href="#([^"]+)"', text))
    assert targets <= set(re.findall(r'id="([^"]+)"', text))


def test_a_report_is_the_same_bytes_again_without_torch(stored, tmp_path):
    first = {path.relative_to(stored.reports): path.read_bytes() for path in stored.reports.rglob("*.*")}
    code = (
        "import sys; from pathlib import Path; from benchmarks.reporting import write_reports;"
        "from benchmarks.runs.workspace import Workspace; w = Workspace.here();"
        "write_reports(w, 'acrnn.t3', w.reports); write_reports(w, 'acrnn.t4', w.reports);"
        "print([name for name in ('torch', 'librosa') if name in sys.modules])"
    )
    folders = {"RESOUND_RUNS": stored.runs, "RESOUND_CACHE": tmp_path / "cache", "RESOUND_REPORTS": tmp_path / "again"}
    environment = {**os.environ, **{name: str(path) for name, path in folders.items()}, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
    again = {path.relative_to(tmp_path / "again"): path.read_bytes() for path in (tmp_path / "again").rglob("*.*")}
    assert again == first


# -- single cells ------------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path):
    return workspace_in(tmp_path)


def result_of(workspace, table: str, cell: str) -> CellResult:
    return next(one for one in Results(workspace).table(table).main if one.cell.id == cell)


def test_deterministic_fits_are_judged_from_one_seed(workspace):
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision")
    fabricate(workspace, "svm", "esc10", wrong=40, kind="decision")
    knn = result_of(workspace, "acrnn.t1", "acrnn.t1.knn.esc10")
    assert (knn.mean, knn.status, knn.protocol) == (66.25, "reproduced", "our reading")
    assert result_of(workspace, "acrnn.t1", "acrnn.t1.svm.esc10").status == "deviates"


def test_controls_stand_apart_and_count_for_nothing(workspace):
    fabricate(workspace, "knn_decoded", "esc10", wrong=27, kind="decision")
    table = Results(workspace).table("acrnn.t1")
    assert [one.cell.id for one in table.controls[Variant()]] == ["acrnn.t1.knn_decoded.esc10"]
    assert sum(table.counts.values()) == 24
    write_reports(workspace, "acrnn.t1", workspace.reports)
    told = page(workspace, "acrnn/t1.md")
    assert "## Controls" in told
    assert table_row(told, "KNN [21], clips decoded")[2].startswith("66.25")


def test_missing_folds_are_told_and_nothing_is_averaged(workspace):
    fabricate(workspace, "base", "esc10", folds=(1, 2, 4), seeds=1)
    one = result_of(workspace, "acrnn.t3", "acrnn.t3.base.esc10")
    assert (one.status, one.mean, reproduced(one), runs(one)) == ("incomplete", None, "3 of 5 folds", "3 of 5")


def test_runs_of_another_recipe_are_left_aside_and_counted(workspace, monkeypatch):
    fabricate(workspace, "base", "esc10", seeds=1)
    monkeypatch.setattr("benchmarks.runs.plan.versions", lambda *_: {"models.acrnn.ACRNNModule": 99})
    write_reports(workspace, "acrnn.t3", workspace.reports)
    assert "have changed since: 5." in page(workspace, "README.md")
    assert "not yet run" in table_row(page(workspace, "acrnn/t3.md"), "convolutional RNN")[7]


def test_a_corrected_value_stands_beside_the_printed_one(workspace):
    one, notes = result_of(workspace, "acrnn.t1", "acrnn.t1.alexnet.esc50"), Footnotes()
    assert published(one, notes) == "78.7, corrected 63.2[^1]"
    assert "rows mix columns" in notes.texts[0]
    assert verdict(one, notes) == "quoted[^2]" and "network is not part" in notes.texts[1]


def test_a_proven_difference_of_protocols_is_refused_and_named(workspace):
    fabricate(workspace, "base", "esc10")
    one = result_of(workspace, "acrnn.t3", "acrnn.t3.base.esc10")
    other = Protocol(value="three folds", status="stated", where="code", ours="four folds")
    protocol = {**one.cell.protocol, "training_folds": other}
    refused = CellResult(one.cell.model_copy(update={"protocol": protocol}), Variant(), one.evidence, one.verdict)
    notes = Footnotes()
    assert (refused.status, refused.protocol, verdict(refused, notes)) == ("refused", "differs", "refused[^1]")
    assert notes.texts == ["No verdict: training folds: the paper has three folds, ours four folds."]


def test_generated_files_are_never_set_beside_published_values(workspace, capsys):
    fabricate(workspace, "att_aug", "esc10", wrong=70, tier="smoke", corpus="miniature")
    print_tables(workspace, "acrnn.t3", Choice("smoke", "miniature"))
    text = capsys.readouterr().out
    assert "12.50" in text and "93.7" not in text and "no verdict" in text
    assert (workspace.runs / "report" / "acrnn" / "t3.md").exists() and not workspace.reports.exists()
    assert not (workspace.runs / "report" / "acrnn" / "figures").exists()
    assert "tier smoke, generated miniature" in (workspace.runs / "report" / "README.md").read_text()


def test_what_trained_nothing_still_has_its_page(workspace):
    written = write_reports(workspace, "acrnn.t3", workspace.reports)
    assert workspace.reports / "acrnn" / "t3.md" in written
    assert "not yet run" in page(workspace, "acrnn/t3.md")
    with pytest.raises(InputError, match=r"unknown target 'acrnn.t9'"):
        write_reports(workspace, "acrnn.t9", workspace.reports)


def test_a_full_disk_is_one_line(workspace, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"README.md: cannot be written \(No space left on device\)"):
        write_reports(workspace, "acrnn.t3", workspace.reports)


# -- audits ------------------------------------------------------------------------------------------------------------


def test_networks_are_counted_elsewhere_and_once(workspace, monkeypatch):
    paper = load_paper("acrnn")
    asked = []
    found = {"id": "acrnn.t2.crnn.params_M", "published": 3.81, "computed": 3.8079, "holds": True, "note": None}
    monkeypatch.setattr(checks, "_audit_elsewhere", lambda target: asked.append(target) or {"checks": [found]})
    for _ in range(2):
        assert checks.table_checks(paper, "t2", workspace.cache) == [found]
    assert asked == ["acrnn.t2"]
    entries = [entry.model_copy(update={"note": "changed"}) for entry in paper.audit.checks]
    changed = paper.model_copy(update={"audit": paper.audit.model_copy(update={"checks": entries})})
    checks.table_checks(changed, "t2", workspace.cache)
    assert len(asked) == 2
    write_reports(workspace, "acrnn.t2", workspace.reports)
    row = table_row(page(workspace, "acrnn/t2.md"), "convolutional RNN (Ours)")
    assert [row[2].partition("[")[0], *row[3:]] == ["3.81", "3.8079", "3.81", "**holds**"]


def test_an_audit_that_fails_elsewhere_is_one_line():
    with pytest.raises(InputError, match="audit of nonsense failed: unknown paper"):
        checks._audit_elsewhere("nonsense")


# -- blocks ------------------------------------------------------------------------------------------------------------


def test_a_grid_is_aligned_and_its_bars_are_escaped():
    text = grid_markdown(Grid(("row", "value"), [("a|b", "1"), ("c", "22.50")]))
    assert text.splitlines() == [
        r"| row  | value |", r"| ---- | ----: |", r"| a\|b |     1 |", r"| c    | 22.50 |",
    ]  # fmt: skip


def test_markdown_and_html_say_the_same_and_html_escapes():
    notes = Footnotes()
    blocks = [
        Heading("<b> & more"),
        Text(f"**bold** `code` [t3](t3.md){notes.mark('why <i>')}{notes.mark('why <i>')}"),
        Folded("more", [Bullets(["*one*", "two"])]),
    ]
    one = Page("acrnn/t1", "title", blocks, notes)
    assert page_markdown(one).endswith("[^1]: why <i>\n") and "[t3](t3.md)[^1][^1]" in page_markdown(one)
    html = site_html([one, Page("acrnn/t3", "t3", [])], {})
    assert "<h2>&lt;b&gt; &amp; more</h2>" in html and "why &lt;i&gt;" in html
    assert '<a href="#acrnn/t3">t3</a>' in html and '<a href="#acrnn/t1-1">1</a>' in html
    assert "<li><em>one</em></li>" in html and "<strong>bold</strong> <code>code</code>" in html


def test_sentences_begin_and_end():
    assert sentence("why\n not") == "Why not." and sentence("Done!") == "Done!"


# -- figures -----------------------------------------------------------------------------------------------------------


def test_a_confusion_matrix_marks_its_groups():
    counts = np.diag([5] * 20)
    counts[3, 7] = 42
    classes = [f"class_{number}" for number in range(20)]
    text = drawing.draw_confusion(counts, classes, {"animals": 12, "weather": 8}, "Toy").decode()
    for word in ("animals", "weather", "class 19", ">42<", "true", "decided"):
        assert word in text
    assert text.encode() == drawing.draw_confusion(counts, classes, {"animals": 12, "weather": 8}, "Toy")


def test_panels_share_their_rows():
    def mark(label: str) -> drawing.Mark:
        return drawing.Mark(label, 50.0, (40.0, 60.0), None)

    assert drawing._labels({"a": [mark("y")], "b": [mark("x"), mark("y")], "c": [mark("z")]}) == ["x", "y", "z"]
    text = drawing.draw_dots({"a": [mark("y")], "b": [mark("x"), mark("y")]}, "%", "published").decode()
    assert text.count(">x<") == text.count(">y<") == 1 and "a (%)" in text and "b (%)" in text


def test_probes_of_one_number_per_step_become_a_figure(workspace, monkeypatch):
    drawn = []
    monkeypatch.setattr(drawing, "draw_steps", lambda *given: drawn.append(given) or b"<svg></svg>")
    fabricate(workspace, "l2_sigmoid", "esc10", seeds=1)
    runs = sorted(workspace.ledger.finished(), key=lambda one: one.run.fold)
    items = [item for item in items_of("esc10", 1) if item.startswith("1-1") and "0-A" in item]
    weights = np.linspace(0, 1, len(items) * 12).reshape(len(items), 12)
    np.savez(runs[0].folder / "probes.npz", items=np.array(items), attention=weights)
    written = write_reports(workspace, "acrnn.t4", workspace.reports)
    assert workspace.reports / "acrnn" / "figures" / "attention_l2_sigmoid_esc10_full.svg" in written
    values, labels, title, quantity = drawn[0]
    np.testing.assert_allclose(values, weights)
    assert labels[:2] == ["dog", "rooster"] and quantity == "attention"
    assert title == "attention at l2 (sigmoid): ESC-10, fold 1, seed 0"
