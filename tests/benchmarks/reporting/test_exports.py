"""Tables as LaTeX, CSV and JSON say what the pages say, and nothing in them is more than text."""

import csv
import io
import json
import math
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from benchmarks.cli.main import run_command_line
from benchmarks.errors import InputError
from benchmarks.judge.results import Results
from benchmarks.reporting import export_tables, wording
from benchmarks.reporting.exports import HEAD, exported
from benchmarks.reporting.render.blocks import Grid
from benchmarks.reporting.render.json_data import report_data
from benchmarks.reporting.render.latex import HIGH, escaped, floating
from benchmarks.spec import load_paper, paper_ids
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import judged_without_audit
from tests.benchmarks.judge.own.test_rows import changed, trained


@pytest.fixture(scope="module")
def table(clips):
    return Results(clips).table("acrnn.t3")


@pytest.fixture(scope="module")
def own_workspace(tmp_path_factory):
    """The paper's row on two folds, and rows of somebody's own on two and on one."""
    workspace = workspace_in(tmp_path_factory.mktemp("own"))
    trained(workspace, load_paper("acrnn"), "base", 40)
    trained(workspace, *changed("model.dropout=0.1"), wrong=10)
    trained(workspace, *changed("model.dropout=0.2"), wrong=40, folds=(1,))
    return workspace


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def as_text(name, value, decimals):
    is_printed = value is not None and name in ("published", "corrected", "ours", "low", "high")
    return f"{value:.{decimals}f}" if is_printed else "" if value is None else str(value)


def test_csv_has_the_digits_of_the_page_and_no_protocol_where_nothing_is_trained(tmp_path):
    results = Results(workspace_in(tmp_path))
    rows = {row["cell"]: row for row in parsed(exported(map(results.table, ("acrnn.t1", "acrnn.t2")), "csv"))}
    assert rows["acrnn.t1.soundnet.esc10"]["protocol"] == "" == rows["acrnn.t2.crnn.params_M"]["protocol"]
    told = [rows[f"acrnn.t1.{row}.esc10"]["protocol"] for row in ("knn", "rf")]
    assert told == ["fitted reading", "our reading"]
    events = parsed(exported([results.table("mtfa.t1")], "csv"))
    assert next(row for row in events if row["cell"] == "mtfa.t1.mlp.eval.babycry.er")["published"] == "0.80"


@pytest.mark.parametrize(
    ("target", "cells"),
    [
        ("acrnn.t3.att", {"acrnn.t3.att.esc10", "acrnn.t3.att.esc50"}),
        ("acrnn.t3.esc10", {f"acrnn.t3.{row}.esc10" for row in ("base", "att", "aug", "att_aug")}),
        ("acrnn.t3.att.esc10", {"acrnn.t3.att.esc10"}),
    ],
)
def test_a_part_of_a_table_is_exported_alone(clips, target, cells):
    papers = [row for row in parsed(export_tables(clips, target, "csv")) if row["whose"] == "paper"]
    assert {row["cell"] for row in papers} == cells
    text = export_tables(clips, target, "latex")
    assert text.count(" & ") == (1 + len({cell.split(".")[2] for cell in cells})) * len({one[-2:] for one in cells})


def test_controls_are_no_rows_of_a_papers_table(clips):
    with pytest.raises(InputError, match=r"acrnn\.t3\.controls: names no row .* --format csv"):
        export_tables(clips, "acrnn.t3.controls", "latex")


def test_csv_and_json_hold_the_numbers_of_the_pages(table):
    rows, found = parsed(exported([table], "csv")), json.loads(exported([table], "json"))
    (described,) = found["tables"]
    assert described["id"] == "acrnn.t3" and described["columns"]["esc10"]["margin"] == 2.5
    assert tuple(rows[0]) == tuple(described["cells"][0]) == HEAD
    by_cell = {one.cell.id: one for one in table.main}
    ran = 0
    for row, cell in zip(rows, described["cells"], strict=True):
        assert row == {name: as_text(name, value, cell["decimals"]) for name, value in cell.items()}
        if (row["tier"], row["corpus"]) != ("full", "real") or row["cell"] not in by_cell:
            assert row["state"] in ("no verdict", "incomplete")
            continue
        one = by_cell[row["cell"]]
        assert f"{float(row['published']):.{one.cell.decimals}f}" == wording.published(one)
        assert row["state"] == one.counted
        if one.mean is not None:
            ran += 1
            assert f"{float(row['ours']):.{one.cell.decimals}f}" == wording.as_printed(one)
            low_high = (float(row["low"]), float(row["high"])) if row["low"] else None
            assert wording.span(low_high, one.cell.decimals) == wording.span(one.interval, one.cell.decimals)
    assert ran >= 2


