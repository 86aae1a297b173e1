"""What reports keep in the cache: where it is damaged, or nothing can be kept, it is computed again, all the same."""

from itertools import cycle
from pathlib import Path

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import TableResult, Variant
from benchmarks.reporting.figures import table_figures
from benchmarks.reporting.sections.areas import area_blocks
from benchmarks.reporting.sections.recalls import recall_blocks
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_event_runs import fabricate_events
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.fabricated_stores import FULL, STANDIN, judged_without_audit
from tests.benchmarks.fabricated_tag_runs import fabricate_tags


def rendered(table: TableResult, variant: Variant, cache: Path) -> tuple[list[bytes], list[object]]:
    """All that is drawn and computed anew of a table under one variant."""
    memo, results = Memo(cache), table.main if variant == FULL else table.others[variant]
    drawn = [one.svg(memo) for one in table_figures(table, variant, results, memo)]
    return drawn, [*recall_blocks(table, results, memo), *area_blocks(table, results, memo)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, tuple[TableResult, Variant]]:
    """A table of each kind of task, from a few runs."""
    workspace = workspace_in(tmp_path_factory.mktemp("memos"))
    fabricate(workspace, "att_aug", "esc10", seeds=1)
    fabricate_events(workspace, "mtfa", "babycry", 0.9, "reduced", "standin", items=6, seeds=1)
    for setting in ("none_om", "selfatt_om", "edc_a7_om"):
        fabricate_tags(workspace, setting, "dcase", items=16, frames=50, seeds=1)
    results = Results(workspace)
    return {
        "clips": (results.table("acrnn.t3"), FULL),
        "events": (results.table("mtfa.t1"), STANDIN),
        "tags": (judged_without_audit(workspace, "edc.t3")["edc.t3"], STANDIN),
    }


#: What is kept of each.
KEPT = {
    "clips": {"figures", "confusions"},
    "events": {"figures", "thresholds"},
    "tags": {"figures", "states", "classes"},
}


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def changed(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])


@pytest.mark.parametrize("kind", KEPT)
def test_damaged_files_of_the_cache_are_made_again(tables, kind, first):
    cache, expected = first(kind)
    kept = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
    assert {path.parent.name for path in kept} == KEPT[kind]
    for path, damage in zip(sorted(kept), cycle((emptied, cut_short, changed))):
        damage(path)
    assert rendered(*tables[kind], cache) == expected
    assert {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()} == kept


def test_files_of_the_cache_in_each_others_place_are_not_believed(tmp_path):
    memo = Memo(tmp_path)
    assert [memo.json("values", key, lambda key=key: key) for key in (1, 2)] == [1, 2]
    first, second = (tmp_path / "values").iterdir()
    content = first.read_bytes()
    second.rename(first)
    second.write_bytes(content)
    assert [memo.json("values", key, lambda key=key: key) for key in (1, 2)] == [1, 2]
    assert [memo.json("values", key, lambda: None) for key in (1, 2)] == [1, 2]


@pytest.mark.parametrize("kind", KEPT)
def test_where_nothing_can_be_kept_the_report_is_the_same(tables, kind, first, tmp_path):
    _, expected = first(kind)
    (tmp_path / "cache").write_text("a file in the place of the folder, which refuses for every user")
    assert rendered(*tables[kind], tmp_path / "cache") == expected


@pytest.fixture(scope="module")
def first(tables, tmp_path_factory):
    """The cache and the outcome of a first rendering, by the kind of task."""
    made: dict[str, tuple[Path, object]] = {}

    def of(kind: str) -> tuple[Path, object]:
        if kind not in made:
            cache = tmp_path_factory.mktemp("cache")
            made[kind] = cache, rendered(*tables[kind], cache)
        return made[kind]

    return of
