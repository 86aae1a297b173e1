import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting import write_reports
from benchmarks.reporting.drawing import events as drawing_events
from benchmarks.reporting.drawing import maps as drawing_maps
from benchmarks.reporting.drawing import style as drawing
from benchmarks.reporting.figures.choose import events as figures_events
from benchmarks.reporting.figures.choose import table_figures
from benchmarks.reporting.probes.event import EventProbe, event_probe, loudest_second
from benchmarks.runs.truth import Truths
from tests.benchmarks.fabricated_event_runs import HOP, fabricate_events
from tests.benchmarks.fabricated_runs import fabricate, workspace_in

STANDIN = Variant("reduced", "standin")
CLASSES = ("babycry", "glassbreak")
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Two classes of three rows on stand-in files, two seeds each; of generated sounds one row."""
    workspace = workspace_in(tmp_path_factory.mktemp("events"))
    for dataset in CLASSES:
        for setting, skill in (("mtfa", 0.9), ("resrnn", 0.6), ("mlp", 0.3)):
            fabricate_events(workspace, setting, dataset, skill, "reduced", "standin", items=12, seeds=2)
        fabricate_events(workspace, "mtfa", dataset, 0.9, "reduced", "miniature", items=6, seeds=1)
    return workspace


@pytest.fixture(scope="module")
def table(stored):
    return Results(stored).table("mtfa.t1")


@pytest.fixture(scope="module")
def figures(stored, table):
    return {one.name: one for one in table_figures(table, STANDIN, table.others[STANDIN], stored.cache)}


def probe_with(**changes) -> EventProbe:
    """A clip of 10 s: 16 bands, an event at 6 s, masks at two scales."""
    values = np.arange(500 * 16, dtype=np.float32).reshape(500, 16) / 8000
    values[100:150] += 3
    fields = {
        "run": None, "item": "clip", "label": "gunshot", "hop": HOP, "input_map": values,
        "masks": (values, values[::8, ::8]), "probability": values[:, 0], "event": (6.0, 7.0), "digest": "",
    }  # fmt: skip
    return EventProbe(**{**fields, **changes})


def images(svg: bytes) -> list[Image.Image]:
    found = re.findall(rb'data:image/png;base64,([^"]+)', svg)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


# -- which figures -----------------------------------------------------------------------------------------------------


def test_stand_in_files_have_figures_under_their_own_heading_and_generated_ones_have_none(stored):
    written = {path.name for path in write_reports(stored, "mtfa.t1", stored.reports) if path.suffix == ".svg"}
    kinds = {"errors_t1", "thresholds_t1_devtest", "thresholds_t1_evaltest", "excerpts_t1"}
    kinds |= {f"{name}_{dataset}" for dataset in CLASSES for name in ("curves_t1", "maps_mtfa", "maps_resrnn")}
    assert written == {f"{kind}_reduced-standin.svg" for kind in kinds}
    text = (stored.reports / "mtfa" / "t1.md").read_text()
    heading = text.index("## Apart from the table: tier reduced, stand-in files")
    assert all(text.index(name) > heading for name in written)
    for name in written:
        content = (stored.reports / "mtfa" / "figures" / name).read_bytes()
        assert content.rstrip().endswith(b"</svg>") and len(content) < MOST_BYTES


def test_smoke_runs_and_generated_sounds_are_not_drawn(stored, table):
    results = table.others[STANDIN]
    for variant in (Variant("smoke", "standin"), Variant("reduced", "miniature")):
        assert table_figures(table, variant, results, stored.cache) == []
    assert Variant("reduced", "miniature") in table.others


def test_values_of_stand_in_files_are_never_drawn_beside_published_ones(figures, tmp_path):
    paper, panels = figures["errors_t1_reduced-standin"].data
    marks = [mark for sides in panels.values() for marks in sides.values() for mark in marks]
    assert paper == "" and {mark["published"] for mark in marks} == {None}
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att_aug", "esc10", tier="reduced", corpus="standin", seeds=1)
    write_reports(workspace, "acrnn.t3", workspace.reports)
    bars = (workspace.reports / "acrnn" / "figures" / "bars_t3_reduced-standin.svg").read_text()
    assert "each fold" in bars and "published" not in bars
    assert "93.7" not in bars


# -- thresholds --------------------------------------------------------------------------------------------------------


def test_curves_pass_through_the_values_of_the_table(table, figures):
    """The curves count by themselves, the table's values come from sed_eval; both on the official items alone."""
    values = {one.cell.id: one.mean for one in table.others[STANDIN] if one.mean is not None}
    labels = {one.cell.label: one.cell.row for one in table.main}
    seen = 0
    for side, test_set in (("dev", "devtest"), ("eval", "evaltest")):
        for panel, lines in figures[f"thresholds_t1_{test_set}_reduced-standin"].data.items():
            for label, threshold, error_rate, f1 in lines:
                at = round(100 * threshold) - 1
                assert panel.startswith(f"{side}, ") and np.shape(error_rate) == np.shape(f1) == (2, 99)
                cell = f"mtfa.t1.{labels[label]}.{side}.{panel.rpartition(' ')[2]}"
                assert np.mean(error_rate, axis=0)[at] == pytest.approx(values[f"{cell}.er"], abs=1e-6)
                assert np.mean(f1, axis=0)[at] == pytest.approx(values[f"{cell}.f1"], abs=1e-5)
                seen += 1
    assert seen == 12


