"""Values of a paper file that have the right type and are no possible ones: each is told with file and line."""

import re

import pytest

from benchmarks.errors import InputError
from benchmarks.spec import load_paper

PAPER = """
id: toy
title: T
authors: A
reference: R
year: 2026
datasets:
  five: {title: A, class_path: x.Y, folds: [1, 2, 3, 4, 5], bootstrap_unit: clip}
training: {}
settings:
  base:
    title: base
    data: {class_path: x.D}
    model: {class_path: x.M, args: {width: {value: 1, origin: paper}}}
    trainer: {max_epochs: {value: 3, origin: paper}}
    minutes: {full: {cpu: {five: 2}}}
    seeds: 2
    tiers:
      smoke: {trainer: {max_epochs: {value: 2, origin: assumed}}, seeds: 1, folds: [1]}
  wide: {extends: base, title: wide}
tables:
  t1:
    title: T1
    kind: train
    columns:
      a: {label: A, unit: "%", dataset: five, metric: accuracy_clip_decision, decimals: 1}
      b: {label: B, unit: "%", dataset: five, metric: accuracy_clip_decision}
      mean: {label: Mean, unit: "%", metric: accuracy_clip_decision, mean_of: [a, b]}
    rows:
      base: {setting: base, decimals: 2}
errata:
  - {id: slip, cells: {toy.t1.base.a: 3.0}, reason: A slip, where: table 1}
"""
TABLE = "row,label,a,b,mean\nbase,Base,1,2,1.5\n"


def write(folder, old="", new="", table=TABLE):
    assert old in PAPER
    (folder / "toy").mkdir()
    (folder / "toy" / "paper.yaml").write_text(PAPER.replace(old, new, 1))
    (folder / "toy" / "t1.csv").write_text(table)


def test_the_paper_is_read_without_a_mistake(tmp_path):
    write(tmp_path)
    assert len(list(load_paper("toy", tmp_path).cells())) == 3


@pytest.mark.parametrize("epochs", ["-1", "0", "2.0", "true", "null", "many"])
@pytest.mark.parametrize(
    ("given", "place"), [("value: 3", "settings.base.trainer"), ("value: 2", "base.tiers.smoke.trainer")]
)
def test_epochs_are_an_integer_of_at_least_one(tmp_path, given, place, epochs):
    write(tmp_path, f"max_epochs: {{{given}", f"max_epochs: {{value: {epochs}")
    with pytest.raises(InputError) as caught:
        load_paper("toy", tmp_path)
    assert re.search(rf"paper.yaml:\d+: .*{place}: max_epochs: .* must be an integer of at least 1", str(caught.value))
    assert "wide" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("decimals: 1", "decimals: -1", r"columns.a.decimals: .* greater than or equal to 0"),
        ("decimals: 1", "decimals: 10000000000", r"columns.a.decimals: .* less than or equal to 10"),
        ("decimals: 2", "decimals: 11", r"rows.base.decimals: .* less than or equal to 10"),
        ("{five: 2}", "{five: -2}", r"base.minutes.full.cpu.five: .* greater than or equal to 0"),
        ("{five: 2}", "{five: .nan}", r"base.minutes.full.cpu.five: .* finite number"),
        ("{five: 2}", "{five: .inf}", r"base.minutes.full.cpu.five: .* finite number"),
        ("base.a: 3.0", "base.a: .nan", r"errata.0.cells.toy.t1.base.a: .* finite number"),
        ("seeds: 2", "seeds: 100000000", r"settings.base.seeds: .* less than or equal to 10000"),
        ("seeds: 1,", "seeds: 100000000,", r"base.tiers.smoke.seeds: .* less than or equal to 10000"),
        ("folds: [1]}", "folds: [99]}", r"base.tiers.smoke.folds: no fold 99: the datasets have 1, 2, 3, 4, 5$"),
        ("folds: [1]}", "folds: []}", r"base.tiers.smoke.folds: .* at least 1 item"),
    ],
)
def test_a_value_out_of_its_bounds_has_file_and_line(tmp_path, old, new, message):
    write(tmp_path, old, new)
    with pytest.raises(InputError, match=rf"paper.yaml:\d+: .*{message}") as caught:
        load_paper("toy", tmp_path)
    assert "wide" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("decimals: 1}", "mean_of: [mean]}"),
        ("decimals: 1}", "mean_of: [a]}"),
        ("mean_of: [a, b]", "mean_of: [a, mean]"),
    ],
)
@pytest.mark.parametrize("study", [True, False])
def test_a_column_that_is_a_mean_of_itself_has_file_and_line(tmp_path, old, new, study):
    write(tmp_path, old, new)
    if study:
        path = tmp_path / "toy" / "paper.yaml"
        asked = "{cells: [toy.t1.base.a], margin: 1, factor: 2, speaks_for: [base], because: alike}"
        path.write_text(path.read_text() + f"equivalence: {{tf32: {asked}}}\n")
    column = "a" if "decimals" in old else "mean"
    with pytest.raises(InputError, match=rf"paper.yaml:\d+: tables.t1.columns.{column}.mean_of: {column} is a mean of"):
        load_paper("toy", tmp_path)


