"""Names in paper files that the harness does not know are told with file and line before anything is trained."""

import pytest

from benchmarks.cli.listing import listing
from benchmarks.cli.names import check_names
from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError
from benchmarks.runs.plan import Choice
from benchmarks.spec import load, load_paper, paper_ids
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.mark.parametrize("paper", paper_ids())
def test_every_paper_names_what_is_there(paper):
    check_names(list(load_paper(paper).cells()))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "metric: accuracy_clip_mean_probability",
            "metric: accuracy_clip_mean_probabilit",
            "accuracy_clip_mean_probabilit: no such metric; did you mean accuracy_clip_mean_probability",
        ),
        ("metric: accuracy_clip_mean_probability", "metric: nowhere.metric", "nowhere.metric: cannot be imported"),
        ("    kind: train\n", "    kind: train\n    figures: [valuez]\n", "no figure 'valuez'; did you mean values"),
    ],
)
def test_a_mistake_has_file_and_line(paper_copy, monkeypatch, tmp_path, old, new, problem):
    path = paper_copy / "acrnn" / "paper.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("\n  t3:")
    path.write_text(text[:start] + text[start:].replace(old, new), encoding="utf-8")
    monkeypatch.setattr(load, "PAPERS", paper_copy)
    load._load.cache_clear()
    for look in (
        lambda: listing("acrnn.t3"),
        lambda: Sweep("acrnn.t3", Choice("smoke", "miniature"), workspace_in(tmp_path), "cpu").run(confirmed=True),
    ):
        with pytest.raises(InputError, match=rf"acrnn/paper.yaml:\d+: tables.t3.*{problem}"):
            look()