def test_curves_are_kept_by_the_checksums_of_the_scores(stored, table, figures, monkeypatch):
    counted = []
    monkeypatch.setattr(
        figures_events, "threshold_curve", lambda *given: counted.append(given) or pytest.fail("counted again")
    )
    done = [one for one in table.others[STANDIN] if one.mean is not None]
    again = list(figures_events.threshold_figures(table, STANDIN, done, stored.cache))
    assert [one.data for one in again] == [figures[one.name].data for one in again] and not counted
    scored = done[0].evidence.scored[0]
    other = replace(scored.finished, result={"files": {**scored.finished.result["files"], "scores_devtest.npz": "1"}})
    how = figures_events.judging(done[0].cell)
    with pytest.raises(pytest.fail.Exception, match="counted again"):
        figures_events._curve(replace(scored, finished=other), done[0].cell, how, stored.cache)


def test_a_wide_figure_of_thresholds_stays_small():
    random = np.random.default_rng(0)

    def line(label: str) -> drawing_events.Line:
        steps = random.integers(-3, 4, (3, 99)).cumsum(axis=1)
        return drawing_events.Line(label, 0.4, 1 + steps / 250, 50 + steps / 2.5)

    panels = {name: [line(f"row {number}") for number in range(5)] for name in ("a", "b", "c")}
    drawn = drawing_events.draw_thresholds(panels, figures_events.THRESHOLDS)
    assert len(drawn) < MOST_BYTES and drawn == drawing_events.draw_thresholds(panels, figures_events.THRESHOLDS)
    assert b">0.75<" in drawn and b">row 4<" in drawn


# -- what networks attend to -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "expected"),
    [((6.0, 7.0), (2.0, 3.0)), ((2.2, 2.8), (9.0, 10.0)), (None, (2.0, 3.0)), ((0.0, 10.0), None)],
)
def test_the_loudest_second_is_looked_for_outside_the_event(event, expected):
    found = probe_with(event=event).competing
    assert found == (pytest.approx(expected) if expected else None)


def test_a_clip_too_short_has_no_loudest_second():
    assert loudest_second(np.zeros((40, 4)), HOP, None) is None


def test_maps_keep_their_own_resolution_and_lie_over_each_other():
    probe = probe_with()
    drawn = drawing_maps.draw_maps(probe, 0.4, "Toy")
    assert [image.size for image in images(drawn)] == [(500, 16), (500, 16), (63, 2)]
    assert all(image.mode == "L" and image.getextrema() == (0, 255) for image in images(drawn))
    for colour in (drawing_maps.EVENT, drawing_maps.COMPETING):
        assert drawn.count(f"stroke: {colour}".encode()) == 4  # one box in every panel
    assert b"image-rendering:pixelated" in drawn and b"threshold 0.4" in drawn


