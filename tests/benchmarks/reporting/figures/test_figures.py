import html
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.errors import InputError
from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.metrics import all_metrics
from benchmarks.reporting import figures, write_reports
from benchmarks.reporting.figures import figure_kinds, named, table_figures, wanted
from benchmarks.runs.memo import Memo
from benchmarks.spec import load_paper, paper_ids
from tests import ROOT
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import RARE_CLASSES, STANDIN

MOST_BYTES = 150_000

TOY_FIGURE = """
from benchmarks.reporting.figures import Figure, FigureKind, Words


class ToyWords(Words):
    says: str = "nothing"


class Toy(FigureKind):
    words: ToyWords = ToyWords()
    times: int = 1

    def figures(self, asked):
        caption = f"{self.words.says}, {self.times} times, of {len(asked.cells)} cells"
        yield Figure(f"toy_{asked.result.table_id}_{asked.variant.name}", caption, [caption], lambda: b"<svg></svg>")
"""


@pytest.fixture
def toy_figure(tmp_path, monkeypatch):
    """A further figure, which lies in a folder of its own."""
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "toy_of_tests.py").write_text(TOY_FIGURE)
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(folder)])
    yield
    sys.modules.pop("benchmarks.reporting.figures.toy_of_tests", None)


@pytest.fixture
def acrnn_with(tmp_path, monkeypatch):
    """Writes the paper file of acrnn with figures for table 3; the folder becomes that of papers."""

    def write(named: str) -> Path:
        shutil.copytree(ROOT / "benchmarks" / "papers" / "acrnn", tmp_path / "papers" / "acrnn")
        path = tmp_path / "papers" / "acrnn" / "paper.yaml"
        title = "    title: Accuracy with and without attention and augmentation\n"
        text = path.read_text()
        assert text.count(title) == 1
        path.write_text(text.replace(title, f"{title}    figures: {named}\n"))
        monkeypatch.setattr("benchmarks.spec.load.PAPERS", tmp_path / "papers")
        return path

    return write


def test_a_figure_in_a_file_of_its_own_appears_with_its_words(toy_figure, acrnn_with, tmp_path):
    acrnn_with('[{figure: toy_of_tests, times: 3, words: {says: "What a toy says"}}, values]')
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att_aug", "esc10", seeds=1)
    write_reports(workspace, "acrnn.t3", workspace.reports)
    text = (workspace.reports / "acrnn" / "t3.md").read_text()
    toy, values = "(figures/toy_t3_full.svg)", "(figures/bars_t3_full.svg)"
    assert f"![What a toy says, 3 times, of 1 cells]{toy}" in text and text.index(toy) < text.index(values)
    assert "curves_t3" not in text, "a table that names figures has those alone"
    assert (workspace.reports / "acrnn" / "figures" / "toy_t3_full.svg").read_text() == "<svg></svg>"


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("[valeus]", r"figures\.0\.figure: no figure 'valeus'; did you mean values"),
        ("[values, {figure: decay, constants: [1], levle: 0.1}]", r"figures\.1\.levle: .*did you mean level"),
        ("[{figure: sweep}]", r"figures\.0\.over: is missing"),
        ("[{figure: excerpts, words: {inptu: log mel}}]", r"figures\.0\.words\.inptu: "),
        (
            "[{figure: values, cells: {column: esc10, rows: [aug, att_agu]}}]",
            r"figures\.0\.cells\.rows\.1: the figure values: no row or control 'att_agu'; did you mean att_aug",
        ),
        (
            "[curves, {figure: confusion, cells: {row: aug, columns: [esc01]}}]",
            r"figures\.1\.cells\.columns\.0: the figure confusion: no column 'esc01'; did you mean esc50, esc10",
        ),
        (
            "[{figure: attention, row: aug, column: esc10, hop: 0.1, input: attentoin}]",
            r"figures\.0\.input: the figure attention: no probe of any setting 'attentoin'; did you mean attention\?",
        ),
        ("[{figure: attention, row: aug, column: esc10, hop: 0}]", r"figures\.0\.hop: the figure attention: "),
        ("[{figure: states, rows: [aug, bse]}]", r"figures\.0\.rows\.1: .*no row or control 'bse'; did you mean base"),
        ("[{figure: sweep, over: alpha}]", r"figures\.0\.over\.parameter: .*no argument of any conditioner 'alpha'"),
        ("[{figure: labels, dataset: esc11}]", r"figures\.0\.dataset: .*no dataset 'esc11'; did you mean esc10"),
    ],
)
def test_a_mistake_has_file_and_line_and_the_nearest_names(acrnn_with, clips, named, message):
    path = acrnn_with(named)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.startswith("    figures:"))
    table = Results(clips).table("acrnn.t3")
    with pytest.raises(InputError, match=rf"paper\.yaml:{line}: tables\.t3\.{message}"):
        wanted(table, table.main)


