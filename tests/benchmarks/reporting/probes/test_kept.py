from dataclasses import replace

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.reporting.probes.kept import Kept, richest_column, same_clip, stored_probes


def test_runs_that_show_another_clip_are_left_out(tag_tables, cell_of, tmp_path):
    rows = [cell_of(tag_tables["t3"], row, "om_dcase") for row in ("1_none", "2_selfatt", "6_edc")]
    odd = rows[1].evidence.scored[0]
    with np.load(odd.finished.folder / "probes.npz") as file:
        np.savez(tmp_path / "probes.npz", **{**file, "items": file["items"][::-1]})
    moved = replace(odd, finished=replace(odd.finished, folder=tmp_path))
    rows[1] = replace(rows[1], evidence=replace(rows[1].evidence, scored=(moved,)))
    found = same_clip(rows)
    assert {row: one.one for row, one in found.items()} == {"1_none": rows[0], "6_edc": rows[2]}
    assert {one.item for one in found.values()} == {"Y000_dcase.wav"}


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:500], lambda whole: b"no arrays"])
def test_damaged_arrays_are_one_line(tag_tables, cell_of, tmp_path, damage):
    one = cell_of(tag_tables["t3"], "1_none", "om_dcase")
    scored = one.evidence.scored[0]
    (tmp_path / "probes.npz").write_bytes(damage((scored.finished.folder / "probes.npz").read_bytes()))
    kept = Kept(one, replace(scored.finished, folder=tmp_path))
    for read in (lambda: kept.names, lambda: kept.item, lambda: kept.array("gammas"), lambda: stored_probes(tmp_path)):
        with pytest.raises(InputError, match=r"probes.npz: damaged; remove the folder .* to redo it"):
            read()


def test_runs_without_arrays_show_nothing(tag_tables, cell_of):
    assert same_clip([cell_of(tag_tables["t3"], "1_none", "om_chime")]) == {}


def test_the_column_with_most_rows_is_shown(tag_tables, cell_of):
    table = tag_tables["t3"]
    cells = [cell_of(table, row, column) for row in ("1_none", "6_edc") for column in ("om_dcase", "om_dcase_clean")]
    found = richest_column(table, cells[1:], ["1_none", "6_edc"])
    assert {one.one.cell.column for one in found.values()} == {"om_dcase_clean"}
    found = richest_column(table, cells, ["1_none", "6_edc"])
    assert {one.one.cell.column for one in found.values()} == {"om_dcase"}