def test_every_form_has_the_numbers_that_follow_by_hand(tmp_path):
    """Per fold 8, 9, 10 of 80 clips are wrong, and 24, 25, 26: 88.75 and 68.75 ± 1.7247 x √(1.25² / 5 x 4 / 3) + 0.05.

    That is Student's t for 90 % with 20 degrees of freedom, and half a unit of what is printed: ± 1.16.
    """
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", wrong=8)
    fabricate(workspace, "att", "esc10", wrong=24)
    table = judged_without_audit(workspace, "acrnn.t3")["acrnn.t3"]
    names = ("published", "ours", "low", "high", "mean", "state", "seeds_folds", "unit")
    rows = {row["cell"]: tuple(row[name] for name in names) for row in parsed(exported([table], "csv"))}
    assert rows["acrnn.t3.base.esc10"] == ("89.2", "88.7", "87.6", "89.9", "88.75", "reproduced", "3 × 5", "%")
    assert rows["acrnn.t3.att.esc10"] == ("91.7", "68.7", "67.6", "69.9", "68.75", "deviates", "3 × 5", "%")
    assert rows["acrnn.t3.att.esc50"] == ("81.3", "", "", "", "", "not yet run", "", "%")
    cells = json.loads(exported([table], "json"))["tables"][0]["cells"]
    (found,) = [one for one in cells if one["cell"] == "acrnn.t3.base.esc10"]
    assert [found[name] for name in names[:5]] == [89.2, 88.7, 87.6, 89.9, 88.75]
    text = exported([table], "latex")
    assert r"convolutional RNN & 89.2 / 88.7 [87.6 \ldots{} 89.9]$^{\mathrm{R,o}}$ & 79.9 / -- \\" in text
    assert r"+ attention & 91.7 / 68.7 [67.6 \ldots{} 69.9]$^{\mathrm{D,o}}$ & 81.3 / -- \\" in text


def test_every_form_to_read_tells_what_is_amiss_with_the_files(tmp_path):
    workspace, summary = workspace_in(tmp_path), "30 of 400 clips (v1 OGG): 370 missing"
    flawed = {"census": {"complete": False, "summary": summary}}
    fabricate(workspace, "knn", "esc10", folds=(1,), seeds=1, kind="decision", data=flawed)
    table = Results(workspace).table("acrnn.t1")
    rows, (described,) = parsed(exported([table], "csv")), json.loads(exported([table], "json"))["tables"]
    for found, nothing in ((rows, ""), (described["cells"], None)):
        told = {one["cell"]: one["flaw"] for one in found}
        assert told.pop("acrnn.t1.knn.esc10") == summary and set(told.values()) == {nothing}


def test_latex_has_the_papers_rows_and_columns_and_is_balanced(table):
    text = exported([table], "latex")
    for opened in ("table", "tabular"):
        assert text.count(f"\\begin{{{opened}}}") == text.count(f"\\end{{{opened}}}") == 1
    assert all(text.count(rule) == 1 for rule in ("\\toprule", "\\midrule", "\\bottomrule"))
    body = text[text.index("\\toprule") : text.index("\\bottomrule")]
    lines = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(lines) == 1 + len(table.table.rows) and {line.count(" & ") for line in lines} == {2}
    one = next(one for one in table.main if one.mean is not None)
    shown = f"{wording.published(one)} / {wording.as_printed(one)} [{wording.span(one.interval, 1)}]"
    assert escaped(shown) in text and re.search(r"\$\^\{\\mathrm\{[RDU](,[a-z])*\}\}\$", text)
    assert text.count("{") == text.count("}") and all(ord(character) < 128 for character in text)


