"""Tables of clip tagging: values class by class, and figures from stored runs of the EDC paper."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting.figures.choose import table_figures
from benchmarks.reporting.probes import states
from benchmarks.reporting.probes.conditioning import Conditioning, bound, support
from benchmarks.reporting.probes.tags import Cast, shown_runs
from benchmarks.reporting.render.blocks import Folded, Grid, Text
from benchmarks.reporting.sections import classes as tags
from benchmarks.reporting.sections.classes import class_blocks
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import read_reference
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import workspace_in
from tests.benchmarks.fabricated_tag_runs import ABSENT, CLASSES, fabricate_tags, states_of

PAPER = load_paper("edc")
FULL, STANDIN = Variant(), Variant("reduced", "standin")
ALPHAS = {"edc_a2_5_om": 2.5, "edc_a5_om": 5.0, "edc_a7_om": 7.0}
SHOWN = ("none_om", "selfatt_om", *ALPHAS, "edc_a10_om", "minmax_om", "renorm_a5_om", "renorm_a7_om", "raw_a7_om")
FRAMES, MOST_BYTES = 100, 150_000


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Stand-in files: a column of DCASE with probes and two seeds, others without; three alphas on real ones."""
    workspace = workspace_in(tmp_path_factory.mktemp("tags"))
    for number, setting in enumerate(SHOWN):
        fabricate_tags(workspace, setting, "dcase", 1 + 0.1 * number, seeds=2, frames=FRAMES)
    fabricate_tags(workspace, "none_am", "dcase", seeds=1, with_probes=False)
    for setting in ("none_om", "edc_a10_om"):
        fabricate_tags(workspace, setting, "chime", seeds=1, with_probes=False)
    for setting in ALPHAS:
        fabricate_tags(workspace, setting, "dcase", tier="full", corpus="real", seeds=1, with_probes=False)
    fabricate_tags(workspace, "none_om", "dcase", corpus="miniature", seeds=1)
    return workspace


@pytest.fixture(scope="module")
def tables(stored):
    """Two tables without their audit, which takes a process of its own."""
    results = Results(stored)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.judge.results.table_checks", lambda *_: ())
        return {name: results.table(f"edc.{name}") for name in ("t1", "t3")}


@pytest.fixture(scope="module")
def figures(stored, tables):
    """The figures of both tables, by name."""
    found = {}
    for table in tables.values():
        for variant in (FULL, STANDIN):
            results = table.main if variant == FULL else table.others[variant]
            found |= {one.name: one for one in table_figures(table, variant, results, stored.cache)}
    return found


def cell_of(table, row: str, column: str, variant: Variant = STANDIN):
    results = (*table.main, *(one for of in (table.others, table.controls) for one in of.get(variant, ())))
    return next(
        one for one in results
        if (one.cell.row, one.cell.column, one.variant) == (row, column, variant)
    )  # fmt: skip


def finished_of(table, row: str, column: str = "om_dcase"):
    return cell_of(table, row, column).evidence.scored[0].finished


@pytest.fixture(scope="module")
def drawings(stored, figures):
    """What is new in them, drawn."""
    return {name: one.svg(stored.cache) for name, one in figures.items() if not name.startswith("curves")}


def images(svg: bytes) -> list[Image.Image]:
    found = re.findall(rb'data:image/png;base64,([^"]+)', svg)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


# -- class by class ----------------------------------------------------------------------------------------------------


def grids(blocks) -> dict[str, tuple[Grid, list[Text]]]:
    assert all(isinstance(block, Folded) for block in blocks)
    return {block.title: (block.blocks[0], block.blocks[1:]) for block in blocks}


@pytest.mark.parametrize(("column", "listed"), [("om_dcase", "original"), ("om_dcase_clean", "clean")])
def test_class_tables_agree_with_scikit_learn(stored, tables, column, listed):
    table = tables["t3"]
    label = table.table.columns[column].label
    found = grids(class_blocks(table, table.others[STANDIN], stored.cache))
    grid, left = found[f"Area under the curve of each class (%), {label}, tier reduced, stand-in files"]
    evidence = cell_of(table, "2_selfatt", column).evidence
    areas = {name: [] for name in CLASSES["dcase"] if name != ABSENT}
    for scored in evidence.scored:
        folder = scored.finished.folder
        truth = read_reference(folder / "reference_test.csv")
        truth = truth[truth[listed].astype(bool)]
        scores = Scores.load(folder / "scores_test.npz").select(list(truth.index))
        has = truth["label"].str.get_dummies(",")
        for name, values in areas.items():
            values.append(100 * roc_auc_score(has[name], scores.values[:, scores.classes.index(name)]))
    expected = [f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f}" for values in areas.values()]
    rows = {row[0]: list(row[1:]) for row in grid.rows}
    assert rows["Self-attention [11]"] == expected
    assert rows[f"clips that have it, of {len(truth)}"] == [str(has[name].sum()) for name in areas]
    assert list(grid.head) == ["row", *(name.replace("_", " ") for name in areas)]
    assert [text.text for text in left] == ["Left out, as no test clip has them, or all have: Vacuum cleaner."]
    assert np.mean(list(areas.values())) == pytest.approx(evidence.mean)