@pytest.mark.parametrize("paper_id", paper_ids())
def test_every_figure_that_a_paper_names_can_be_told_what_it_is_told(paper_id):
    paper = load_paper(paper_id)
    for table_id, table in paper.tables.items():
        kinds = named(paper, table_id)
        names = {kind: name for name, kind in figure_kinds().items()}
        assert [names[type(kind)] for kind in kinds or ()] == [one.figure for one in table.figures or ()]


def test_every_figure_of_a_kind_of_task_is_there_and_needs_no_telling():
    kinds = {metric.kind for metric in all_metrics().values()}
    assert kinds
    for name in {name for kind in kinds for name in kind.figures}:
        figure_kinds()[name]()


def test_two_figures_of_one_name_are_told(tmp_path, monkeypatch):
    for folder in ("figures", "figures/deep"):
        (tmp_path / folder).mkdir()
    (tmp_path / "figures" / "deep" / "__init__.py").touch()
    for path in ("toy_twice.py", "deep/toy_twice.py"):
        (tmp_path / "figures" / path).write_text(TOY_FIGURE)
    monkeypatch.setattr(figures, "__path__", [*figures.__path__, str(tmp_path / "figures")])
    with pytest.raises(InputError, match=r"figures/toy_twice.py: .*deep/toy_twice.py has that name too; rename one"):
        figure_kinds()
    for name in [name for name in sys.modules if "toy_twice" in name or name.endswith("figures.deep")]:
        sys.modules.pop(name)


def test_every_figure_says_what_it_is():
    for name, kind in figure_kinds().items():
        assert kind.__doc__ and kind.__name__.lower() == name


# -- what is kept ------------------------------------------------------------------------------------------------------


def changing(draws):
    """What draws another thing at every call."""
    made = iter(draws)
    return lambda: next(made)


def kept_in(folder, data, *draws):
    """The drawings of one figure after another, each of which would be another if it were drawn."""
    memo, draw = Memo(folder), changing(draws)
    return [figures.Figure("toy_t1_full", "", one, draw).svg(memo) for one in data]


@pytest.fixture
def drawn_by(tmp_path, monkeypatch):
    """A folder in place of those of the code that draws."""
    (tmp_path / "drawing").mkdir()
    monkeypatch.setattr(figures, "DRAWN_BY", (tmp_path / "drawing",))
    figures._drawn_by.cache_clear()
    yield tmp_path / "drawing"
    figures._drawn_by.cache_clear()


def test_a_legend_that_changes_in_the_code_is_drawn_again(drawn_by, tmp_path):
    (drawn_by / "bars.py").write_text('LEGEND = "reproduced: mean"')
    assert kept_in(tmp_path / "cache", [[1], [1]], b"reproduced: mean") == [b"reproduced: mean"] * 2
    (drawn_by / "bars.py").write_text('LEGEND = "ours: mean"')
    figures._drawn_by.cache_clear()
    assert kept_in(tmp_path / "cache", [[1]], b"ours: mean") == [b"ours: mean"]


def test_the_folders_of_what_draws_are_read():
    from benchmarks.reporting.drawing.bars import values

    told = {path for folder in figures.DRAWN_BY for path in folder.rglob("*.py")}
    assert {Path(values.__file__), Path(figures.__file__)} <= told


def test_rows_in_another_order_are_drawn_again(tmp_path):
    rows = [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 2}]
    assert kept_in(tmp_path, rows, b"a, b", b"b, a") == [b"a, b", b"b, a", b"a, b"]


