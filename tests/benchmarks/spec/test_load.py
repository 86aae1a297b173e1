import re
import shutil

import pytest

from benchmarks.errors import InputError
from benchmarks.spec import load, load_paper, select

FOLDS = """
id: acrnn
title: T
authors: A
reference: R
year: 2026
datasets:
  esc10: {title: A, class_path: x.Y, folds: [1, 2, 3, 4, 5], bootstrap_unit: clip}
  esc50: {title: B, class_path: x.Y, folds: [1, 2], bootstrap_unit: clip}
training: {}
settings:
  base: {title: base, data: {class_path: x.D}, model: {class_path: x.M}}
tables:
  t3:
    title: T3
    kind: train
    columns:
      esc10: {label: A, unit: "%", dataset: esc10, metric: accuracy_clip_decision}
      esc50: {label: B, unit: "%", dataset: esc50, metric: accuracy_clip_decision}
    rows:
      base: {setting: base}
"""


def edit(papers, old, new, file="paper.yaml"):
    path = papers / "acrnn" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    load._load.cache_clear()
    return next((n for n, line in enumerate(path.read_text().splitlines(), 1) if new.splitlines()[0] in line), None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("l2: {value: 0.0001, origin: paper", "l2: {value: 0.0001, orgin: paper", "not a field|origin"),
        ("l2: {value: 0.0001, origin: paper", "l2: {value: 0.0001", "has no origin"),
        ("dropout: {value: 0.5, origin: paper", "dropout: {value: 0.5, origin: guess", "paper.*code.*inferred"),
        ("l2: {value: 0.0001, origin: paper", "l2: {value: 0.0001, origin: fitted", "fitted value says what else"),
        ("max_epochs: {value: 300", "max_epochs: {value: [300", "expected"),
        ("    extends: base\n", "    extends: [base]\n", r"no setting \['base'\] to extend"),
        ("    folds: [1, 2, 3, 4, 5]", "    folds: []", "at least 1 item"),
        ("    folds: [1, 2, 3, 4, 5]", "    folds: [1.0]", "valid integer"),
        ("    dataset: esc10", "    dataset: esc11", "unknown name 'esc11'; did you mean esc1?0"),
        ("reading_of: svm", "reading_of: svn", "controls.svm_decoded.reading_of: unknown name 'svn'; did you mean svm"),
        ("concerns: [esc50]", "concerns: [esc5]", "decoding.concerns: unknown name 'esc5'; did you mean esc50"),
        ("concerns: [esc10]", "concerns: [esc1]", "rows.knn.protocol.order_of_classes.concerns: unknown name 'esc1'"),
        ("acrnn.t3.att.esc10]", "acrnn.t3.base.esc10]", "cells.1: acrnn.t3.base.esc10 stands twice; take it out"),
        ("base.esc10, acrnn.t3.att.esc10]", "att_aug.esc10, acrnn.t1.acrnn.esc10]", "fed by the runs of acrnn.t3"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_paper_file_has_file_and_line(paper_copy, old, new, message):
    text = (paper_copy / "acrnn" / "paper.yaml").read_text()
    if old not in text:
        old, new = old.strip(), new.strip()
    edit(paper_copy, old, new)
    with pytest.raises(InputError) as caught:
        load_paper("acrnn", paper_copy)
    assert re.search(message, str(caught.value)), str(caught.value)
    where = re.match(r"(.*paper\.yaml):(\d+): ", str(caught.value))
    assert where, str(caught.value)
    lines = (paper_copy / "acrnn" / "paper.yaml").read_text().splitlines()
    key = new.split(":")[0].strip(" {")
    near = "\n".join(lines[max(0, int(where[2]) - 2) : int(where[2]) + 1])
    assert key in near, f"{caught.value} points to {near!r}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dataset: esc10,", "dataset: esc10, fold: 6,", r"tables.t3.columns.esc10.fold: no fold 6: esc10 has 1, 2, 3"),
        ("dataset: esc10,", "mean_of: [esc05],", r"columns.esc10.mean_of: unknown name 'esc05'; did you mean esc50"),
        (
            "base: {setting",
            "base: {dataset: esc11, setting",
            r"t3.rows.base.dataset: unknown name 'esc11'; did you",
        ),
        ("base: {setting", "base: {fold: 0, setting", r"tables.t3.rows.base.fold: no fold 0: esc10 has 1, 2, 3, 4, 5"),
        ("base: {setting: base}", "base: {setting: {esc1: base}}", r"rows.base.setting: unknown name 'esc1'"),
    ],
)
def test_folds_and_datasets_of_columns_and_rows_are_checked(tmp_path, old, new, message):
    folder = tmp_path / "acrnn"
    folder.mkdir()
    (folder / "paper.yaml").write_text(FOLDS.replace(old, new, 1))
    (folder / "t3.csv").write_text("row,label,esc10,esc50\nbase,Base,1,2\n")
    with pytest.raises(InputError, match=rf"paper.yaml:\d+: .*{message}"):
        load_paper("acrnn", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("row: average, where: abstract", "row: average, column: cnn, where: abstract", "about one column or about"),
        ("of_class: beach", 'of_class: ""', "of_class: String should have at least 1 character"),
        ("never_worst, columns: [pb_cnn, tb_cnn, fb_cnn, cnn]", "never_worst, columns: [pb_cnn, cnn]", "at least 3"),
        ("kind: never_worst", "kind: never_wurst", "claim never_the_worst: test: Input tag 'never_wurst'"),
        ("where: section 3.2, test: {kind: never", "of_class: bus, where: a, test: {kind: never", "about all classes"),
        ("best, columns: [pb_cnn,", "best, columns: [pb_cnnn,", "test: unknown name 'pb_cnnn'; did you mean pb_cnn"),
        ("best, columns: [pb_cnn,", "best, columns: [pb_cnn, pb_cnn,", "test.columns: names pb_cnn twice"),
        ("best, columns: [pb_cnn,", "best, rows: [pb_cnn, cnn], columns: [pb_cnn,", "Extra inputs are not permitted"),
        ("best, rows: [mel128,", "best, rows: [mel128_other,", "test: unknown name 'mel128_other'"),
        ("value: 1.9, within: 1", "value: .nan, within: 1", "test.value: Input should be a finite number"),
        ("average: {setting: *four_networks, margin: 2", "average: {setting: *four_networks, margin: -2", "than 0"),
        ("test_set: evaluation, margin: 3.0,", "test_set: evaluation, margin: 0,", "margin: Input should be greater"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_tested_and_a_margin_that_is_none_have_file_and_line(tmp_path, old, new, message):
    shutil.copytree(load.PAPERS / "pbcnn", tmp_path / "pbcnn")
    path = tmp_path / "pbcnn" / "paper.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=rf"paper.yaml:\d+: .*{message}"):
        load_paper("pbcnn", tmp_path)


def test_a_fitted_reading_needs_a_control_that_shows_what_else_was_tried(paper_copy):
    edit(paper_copy, "reading_of: knn", "reading_of: alexnet")
    with pytest.raises(InputError, match=r"t1\.rows\.knn: its order_of_classes is fitted, so the table needs a"):
        load_paper("acrnn", paper_copy)


def test_a_key_that_stands_twice_is_found(paper_copy):
    path = paper_copy / "acrnn" / "paper.yaml"
    path.write_text(path.read_text() + "\nid: acrnn\n")
    with pytest.raises(InputError, match=r"paper.yaml:\d+: id: stands twice \(first on line 1\)"):
        load_paper("acrnn", paper_copy)


def test_a_duplicate_id_is_found(paper_copy):
    text = (paper_copy / "acrnn" / "paper.yaml").read_text()
    start = text.index("\nclaims:\n")
    first, second = re.findall(r"- {id: (\w+)", text[start:])[:2]
    edit(paper_copy, f"- {{id: {second},", f"- {{id: {first},")
    with pytest.raises(InputError, match=rf"paper.yaml:\d+: claims.1.id: the id {first} stands twice"):
        load_paper("acrnn", paper_copy)


def test_a_table_that_does_not_fit_is_found(paper_copy):
    edit(paper_copy, "base,convolutional RNN,89.2,79.9", "base,convolutional RNN,89;2,79.9", "t3.csv")
    with pytest.raises(InputError, match=r"t3.csv:2: esc10 is '89;2', not a number"):
        load_paper("acrnn", paper_copy)
    edit(paper_copy, "89;2", "89,2", "t3.csv")
    with pytest.raises(InputError, match=r"t3.csv:2: has more fields than the 4 columns"):
        load_paper("acrnn", paper_copy)
    edit(paper_copy, "89,2", "89.2", "t3.csv")
    edit(paper_copy, "\naug,", "\naugment,", "t3.csv")
    with pytest.raises(InputError, match=r"t3.csv: its rows are not those .*: aug, augment"):
        load_paper("acrnn", paper_copy)


@pytest.mark.parametrize("target", ["acrn", "acrnn.t9", "acrnn.t3.atta", "acrnn.t3.esc5", "acrnn.t3.att_aug.esc5"])
def test_an_unknown_target_names_the_nearest(target):
    with pytest.raises(InputError, match=r"unknown .*did you mean acrnn"):
        select(target)


def test_a_published_table_may_begin_with_a_mark_of_its_encoding(paper_copy):
    before = load_paper("acrnn", paper_copy).published
    path = paper_copy / "acrnn" / "t3.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    load._load.cache_clear()
    assert load_paper("acrnn", paper_copy).published == before
    path.write_text(path.read_text("utf-8-sig").replace(",", ";"))
    load._load.cache_clear()
    with pytest.raises(InputError, match=r"t3.csv:1: the columns must be row,label.*commas; there is row;label;"):
        load_paper("acrnn", paper_copy)


def test_targets_select_what_they_name():
    assert len(select("acrnn")) == 58
    assert len(select("acrnn.t3")) == 8
    assert [cell.id for cell in select("acrnn.t3.att_aug.esc50")] == ["acrnn.t3.att_aug.esc50"]
    rows = ("base", "att", "aug", "att_aug")
    assert [cell.id for cell in select("acrnn.t3.esc50")] == [f"acrnn.t3.{row}.esc50" for row in rows]
    assert {cell.column for cell in select("mtfa.t1.dev.babycry.er")} == {"dev.babycry.er"}
    with pytest.raises(InputError, match=r"did you mean acrnn\.t3\.esc50"):
        select("acrnn.t3.ecs50")


def test_a_row_stands_before_a_column_of_the_same_name(tmp_path, monkeypatch):
    (tmp_path / "acrnn").mkdir()
    (tmp_path / "acrnn" / "paper.yaml").write_text(FOLDS.replace("base: {setting: base}", "esc10: {setting: base}"))
    (tmp_path / "acrnn" / "t3.csv").write_text("row,label,esc10,esc50\nesc10,B,1,2\n")
    monkeypatch.setattr(load, "PAPERS", tmp_path)
    load._load.cache_clear()
    assert [cell.id for cell in select("acrnn.t3.esc10")] == ["acrnn.t3.esc10.esc10", "acrnn.t3.esc10.esc50"]
    assert [cell.id for cell in select("acrnn.t3.esc50")] == ["acrnn.t3.esc10.esc50"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff\xfe", "is no UTF-8 text"),
        (b"\x1b", "control character"),
        (b"inf", "not a number"),
        (b"nan", "not a number"),
    ],
)
def test_a_published_value_that_is_none_is_one_line(paper_copy, content, problem):
    path = paper_copy / "acrnn" / "t3.csv"
    header, first, *others = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([header, first.rpartition(b",")[0] + b"," + content, *others]))
    load._load.cache_clear()
    with pytest.raises(InputError, match=rf"t3.csv.*{problem}"):
        load_paper("acrnn", paper_copy)


def test_names_that_other_pages_have_are_refused(tmp_path):
    for name, table, place in (
        ("guide", "t3", "2: id: cannot be guide"),
        ("acrnn", "own", "14: tables.own: cannot be own"),
    ):
        folder = tmp_path / table / name
        folder.mkdir(parents=True)
        (folder / "paper.yaml").write_text(FOLDS.replace("id: acrnn", f"id: {name}").replace("  t3:", f"  {table}:"))
        (folder / f"{table}.csv").write_text("row,label,esc10,esc50\nbase,B,1,1\n")
        with pytest.raises(InputError, match=rf"paper\.yaml:{place}, which other pages are called; rename it"):
            load_paper(name, folder.parent)