def test_rows_on_other_items_stand_below_their_own_counts(stored, tables):
    one = cell_of(tables["t3"], "1_none", "om_dcase")
    clean = replace(one, cell=one.cell.model_copy(update={"items": "clean", "label": "None, corrected"}))
    (block,) = class_blocks(tables["t3"], (one, clean), stored.cache)
    heads = [row[0] for row in block.blocks[0].rows]
    assert heads == ["clips that have it, of 42", "None", "clips that have it, of 42", "None, corrected"]
    assert block.blocks[0].rows[0] != block.blocks[0].rows[2]


def test_class_values_are_kept_by_the_checksums_of_scores_and_reference(stored, tables, monkeypatch):
    results = tables["t3"].others[STANDIN]
    before = class_blocks(tables["t3"], results, stored.cache)
    monkeypatch.setattr(tags, "auc_of", lambda *_: pytest.fail("computed again"))
    assert class_blocks(tables["t3"], results, stored.cache) == before and before
    one = cell_of(tables["t3"], "1_none", "om_dcase")
    scored = one.evidence.scored[0]
    for name in ("scores_test.npz", "reference_test.csv"):
        other = replace(scored.finished, result={"files": {**scored.finished.result["files"], name: "1"}})
        with pytest.raises(pytest.fail.Exception, match="computed again"):
            tags.run_areas(replace(scored, finished=other), one.cell, stored.cache)


def test_a_class_that_a_seed_cannot_judge_has_no_value():
    both = [tags.Areas({"a": 90.0, "b": 80.0}, {"a": 2, "b": 1}, 9), tags.Areas({"a": 92.0, "b": None}, {}, 9)]
    assert tags._values(both, "a") == [90.0, 92.0] and tags._values(both, "b") == []
    assert [tags._written(values) for values in ([90.0], [])] == ["90.0", "–"]


# -- which figures -----------------------------------------------------------------------------------------------------


def test_a_table_has_the_figures_that_its_runs_allow(figures, drawings):
    """CHiME's runs keep no probes, so that nothing is shown of them; table 3 has no sweep."""
    standin = {name.removesuffix("_reduced-standin") for name in figures if name.endswith("standin")}
    assert {name for name in standin if "_t3" in name} == {
        "dots_t3", "states_t3_dcase", "clip_t3_dcase", "inputs_t3_dcase",
        "curves_t3_om_dcase", "curves_t3_om_chime", "curves_t3_am_dcase",
    }  # fmt: skip
    assert {name for name in standin if "_t1" in name} == {
        "dots_t1", "sweep_t1", "curves_t1_om_dcase", "curves_t1_om_chime",
    }  # fmt: skip
    assert {name for name in figures if name.endswith("full")} == {
        "dots_t1_full", "sweep_t1_full", "decay_t1_full", "curves_t1_om_dcase_full", "dots_t3_full",
        "curves_t3_om_dcase_full",
    }  # fmt: skip
    for content in drawings.values():
        assert content.rstrip().endswith(b"</svg>") and len(content) < MOST_BYTES


def test_smoke_runs_and_generated_clips_are_not_drawn(stored, tables):
    results = tables["t3"].others[STANDIN]
    for variant in (Variant("smoke", "standin"), Variant("reduced", "miniature")):
        assert table_figures(tables["t3"], variant, results, stored.cache) == []
    assert Variant("reduced", "miniature") in tables["t3"].others


def test_the_chart_has_the_unit_of_what_it_shows(figures, drawings, tables):
    assert next(iter(tables["t1"].table.columns.values())).unit == "frames"
    unit, _, *_, panels = figures["dots_t1_reduced-standin"].data
    assert unit == "%" and "frames" not in panels and b"OM, DCASE (%)" in drawings["dots_t1_reduced-standin"]


def test_losses_are_drawn_column_by_column(figures):
    assert figures["curves_t3_am_dcase_reduced-standin"].data["losses"].keys() == {"None"}
    whole = figures["curves_t3_om_dcase_reduced-standin"]
    assert whole.data["losses"].keys() == {"None", "Self-attention [11]", "Proposed EDC"}
    assert "OM, DCASE, tier reduced, stand-in files" in whole.caption


# -- states ------------------------------------------------------------------------------------------------------------