def test_a_network_without_masks_shows_its_input_and_its_probability():
    drawn = drawing_maps.draw_maps(probe_with(masks=(), event=None, input_map=np.eye(40, 4)), 0.4, "Toy")
    assert len(images(drawn)) == 1 and b"(b) probability" in drawn and b"(c)" not in drawn
    assert drawing_maps.EVENT.encode() not in drawn


def test_long_clips_are_narrowed_by_averages():
    values = np.arange(1501.0)[:, None].repeat(3, axis=1)
    narrow, group = drawing_maps._narrowed(values)
    assert group == 3 and narrow.shape == (501, 3)
    assert narrow[:2, 0].tolist() == [1, 4] and narrow[-1, 0] == 1500


def test_the_event_of_a_probe_is_that_of_the_runs_reference(stored):
    runs = {one.run.setting: one for one in stored.ledger.finished() if one.run.corpus == "standin"}
    truths = {name: Truths().of(runs["mtfa"], name) for name in ("devtest", "evaltest")}
    found = event_probe(runs["mtfa"], truths)
    assert found is not None and found.label == runs["mtfa"].run.dataset and found.item.startswith("mixture_evaltest_")
    assert found.event is not None and found.event[1] == pytest.approx(found.event[0] + 1.5)
    assert [len(mask) for mask in found.masks] == [1501, 751, 376, 188] and found.input_map.dtype == np.float32
    assert found.competing == pytest.approx((3.0, 4.0), abs=0.03)
    assert event_probe(runs["mtfa"], {"devtest": truths["devtest"]}).event is None  # type: ignore[union-attr]
    assert event_probe(runs["mlp"], truths) is None


def test_excerpts_are_those_of_the_row_that_the_paper_praises_most(figures):
    figure = figures["excerpts_t1_reduced-standin"]
    title, clips, _ = figure.data
    assert title.startswith("MTFA (proposed), tier reduced") and len(clips) == 2
    drawn = figure.draw()
    assert all(f">{name}<".encode() in drawn for name in CLASSES)
    widths = {image.size[0] for image in images(drawn)[:2]}
    assert widths <= {125, 126}  # an event of 1.5 s with 0.5 s on both sides, in frames of 20 ms


def test_an_excerpt_at_the_start_of_a_clip_begins_there():
    start, piece = drawing_maps._cut(probe_with(event=(0.2, 1.0)), 0.5)
    assert (start, len(piece)) == (pytest.approx(-0.2), 75)


# -- errors and losses -------------------------------------------------------------------------------------------------


def test_error_rates_stand_side_by_side_with_every_seed(figures, table):
    _, panels = figures["errors_t1_reduced-standin"].data
    assert list(panels) == ["babycry", "glassbreak"]  # no average without the third class
    assert all(list(sides) == ["dev", "eval"] for sides in panels.values())
    one = next(one for one in table.others[STANDIN] if one.cell.id == "mtfa.t1.mtfa.eval.glassbreak.er")
    mark = next(mark for mark in panels["glassbreak"]["eval"] if mark["label"] == one.cell.label)
    assert mark["mean"] == one.mean and mark["folds"] == tuple(one.evidence.seed_values.values())


def test_published_error_rates_are_drawn_where_they_are_given():
    marks = {"dev": [drawing.Mark("MTFA", 0.1, (0.08, 0.12), 0.06)]}
    drawn = drawing_events.draw_error_rates({"babycry": marks}, "published").decode()
    assert ">published<" in drawn and ">dev, mean<" in drawn and drawing.PAPER in drawn
    assert "published" not in drawing_events.draw_error_rates({"babycry": marks}, "").decode()


def test_validation_losses_are_dashed_where_there_are_any(figures):
    figure = figures["curves_t1_babycry_reduced-standin"]
    assert set(figure.data["losses"]) == {"MTFA (proposed)", "ResRNN", "DCASE 2017 baseline, MLP"}
    assert set(figure.data["validation"]) == {"MTFA (proposed)", "ResRNN"}
    assert "dashed: validation" in figure.caption and b">validation<" in figure.draw()
    losses = {"base": np.full((2, 5), 0.5)}
    plain = drawing.draw_curves(losses, "Toy", {})
    assert plain == drawing.draw_curves(losses, "Toy") and b">training loss<" in plain
    assert plain.count(b"stroke-dasharray") == 0
