from dataclasses import replace

import pytest

from benchmarks.reporting.figures import table_figures
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_stores import STANDIN


def test_a_sweep_shows_the_values_of_the_table(tag_figures, tag_tables, cell_of):
    axis, paper, plain, reach, above, below = tag_figures["sweep_t1_reduced-standin"].data
    (line,) = [one for one in above["DCASE 2018 Task 4 (domestic)"] if one["label"] == "OM, DCASE"]
    assert list(line["values"]) == [2.5, 5.0, 7.0, 10.0] and line["published"] == {}
    assert line["plain"] == pytest.approx(cell_of(tag_tables["t3"], "1_none", "om_dcase").mean)
    for row, alpha in (("a2_5", 2.5), ("a10", 10.0)):
        assert line["values"][alpha] == list(cell_of(tag_tables["t1"], row, "om_dcase").evidence.seed_values.values())
    assert (axis["values"], paper, plain) == ("area under the curve (%)", "", "None") and above.keys() == {
        "DCASE 2018 Task 4 (domestic)"
    }
    assert reach["decay, down to 2 %"] == [(2.5, 9.0), (5.0, 19.0), (7.0, 27.0), (10.0, 39.0)]
    (measured,) = below["DCASE 2018 Task 4 (domestic)"]
    assert measured["kind"] == "" and measured["past"][7.0] == pytest.approx(2.4)
    caption = tag_figures["sweep_t1_reduced-standin"].caption
    assert "range over seeds" in caption and "measured on 100 training clips" in caption and "stand-in" in caption


def test_a_sweep_has_the_unconditioned_value_and_other_kinds_where_controls_have_them(tagged, tag_tables, cell_of):
    beside = [cell_of(tag_tables["t3"], row, "om_dcase") for row in ("1_none", "renorm_a5", "renorm_a7")]
    table = replace(tag_tables["t1"], controls={STANDIN: tuple(beside)})
    figure = next(
        one for one in table_figures(table, STANDIN, table.others[STANDIN], Memo(tagged.cache))
        if one.name.startswith("sweep")
    )  # fmt: skip
    _, _, plain, _, above, below = figure.data
    values = {line["label"]: line["plain"] for line in above["DCASE 2018 Task 4 (domestic)"]}
    assert plain == "None" and values == {"OM, DCASE": beside[0].mean, "OM, DCASE, corrected list": None}
    assert [one["kind"] for one in below["DCASE 2018 Task 4 (domestic)"]] == ["", "decay renormalised"]
    text = figure.draw().decode()
    assert ">None<" in text and ">measured, decay renormalised: past<" in text and ">α (frames)<" in text
    assert "dashed: None" in figure.caption


def test_published_values_stand_beside_real_files_only(tag_figures, tag_drawing):
    _, paper, _, _, above, _ = tag_figures["sweep_t1_full"].data
    line = above["DCASE 2018 Task 4 (domestic)"][0]
    assert paper == "published" and line["published"] == {2.5: 93.68, 5.0: 94.01, 7.0: 95.20}
    assert ">published<" in tag_drawing("sweep_t1_full").decode()
    assert ">published<" not in tag_drawing("sweep_t1_reduced-standin").decode()
    assert "seed 0" in tag_figures["sweep_t1_full"].caption
