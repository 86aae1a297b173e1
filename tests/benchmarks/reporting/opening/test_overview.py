import re
from collections import Counter

from benchmarks.judge.results import Results
from benchmarks.reporting.opening.overview import (
    MEANT,
    SQUARES,
    TOLD,
    ended_of,
    method_sentences,
    methods_of,
    newest_blocks,
    overview_blocks,
    overview_row,
    state_of,
    states_of,
)
from benchmarks.reporting.render.blocks import Bullets
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


def table_of(workspace, name: str):
    return Results(workspace).table(name)


def overview_of(table):
    return overview_blocks([overview_row(table)], states_of(table))


def test_every_published_number_has_a_square_that_is_explained_and_counted_in_words(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    fabricate(workspace, "knn", "esc50", wrong=271, kind="decision", step=0)
    fabricate(workspace, "svm", "esc10", wrong=40, kind="decision", step=0)
    fabricate(workspace, "svm", "esc50", kind="decision", folds=(1,), seeds=1)
    fabricate(workspace, "rf", "esc10", kind="decision", tier="reduced", seeds=1)
    fabricate(workspace, "rf", "esc50", kind="decision", tier="smoke", corpus="miniature", seeds=1)
    grid, legend = overview_of(table_of(workspace, "acrnn.t1"))
    [(link, _, squares, told)] = grid.rows
    assert link == "[acrnn.t1](acrnn/t1.md)" and squares.startswith("🟢🟢 🔴🔲 🟧⬜ ⬜⬜ ⬜⬜ ⬜⬜ ⬛⬛")
    assert sum(map(int, re.findall(r"\b\d+\b", told))) == len(squares.replace(" ", "")) == 24
    assert "1 run on a shorter schedule only" in told and "6 quoted" in told
    used = {square for square in squares if square != " "}
    assert used == {part.split()[0] for part in legend.text.rstrip(".").split("; ")}


def test_stand_in_files_have_a_state_of_their_own(three_classes_table):
    states = Counter(state_of(three_classes_table, one) for one in three_classes_table.main)
    assert states["quoted"] and states[None] and "stand-in only" not in states  # what ran there ran in full, too
    main = {name: [one for one in three_classes_table.main if one.cell.row == name] for name in ("mtfa", "resattrnn")}
    assert {state_of(three_classes_table, one) for one in main["mtfa"]} == {"undecided"}  # of twelve items
    poor = {one.cell.column: state_of(three_classes_table, one) for one in main["resattrnn"]}
    assert poor == {name: "deviates" if ".average." in name else "undecided" for name in poor}


def test_every_state_has_a_square_of_its_own():
    assert len(set(SQUARES.values())) == len(SQUARES) and set(MEANT) <= set(SQUARES)
    assert {"no verdict", "reduced only", "stand-in only", "not yet run"} <= set(TOLD)


def test_networks_and_classical_methods_are_counted_apart_with_whose_rows_they_are(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision", step=0)
    networks, classical = method_sentences(methods_of([table_of(workspace, "acrnn.t1")]))
    assert networks == "Networks, which are trained: none of 12 cells ran in full on the real files."
    assert classical == (
        "Classical methods, which are fitted: 1 of 6 cells ran in full on the real files: 1 reproduced under a "
        "fitted reading on the mean alone; "
        "all are methods of others that acrnn compares with: KNN [21]."
    )
    fabricate(workspace, "att_aug", "esc10", wrong=4)
    networks, _ = method_sentences(methods_of([table_of(workspace, "acrnn.t1")]))
    assert networks.endswith("; all are the paper's own rows: ACRNN.")


def test_the_newest_days_are_told_with_what_ran(tmp_path):
    workspace = workspace_in(tmp_path)
    for day, folds in ((1, (1,)), (2, (2, 3)), (3, (4,)), (4, (5,))):
        fabricate(workspace, "base", "esc10", folds=folds, seeds=1, ended=f"2026-01-0{day}T12:00:00+00:00")
    fabricate(workspace, "att", "esc10", folds=(1,), seeds=1)  # that does not tell when it ended
    [_, lines] = newest_blocks(ended_of([table_of(workspace, "acrnn.t3")]))
    assert isinstance(lines, Bullets) and lines.items == [
        "2026-01-04: 1 run: 1 of acrnn, tier full, real files", "2026-01-03: 1 run: 1 of acrnn, tier full, real files",
        "2026-01-02: 2 runs: 2 of acrnn, tier full, real files",
        "without a day: 1 run from before results told when they ended",
    ]  # fmt: skip
    assert newest_blocks(ended_of([table_of(workspace_in(tmp_path / "other"), "acrnn.t3")])) == []