def test_latex_has_the_marks_of_the_page_and_what_they_mean_below(table, tmp_path):
    one = next(one for one in table.main if one.mean is not None and one.protocol == "our reading")
    off = replace(one, cell=one.cell.model_copy(update={"corrected": 93.1}))
    main = tuple(off if each is one else each for each in table.main)
    text = exported([replace(table, main=main)], "latex")
    assert re.search(r"corrected 93\.1 / \d+\.\d[^&]*\$\^\{\\mathrm\{[RDU],o,c\}\}\$", text)
    legend = text.partition("\\end{tabular}")[2]
    assert "o: our reading of an open protocol" in legend and "c: the published value is corrected" in legend
    assert "reading" not in text.partition("\\begin{tabular}")[0] and "q: " not in legend
    quoted = exported([Results(workspace_in(tmp_path)).table("acrnn.t1")], "latex")
    assert "$^{\\mathrm{q}}$" in quoted and "q: quoted, not run here" in quoted.partition("\\end{tabular}")[2]


def test_exports_say_whose_row_it_is_of_which_folds_and_how_ours_was_shortened(scene_table, clips):
    rows = {(row["cell"], row["corpus"]): row for row in parsed(exported([scene_table], "csv"))}
    average = rows["pbcnn.t2.average.cnn", "standin"]
    assert (average["partial"], average["whose"], average["brought"]) == ("fold 1 of 4", "paper", "rounded")
    assert rows["pbcnn.t2.fold1.cnn", "standin"]["partial"] == ""
    cut = [row for row in parsed(exported([Results(clips).table("acrnn.t3")], "csv")) if row["ours"]]
    assert {row["brought"] for row in cut} == {"cut"} and {row["mean_alone"] for row in cut} == {"False"}


def test_nothing_published_stands_beside_what_ran_on_other_files(scene_table, tag_tables, table):
    tables = [scene_table, *tag_tables.values(), table]
    for rows in (parsed(exported(tables, "csv")), report_data(tables)["cells"]):
        others = [row for row in rows if row["corpus"] != "real"]
        assert others and not any(row["published"] or row["corrected"] for row in others)
        assert any(row["published"] for row in rows if row["corpus"] == "real" and row["tier"] == "full")
        assert all(row["published"] for row in rows if row["corpus"] == "real" and row["tier"] == "reduced")
    apart = [row for row in parsed(exported([scene_table], "csv")) if row["corpus"] == "standin"]
    assert apart and all(row["ours"] for row in apart)


def test_what_is_no_number_is_nothing(table):
    one = next(one for one in table.main if one.mean is not None)
    odd = replace(one, verdict=replace(one.verdict, low=-math.inf, high=math.inf))
    (cell,) = json.loads(exported([replace(table, main=(odd,), others={}, controls={})], "json"))["tables"][0]["cells"]
    assert cell["low"] is None and cell["high"] is None and cell["mean"] == one.mean


