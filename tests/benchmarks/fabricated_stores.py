"""Stores of fabricated runs that many tests read: whichever process comes first writes them, nobody changes them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.judge.aside import LeftAside
from benchmarks.judge.table import TableResult, Variant
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_event_runs import fabricate_events
from tests.benchmarks.fabricated_runs import fabricate_120, workspace_in
from tests.benchmarks.fabricated_tag_runs import fabricate_tags
from tests.locked import locked

FULL, STANDIN, SMOKE = Variant(), Variant("reduced", "standin"), Variant("smoke", "miniature")
RARE_CLASSES = ("babycry", "glassbreak", "gunshot")
#: Items of each test set in `three_classes`.
ITEMS = 12


class Judged:
    """Tables that were judged before, in the place of benchmarks.judge.results.Results."""

    def __init__(self, *tables: TableResult) -> None:
        self.tables = {table.id: table for table in tables}

    def table(self, table_id: str) -> TableResult:
        return self.tables[table_id]

    def left_aside(self, tables: list[TableResult]) -> list[LeftAside]:
        return []


def written_once(session_folder: Path, name: str, write: Callable[[Workspace], None]) -> Workspace:
    """The workspace of this name, which `write` fills if it is the first to come."""
    folder = session_folder / "stores" / name
    workspace = workspace_in(folder)
    with locked(folder):
        if not (folder / "written").exists():
            write(workspace)
            (folder / "written").touch()
    return workspace


def judged_without_audit(workspace: Workspace, *table_ids: str) -> dict[str, TableResult]:
    """Tables by their id, without their audit, which takes a process of its own."""
    from benchmarks.judge.results import Results

    results = Results(workspace)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.judge.results.table_checks", lambda *_: ())
        return {table_id: results.table(table_id) for table_id in table_ids}


def clips_with_one_class(workspace: Workspace) -> None:
    """120 runs of tables 3 and 4 of the ACRNN paper, and the report of both."""
    from benchmarks.reporting import write_reports

    fabricate_120(workspace)
    assert len(list(workspace.ledger.finished())) == 120
    (workspace.reports / "acrnn").mkdir(parents=True)
    (workspace.reports / "acrnn" / "t3.md").touch()  # what has its page is written again
    write_reports(workspace, "acrnn.t4", workspace.reports)


def fabricate_row(workspace: Workspace, row: str, skill: float, variant: Variant = FULL, seeds: int = 3) -> None:
    """A row's runs on all three classes."""
    for dataset in RARE_CLASSES:
        setting = load_paper("mtfa").tables["t1"].rows[row].setting_for("", dataset)
        fabricate_events(workspace, setting, dataset, skill, variant.tier, variant.corpus, ITEMS, seeds)


def three_classes(workspace: Workspace) -> None:
    """Two rows in full with three seeds; on stand-in files the other way round; one row of generated sounds.

    Of ResAttRNN there is a fourth seed on one class, and of the baseline nothing but that class.
    """
    fabricate_row(workspace, "mtfa", 1.0)
    fabricate_row(workspace, "resattrnn", 0.4)
    fabricate_events(workspace, "resattrnn", "babycry", 0.4, items=ITEMS, seeds=4)
    for setting in ("mlp", "mlp_full"):
        fabricate_events(workspace, setting, "babycry", 0.4, items=ITEMS, seeds=1)
    fabricate_row(workspace, "mtfa", 0.2, STANDIN, seeds=3)
    fabricate_row(workspace, "resattrnn", 1.0, STANDIN, seeds=3)
    fabricate_row(workspace, "mtfa", 1.0, SMOKE, seeds=1)


def two_classes(workspace: Workspace) -> None:
    """Two classes of three rows on stand-in files, two seeds each; of generated sounds one row."""
    for dataset in RARE_CLASSES[:2]:
        for setting, skill in (("mtfa", 0.9), ("resrnn", 0.6), ("mlp", 0.3), ("mlp_full", 0.3)):
            fabricate_events(workspace, setting, dataset, skill, "reduced", "standin", items=12, seeds=2)
        fabricate_events(workspace, "mtfa", dataset, 0.9, "reduced", "miniature", items=6, seeds=1)


#: Of `tags_with_probes`: three settings of the sweep, all that keep probes, frames of a clip.
ALPHAS = {"edc_a2_5_om": 2.5, "edc_a5_om": 5.0, "edc_a7_om": 7.0}
SHOWN = ("none_om", "selfatt_om", *ALPHAS, "edc_a10_om", "minmax_om", "renorm_a5_om", "renorm_a7_om", "raw_a7_om")
FRAMES = 100


def tags_with_probes(workspace: Workspace) -> None:
    """Stand-in files: a column of DCASE with probes and two seeds, others without; three alphas on real ones."""
    for number, setting in enumerate(SHOWN):
        fabricate_tags(workspace, setting, "dcase", 1 + 0.1 * number, seeds=2, frames=FRAMES)
    fabricate_tags(workspace, "none_am", "dcase", seeds=1, with_probes=False)
    for setting in ("none_om", "edc_a10_om"):
        fabricate_tags(workspace, setting, "chime", seeds=1, with_probes=False)
    for setting in ALPHAS:
        fabricate_tags(workspace, setting, "dcase", tier="full", corpus="real", seeds=1, with_probes=False)
    fabricate_tags(workspace, "none_om", "dcase", corpus="miniature", seeds=1)


#: Skill of each setting of `tags_with_controls`: rescaling does it all, the conditioning after it nothing.
SKILL = {"none": 0.5, "minmax": 2.0, "edc_a7": 2.0, "selfatt": 0.3, "tm": 1.0, "fm": 1.6, "tw": 0.8}


def tags_with_controls(workspace: Workspace) -> None:
    """Stand-in runs of some rows with three seeds, in which both test lists are the same; runs in full of one row."""
    for setting, skill in SKILL.items():
        for mode in ("om", "am"):
            name = f"{setting}_{mode}"
            fabricate_tags(workspace, name, "dcase", skill, items=200, with_probes=False, all_clean=True)
    fabricate_tags(workspace, "none_om", "dcase", 1.0, "full", "real", items=64, seeds=3, with_probes=False)
