from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting.sections.contradictions import contradiction_blocks
from benchmarks.spec import load_paper


def lines(target, rows=None):
    """What stands below the table, without any run."""
    paper, table = target.split(".")
    cells = [cell for cell in load_paper(paper).table_cells(table) if rows is None or cell.row in rows]
    blocks = contradiction_blocks(TableResult(load_paper(paper), table, tuple(_unrun(cell) for cell in cells)))
    return blocks[1].items if blocks else []


def _unrun(cell):
    return CellResult(cell, Variant())


def test_orthogonal_matrices_are_held_against_section_4_1_in_every_table_that_they_feed():
    for table in ("acrnn.t1", "acrnn.t3", "acrnn.t4"):
        (line,) = [one for one in lines(table) if one.startswith("Rnn init, orthogonal: section 4.1")]
        assert "zero mean Gaussian noise" in line
        assert line.endswith("(ACRNN)." if table == "acrnn.t1" else "(all rows).")


def test_rows_are_named_where_a_reading_is_not_that_of_all():
    (line,) = [one for one in lines("acrnn.t3") if one.startswith("Mixup partner")]
    assert line.endswith("(+ augment, + attention + augment).")
    assert not [one for one in lines("acrnn.t3", ["base"]) if one.startswith("Mixup partner")]


def test_a_protocol_may_contradict_too():
    (line,) = [one for one in lines("mtfa.t1") if one.startswith("Test list")]
    assert '"500 mixtures for each event"' in line and line.endswith("(all rows).")


def test_the_released_code_is_held_against_the_equations():
    told = " ".join(lines("edc.t1"))
    assert all(f"equation {number}" in told for number in (1, 7, 8))


def test_tables_without_training_say_nothing():
    assert lines("acrnn.t2") == []