def test_columns_stand_in_the_groups_of_the_paper(tag_tables):
    text = exported([tag_tables["t3"]], "latex")
    assert r"\multicolumn{2}{c}{OM} & \multicolumn{2}{c}{AM} \\" in text and r"\cmidrule(lr){2-3}" in text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (r"\input{secret} & 50 % of $x_1^2$ #~", None),
        ("**bold**[^3]", "bold"),
        ("a\n\n\\end{table}", None),
        ("± 2.5 … “x”", r"$\pm$ 2.5 \ldots{} ``x''"),
    ],
)
def test_no_text_is_a_command(text, safe):
    found = escaped(text)
    assert safe in (None, found) and "\n" not in found
    for command in re.findall(r"\\[a-z]+", found):
        assert command in (r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\pm", r"\ldots")
    bare = re.sub(r"\\[&%$#_{}]|\$\\pm\$", "", found)
    assert not re.search(r"[&%$#_~^]", bare)


def test_a_row_that_begins_with_a_bracket_is_no_argument_of_the_line_above():
    assert "\n{}[21] & 1 \\\\" in floating("", "", [Grid(("row", "x"), [("a", "2"), ("[21]", "1")])])


def test_a_caption_says_what_the_table_has_and_no_more(tmp_path):
    workspace = workspace_in(tmp_path)
    empty = exported([Results(workspace).table("acrnn.t3")], "latex")
    assert "). Published values, in \\%.}" in empty and "interval" not in empty and "not run" not in empty
    fabricate(workspace, "att_aug", "esc10", wrong=4, seeds=1)
    one_seed = exported([Results(workspace).table("acrnn.t3")], "latex")
    assert "interval" not in one_seed and "--: not run." in one_seed.partition("\\end{tabular}")[2]
    assert "Ours is cut to the decimals" in one_seed
    fabricate(workspace, "att_aug", "esc10", wrong=4)
    assert "in \\%, with the 90 \\% interval" in exported([Results(workspace).table("acrnn.t3")], "latex")


def test_rows_that_are_not_the_papers_have_a_table_of_their_own(own_workspace):
    text = exported([Results(own_workspace).table("acrnn.t3")], "latex")
    papers, own = text.split("\\label{tab:acrnn.t3}")[1].split("\\label{tab:acrnn.t3.own.reduced}")
    assert re.search(
        r"rows that are not the paper's \(base dropout 0\.\d, base dropout 0\.\d\)", papers.rpartition("\\caption")[2]
    )
    assert "base dropout" not in papers.partition("\\end{table}")[0]
    rows = [line.partition(" & ")[0] for line in own.splitlines() if " & " in line]
    assert sorted(rows) == ["base dropout 0.1", "base dropout 0.2", "convolutional RNN", "row"]
    assert "87.50 (folds 1, 2 of 5)" in own


def test_wide_tables_are_set_smaller_or_parted_between_groups_and_long_ones_go_on():
    entry = f"90.55 / 91.20 [90.10 … 92.30]{HIGH}R"

    def made(columns: int, rows: int) -> str:
        head, above = ("row", *map(str, range(columns))), [("", 1), *([("group", 2)] * (columns // 2))]
        return floating("A table.", "tab:a", [Grid(head, [("row", *[entry] * columns)] * rows, above=above)])

    assert "\\small\n" not in made(2, 3) and made(2, 3).count("\\begin{tabular}{lrr}") == 1
    assert "\\footnotesize" in made(8, 3) and made(8, 3).count("\\begin{tabular}{lrr}") == 4
    assert made(8, 3).count("\\begin{table}") == 1 and made(8, 30).count("\\begin{table}") == 4
    assert made(8, 30).count("A table. Continued.") == 3 and "\\label{tab:a.2}" in made(8, 30)


#: As wide as most journals set a page.
DOCUMENT = (
    "\\documentclass{{article}}\n\\usepackage[a4paper,margin=2cm]{{geometry}}\n\\usepackage{{booktabs}}\n"
    "\\begin{{document}}\n{}\\end{{document}}\n"
)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed, so no table is set")
def test_every_table_is_set_and_fits_the_page(
    table, tag_tables, scene_table, three_classes_table, own_workspace, tmp_path
):
    """Those with made-up runs, with all that may stand in them, and of the others what is published."""
    made = [table, tag_tables["t3"], scene_table, three_classes_table, Results(own_workspace).table("acrnn.t3")]
    known = {one.id for one in made}
    papers = (load_paper(name) for name in paper_ids())
    names = [f"{paper.id}.{name}" for paper in papers for name in paper.tables]
    assert len(names) == 12
    every = [*made, *(Results(workspace_in(tmp_path / "none")).table(name) for name in names if name not in known)]
    (tmp_path / "t.tex").write_text(DOCUMENT.format(exported(every, "latex")))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert not re.findall(r"Overfull.*|.*Float too large.*", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "xls"], "'xls' is not one of 'latex', 'csv', 'json'"),
        (["acrnn.t9", "--format", "csv"], "unknown target 'acrnn.t9'"),
        (["--format", "csv", "--html"], "--html and --format: choose one"),
        (["--with-audio"], "--with-audio: is for the site; say --html as well"),
        (["--format", "csv", "--out", "{}/none/t.csv"], "there is no folder"),
    ],
)
def test_what_cannot_be_exported_is_one_line(arguments, said, tmp_path, capsys):
    assert run_command_line(["report", *(word.format(tmp_path) for word in arguments)]) == 2
    printed, errors = capsys.readouterr()
    assert printed == "" and len(errors.splitlines()) == 1 and said in errors


def test_an_export_goes_to_a_file_or_to_the_screen(clips, tmp_path, capsys):
    places = [f"--{name}={getattr(clips, name)}" for name in ("runs", "cache", "reports")]
    places.append(f"--data-root={clips.data}")
    assert run_command_line(["report", "acrnn.t3", "--format", "csv", *places]) == 0
    shown = capsys.readouterr().out
    assert run_command_line(["report", "acrnn.t3", "--format", "csv", "--out", str(tmp_path / "t3.csv"), *places]) == 0
    assert (tmp_path / "t3.csv").read_text() == shown and len(parsed(shown)) >= 8