def ratio_of(values: np.ndarray) -> float:
    """By all distances, one by one."""
    clips = np.arange(len(values)).repeat(values.shape[1])
    far = cdist(values.reshape(-1, values.shape[2]), values.reshape(-1, values.shape[2]))
    same = clips[:, None] == clips
    return far[same & ~np.eye(len(far), dtype=bool)].mean() / far[~same].mean()


def test_the_caption_of_states_carries_the_ratio_of_both_runs(figures, tables):
    caption = figures["states_t3_dcase_reduced-standin"].caption
    for row, name in (("2_selfatt", "Self-attention [11]"), ("6_edc", "Proposed EDC (α = 7)")):
        with np.load(finished_of(tables["t3"], row).folder / "probes.npz") as file:
            assert f"{name} {ratio_of(file['frame_states'].astype(float)):.3f}" in caption
    assert "DCASE 2018 Task 4 (domestic), OM, DCASE, tier reduced, stand-in files, seed 0" in caption
    assert "perplexity 30" in caption and "over 48 clips" in caption


def test_distances_are_those_of_all_pairs():
    values = states_of(7, 5, 6, 0.5)
    within, between = states.distances(values)
    assert within / between == pytest.approx(ratio_of(values))
    assert states.distances(values[:1])[1] is None and states.distances(values[:, :1])[0] is None


@pytest.mark.parametrize("values", [np.zeros((4, 5, 6)), np.ones((1, 5, 6)), np.ones((4, 1, 6))])
def test_states_that_cannot_be_told_apart_have_no_map(values, tmp_path):
    assert states.state_map(values, "digest", tmp_path) is None


def test_maps_of_states_are_kept_by_the_checksum_of_their_file(tmp_path, monkeypatch):
    values = states_of(8, 4, 6, 0.5)
    first = states.state_map(values, "one", tmp_path)
    monkeypatch.setattr(states, "_tsne", lambda _: pytest.fail("mapped again"))
    again = states.state_map(values, "one", tmp_path)
    assert np.array_equal(again.points, first.points) and again.points.shape == (32, 2)
    with pytest.raises(pytest.fail.Exception, match="mapped again"):
        states.state_map(values, "two", tmp_path)


def test_many_states_are_thinned_by_whole_clips():
    values = np.arange(500)[:, None, None].repeat(20, axis=1)
    chosen = states.spread_clips(values)
    assert chosen.shape == (100, 20, 1) and chosen[0, 0, 0] == 0 and chosen[-1, 0, 0] == 499
    assert len(np.unique(chosen)) == 100


# -- one clip ----------------------------------------------------------------------------------------------------------


def test_one_clip_is_shown_as_it_is_attended_to_and_conditioned(figures, drawings):
    name = "clip_t3_dcase_reduced-standin"
    figure, drawn = figures[name], drawings[name]
    assert [image.size for image in images(drawn)] == [(FRAMES, 64)] * 3
    text = drawn.decode()
    for part in ("(a) log mel, standardised by band", "(b) output of the self-attention", "(c) conditioned, α = 7",
                 "(d) probability by class, Proposed EDC (α = 7)", "frame", "mel band", "probability"):  # fmt: skip
        assert f">{part}" in text
    assert all(f">{name.replace('_', ' ')}<" in text for name in CLASSES["dcase"])
    assert figure.caption.startswith("Y000_dcase.wav (Alarm bell ringing, Frying), each map")
    assert figure.data[-1] == ["Alarm_bell_ringing", "Frying"] and "seed 0" in figure.caption


def test_all_kinds_of_conditioning_stand_below_each_other_at_one_alpha(figures, drawings):
    figure = figures["inputs_t3_dcase_reduced-standin"]
    titles = [title + how for _, _, title, how in figure.data]
    assert titles == [
        "log mel, standardised by band", "frames mixed by the weights of the self-attention",
        "conditioned, α = 7", "conditioned, α = 7, decay renormalised", "conditioned, α = 7, similarity of raw frames",
    ]  # fmt: skip
    assert len(images(drawings[figure.name])) == 5 and "weights are laid on the input" in figure.caption


def test_runs_that_show_another_clip_are_left_out(stored, tables, tmp_path):
    rows = [cell_of(tables["t3"], row, "om_dcase") for row in ("1_none", "2_selfatt", "6_edc")]
    odd = rows[1].evidence.scored[0]
    with np.load(odd.finished.folder / "probes.npz") as file:
        np.savez(tmp_path / "probes.npz", **{**file, "items": file["items"][::-1]})
    moved = replace(odd, finished=replace(odd.finished, folder=tmp_path))
    rows[1] = replace(rows[1], evidence=replace(rows[1].evidence, scored=(moved,)))
    cast = Cast(shown_runs(rows))
    assert cast.attending is None and cast.plain.one is rows[0] and cast.conditioned.one is rows[2]
    assert shown_runs([cell_of(tables["t3"], "1_none", "om_chime")]) == []