@pytest.mark.parametrize("line", [1, 2])
def test_a_field_of_a_table_that_is_too_long_has_file_and_line(tmp_path, line):
    lines = TABLE.splitlines()
    lines[line - 1] = lines[line - 1].replace(",", f",{'x' * 140_000}", 1)
    write(tmp_path, table="\n".join(lines))
    with pytest.raises(InputError, match=rf"t1.csv:{line}: cannot be read \(field larger than field limit"):
        load_paper("toy", tmp_path)


@pytest.mark.parametrize("names", ["[width]", "[[width]]", "width"])
def test_arguments_that_are_a_text_are_told_where_they_stand(tmp_path, names):
    write(tmp_path, "args: {width: {value: 1, origin: paper}}", "args: text")
    path = tmp_path / "toy" / "paper.yaml"
    path.write_text(path.read_text().replace("title: wide", f"title: wide, model: {{drop: {names}}}"))
    with pytest.raises(InputError, match=r"paper.yaml:\d+: settings.base.model.args: Input should be a valid dict"):
        load_paper("toy", tmp_path)


def test_a_list_in_drop_is_not_inherited(tmp_path):
    write(tmp_path, "title: wide", "title: wide, model: {drop: [[width]]}")
    with pytest.raises(InputError, match=r"paper.yaml:\d+: settings.wide.model.drop: \['width'\] is not inherited"):
        load_paper("toy", tmp_path)


@pytest.mark.parametrize("given", ["{}", "{toy.t1.base.a: {label: Base, value: 9}}", ""])
def test_published_values_stand_in_the_tables_alone(tmp_path, given):
    write(tmp_path, "errata:", f"published: {given}\nerrata:")
    with pytest.raises(InputError, match=r"paper.yaml:\d+: published: is not a field of a paper file here"):
        load_paper("toy", tmp_path)


@pytest.mark.parametrize("number", [".nan", ".inf"])
@pytest.mark.parametrize(
    ("check", "place"),
    [
        ("kind: share, count: 1, total: 2, printed: NUMBER", "printed"),
        ("kind: difference, of: toy.t1.base.a, minus: toy.t1.base.b, printed: NUMBER", "printed"),
        ("kind: scaled, cell: toy.t1.base.a, printed: 1, times: NUMBER", "times"),
        ("kind: labels, dataset: five, fact: minutes, printed: NUMBER", "printed"),
        ("kind: quantity, of: x.y, column: a, unit: NUMBER", "unit"),
        ("kind: quantity, of: x.y, column: a, times: {base: NUMBER}", "times.base"),
        ("kind: mean, values: {toy.t1.base.a: [1, NUMBER]}", "values.toy.t1.base.a.1"),
        ("kind: spread, decisions: 9, values: {toy.t1.base.a: [1, NUMBER]}", "values.toy.t1.base.a.1"),
    ],
)
def test_numbers_of_the_audit_are_finite(tmp_path, check, place, number):
    check = check.replace("NUMBER", number)
    write(tmp_path, "errata:", f"audit: {{checks: [{{id: one, table: t1, where: a, {check}}}]}}\nerrata:")
    with pytest.raises(InputError, match=rf"paper.yaml:\d+: audit.checks.0.*{place}: .*(finite number|greater than 0)"):
        load_paper("toy", tmp_path)