@pytest.mark.parametrize("shown", ["event_figures", "tag_figures", "scene_figures", "soft_figures"])
def test_every_word_that_is_drawn_is_in_what_the_drawing_is_kept_by(shown, request, tmp_path):
    """Words of paper files, of runs and of releases are in the data of a figure, all others in the code that draws."""
    code = " ".join(path.read_text() for folder in figures.DRAWN_BY for path in folder.rglob("*.py"))
    for figure in request.getfixturevalue(shown).values():
        known = json.dumps(figure.data, ensure_ascii=False) + code
        drawn = re.findall(r">([^<>]+)</text>", figure.svg(Memo(tmp_path)).decode())
        words = {word for text in drawn for word in re.findall(r"[^\W\d_]{3,}", html.unescape(text))}
        assert drawn and [word for word in words if word not in known] == [], figure.name


# -- which figures -----------------------------------------------------------------------------------------------------


def test_stand_in_files_have_figures_under_their_own_heading_and_generated_ones_have_none(
    two_classes, two_classes_table, tmp_path
):
    from benchmarks.reporting.site import write_site
    from tests.benchmarks.fabricated_stores import Judged

    out = tmp_path / "reports"
    found = write_site(two_classes, "mtfa.t1", out, Judged(two_classes_table))
    written = {path.name for path in found if path.suffix == ".svg"}
    kinds = {"errors_t1", "thresholds_t1_devtest", "thresholds_t1_evaltest", "excerpts_t1"}
    kinds |= {f"{name}_{dataset}" for dataset in RARE_CLASSES[:2] for name in ("curves_t1", "maps_mtfa", "maps_resrnn")}
    assert written == {f"{kind}_reduced-standin.svg" for kind in kinds}
    text = (out / "mtfa" / "t1.md").read_text()
    heading = text.index("## Figures\n\n### Reduced, on stand-in files")
    assert all(text.index(name) > heading for name in written)
    for name in written:
        content = (out / "mtfa" / "figures" / name).read_bytes()
        assert content.rstrip().endswith(b"</svg>") and len(content) < MOST_BYTES


def test_smoke_runs_and_generated_sounds_are_not_drawn(two_classes, two_classes_table, tagged, tag_tables):
    for workspace, table in ((two_classes, two_classes_table), (tagged, tag_tables["t3"])):
        results = table.others[STANDIN]
        for variant in (Variant("smoke", "standin"), Variant("reduced", "miniature")):
            assert table_figures(table, variant, results, Memo(workspace.cache)) == []
        assert Variant("reduced", "miniature") in table.others


def test_figures_of_datasets_stand_together(event_figures):
    names = [name.removesuffix("_reduced-standin") for name in event_figures]
    assert names[4:] == [
        f"{name}_{dataset}" for dataset in RARE_CLASSES[:2] for name in ("curves_t1", "maps_mtfa", "maps_resrnn")
    ]


def test_a_table_has_the_figures_that_its_runs_allow(tag_figures, tag_drawing):
    """CHiME's runs keep no probes, so that nothing is shown of them; table 3 has no sweep."""
    standin = {name.removesuffix("_reduced-standin") for name in tag_figures if name.endswith("standin")}
    assert {name for name in standin if "_t3" in name} == {
        "dots_t3", "states_t3_dcase", "clip_t3_dcase", "inputs_t3_dcase",
        "curves_t3_om_dcase", "curves_t3_om_chime", "curves_t3_am_dcase",
    }  # fmt: skip
    assert {name for name in standin if "_t1" in name} == {
        "dots_t1", "sweep_t1", "curves_t1_om_dcase", "curves_t1_om_chime",
    }  # fmt: skip
    assert {name for name in tag_figures if name.endswith("full")} == {
        "dots_t1_full", "sweep_t1_full", "curves_t1_om_dcase_full", "dots_t3_full",
        "curves_t3_om_dcase_full",
    }  # fmt: skip
    for content in (tag_drawing(name) for name in tag_figures if not name.startswith("curves")):
        assert content.rstrip().endswith(b"</svg>") and len(content) < MOST_BYTES
