"""What the site says one types is what makes the same again."""

import shlex
from itertools import pairwise

import pytest

from benchmarks.judge.own.rows import OwnRow
from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting.web.commands import own_commands
from benchmarks.runs.own.changes import read_changes
from benchmarks.runs.own.place import changed_rows
from benchmarks.runs.plan import Choice, setting_runs
from tests.benchmarks.fabricated_runs import workspace_in
from tests.benchmarks.judge.own.test_rows import changed, trained


@pytest.mark.parametrize(
    "asked",
    [
        ("model.dropout=0.1",),
        ("trainer.max_epochs=7", "model.learning_rate=0.00001"),
        ("data.extractor=log_mel_mtfa",),
    ],
)
def test_the_command_of_a_row_of_ones_own_makes_the_same_runs(tmp_path, asked):
    workspace = workspace_in(tmp_path)
    trained(workspace, *changed(*asked), wrong=10)
    table = Results(workspace).table("acrnn.t3")
    row: OwnRow = next(row for row in table.own[Variant("reduced")] if row.result.cell.column == "esc10")
    command, board = own_commands(table, row)
    words = shlex.split(command)
    assert words[:5] == ["python", "-m", "benchmarks", "run", "acrnn.t3.base.esc10"] and "--yes" in words
    assert words[words.index("--tier") + 1] == "reduced" and board == "python -m benchmarks board acrnn.t3.esc10"
    texts = [after for word, after in pairwise(words) if word == "--set"]
    again = changed_rows(words[4], read_changes(texts))
    runs = setting_runs(again.paper, str(again.cells[0].setting), "esc10", Choice("reduced", folds=(1,), seeds=1))
    assert [one.resolved for one in runs] == [row.run.resolved]
