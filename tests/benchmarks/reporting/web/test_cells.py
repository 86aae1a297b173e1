"""Cells as squares and as lines of a list."""

from benchmarks.reporting.web.cells import lines, squares


def test_squares_stand_in_the_columns_of_the_table_and_where_nothing_is_printed_is_a_gap(three_classes_table):
    rows = dict(squares(three_classes_table, "index"))
    assert {len(row) for row in rows.values()} == {16}
    gaps = [square is None for square in rows["CRNN [6]"]]
    assert gaps == [True] * 6 + [False] * 10 and None not in rows["ResRNN"]
    first = rows["ResRNN"][0]
    assert first is not None and first.href == "mtfa/t1.html#c-resrnn.dev.babycry.er"
    assert first.told.startswith("ResRNN, dev, babycry, ER: published 0.09")


def test_a_mean_of_columns_leads_to_the_commands_of_every_setting(three_classes_table):
    found = {line.id: line for line in lines(three_classes_table, "mtfa/t1")}
    assert len(found["mtfa.t1.resrnn.dev.average.er"].ways) >= 2
    quoted = found["mtfa.t1.rcrnn.dev.average.er"]
    assert quoted.why.startswith("No public code") and not quoted.ways


def test_what_ran_on_other_files_is_named_without_its_value(three_classes_table):
    line = next(line for line in lines(three_classes_table, "mtfa/t1") if "reduced-standin" in line.elsewhere)
    assert line.elsewhere.startswith("reduced-standin (")
