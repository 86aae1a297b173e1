"""What is told of classes and their confusions, of runs whose wrong clips are known one by one."""

from benchmarks.reporting.render.blocks import Bullets, Text
from benchmarks.reporting.sections.recalls import recall_blocks
from benchmarks.runs.memo import Memo
from benchmarks.runs.plan import Choice, setting_runs
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_runs import publish, scores_with, workspace_in
from tests.benchmarks.fabricated_stores import judged_without_audit


def test_recalls_and_confusions_are_those_of_the_clips_of_all_folds(tmp_path):
    """On fold n the first 2 n clips from rain on are taken for the next class, so on fold 5 two of sea waves, too."""
    workspace = workspace_in(tmp_path)
    for run in setting_runs(load_paper("acrnn"), "base", "esc10", Choice(seeds=1)):
        publish(workspace, run, scores_with("esc10", run.fold, 2 * run.fold, first=16))
    table = judged_without_audit(workspace, "acrnn.t3")["acrnn.t3"]
    (folded,) = recall_blocks(table, table.main, Memo(workspace.cache))
    assert folded.title.startswith("ESC-10, convolutional RNN: ") and "seed 0" in folded.title
    recalls, confusions = folded.blocks
    assert isinstance(recalls, Text) and isinstance(confusions, Bullets)
    assert recalls.text.startswith("Recall in %: sneezing 100, rooster 100, helicopter 100, dog 100, ")
    assert recalls.text.endswith(", chainsaw 100, sea waves 95, rain 30.")  # 38 and 12 of 40
    assert confusions.items == ["rain called sea waves: 28 of 40", "sea waves called crackling fire: 2 of 40"]