def test_the_rescaling_alone_is_no_conditioning_as_released(tables):
    cast = Cast(shown_runs([cell_of(tables["t3"], row, "om_dcase") for row in ("minmax", "renorm_a5", "raw_a7")]))
    assert cast.conditioned is None and cast.plain is None
    assert [one.conditioning.name for one in cast.otherwise] == [
        "α = 5, decay renormalised", "α = 7, similarity of raw frames",
    ]  # fmt: skip


# -- alpha -------------------------------------------------------------------------------------------------------------


def test_half_the_published_frames_are_what_the_decay_reaches():
    published = {row: PAPER.published[f"edc.t1.{row}.frames"].value for row in PAPER.tables["t1"].rows}
    assert {row: 2 * support(float(row[1:].replace("_", "."))) for row in published} == published
    assert bound(7) == pytest.approx(2.575, abs=0.001)


def test_kinds_of_conditioning_are_told_by_their_parameters():
    def of(**params) -> Conditioning:
        return Conditioning("models.edc.EventConditioning", {"alpha": 7.0, "rounding": "trunc", **params}, {}, 0)

    assert of().name == "α = 7" and of(renormalise_decay=False, similarity_input="minmax").kind == ""
    assert of(renormalise_decay=True, similarity_input="raw").kind == "decay renormalised, similarity of raw frames"
    assert of().family == of(alpha=10.0).family != of(rounding="none").family


def test_a_sweep_shows_the_values_of_the_table(figures, tables):
    unit, paper, plain, reach, above, below = figures["sweep_t1_reduced-standin"].data
    (line,) = [one for one in above["DCASE 2018 Task 4 (domestic)"] if one["label"] == "OM, DCASE"]
    assert list(line["values"]) == [2.5, 5.0, 7.0, 10.0] and line["published"] == {}
    assert line["plain"] == pytest.approx(cell_of(tables["t3"], "1_none", "om_dcase").mean)
    for row, alpha in (("a2_5", 2.5), ("a10", 10.0)):
        assert line["values"][alpha] == list(cell_of(tables["t1"], row, "om_dcase").evidence.seed_values.values())
    assert (unit, paper, plain) == ("%", "", "None") and above.keys() == {"DCASE 2018 Task 4 (domestic)"}
    assert reach["decay, down to 2 %"] == [(2.5, 9.0), (5.0, 19.0), (7.0, 27.0), (10.0, 39.0)]
    (measured,) = below["DCASE 2018 Task 4 (domestic)"]
    assert measured["kind"] == "" and measured["past"][7.0] == pytest.approx(2.4)
    caption = figures["sweep_t1_reduced-standin"].caption
    assert "range over seeds" in caption and "measured on 100 training clips" in caption and "stand-in" in caption


def test_a_sweep_has_the_unconditioned_value_and_other_kinds_where_controls_have_them(stored, tables):
    beside = [cell_of(tables["t3"], row, "om_dcase") for row in ("1_none", "renorm_a5", "renorm_a7")]
    table = replace(tables["t1"], controls={STANDIN: tuple(beside)})
    figure = next(
        one for one in table_figures(table, STANDIN, table.others[STANDIN], stored.cache)
        if one.name.startswith("sweep")
    )  # fmt: skip
    _, _, plain, _, above, below = figure.data
    values = {line["label"]: line["plain"] for line in above["DCASE 2018 Task 4 (domestic)"]}
    assert plain == "None" and values == {"OM, DCASE": beside[0].mean, "OM, DCASE, corrected list": None}
    assert [one["kind"] for one in below["DCASE 2018 Task 4 (domestic)"]] == ["", "decay renormalised"]
    text = figure.draw().decode()
    assert ">None<" in text and ">measured, decay renormalised: past<" in text and ">α (frames)<" in text
    assert "dashed: None" in figure.caption


def test_published_values_stand_beside_real_files_only(figures, drawings):
    _, paper, _, _, above, _ = figures["sweep_t1_full"].data
    line = above["DCASE 2018 Task 4 (domestic)"][0]
    assert paper == "published" and line["published"] == {2.5: 93.68, 5.0: 94.01, 7.0: 95.20}
    assert ">published<" in drawings["sweep_t1_full"].decode()
    assert ">published<" not in drawings["sweep_t1_reduced-standin"].decode()
    assert "seed 0" in figures["sweep_t1_full"].caption


def test_the_decays_are_drawn_once_and_name_their_reach(drawings):
    text = drawings["decay_t1_full"].decode()
    assert ">α = 7: 27 frames<" in text and ">α = 500: 1956 frames<" in text and ">2 %<" in text
    assert ">distance (frames)<" in text and text.count(">α = ") == 9
