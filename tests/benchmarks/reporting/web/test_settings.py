"""What stands on the page of a setting: commands, curves, decisions, sounds."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks.judge.results import Results
from benchmarks.judge.table import Variant
from benchmarks.reporting.web.commands import cell_commands, data_commands, expected, run_command
from benchmarks.reporting.web.curves import curves
from benchmarks.reporting.web.decided import LISTED, Sounds, decided
from benchmarks.reporting.web.uses import Use, uses_of
from benchmarks.runs.memo import Memo
from benchmarks.spec import select
from datasets.errors import DataError

REDUCED = Variant("reduced", "standin", "bf16")


@pytest.fixture(scope="module")
def uses(clips) -> dict[tuple[str, str], Use]:
    return uses_of([Results(clips).table("acrnn.t3")])


@pytest.fixture(scope="module")
def use(uses) -> Use:
    return uses["acrnn", "att_aug"]


def test_commands_are_those_of_the_command_line(use):
    assert run_command("acrnn.t3", REDUCED) == (
        "python -m benchmarks run acrnn.t3 --tier reduced --corpus standin --numerics bf16 --yes"
    )
    for one in cell_commands(use):
        (_, full), *_ = one.runs
        target = full.split()[4]
        assert [cell.id for cell in select(target)] == [
            one.cell.id
        ] and one.report == "python -m benchmarks report acrnn.t3"
    typed = [command for command, _ in data_commands(use)]
    assert len(typed) == len(set(typed)) == 3 and all(" esc50" in command for command in typed)


def test_expected_times_are_per_tier_dataset_and_device(use, clips):
    found = {(one.tier, one.dataset): one for one in expected(use, clips)}
    full = found["full", "esc10"]
    assert (
        full.runs % 5 == 0 and full.minutes["cpu"] > 0 and {tier for tier, _ in found} == {"full", "reduced", "smoke"}
    )
    assert full.done == sum(one.run.tier == "full" and one.run.dataset == "esc10" for one in use.runs(Variant()))


def test_a_value_made_in_other_numerics_has_the_command_that_makes_it(use):
    cells = {name: (table, replace(one, numerics="bf16")) for name, (table, one) in use.cells.items()}
    for one in cell_commands(replace(use, cells=cells)):
        target = f"python -m benchmarks run {one.cell.id}"
        assert one.runs[:2] == (
            ("tier full, real files", f"{target} --tier full --yes"),
            ("tier full, real files, bf16", f"{target} --tier full --numerics bf16 --yes"),
        )
    assert not any("bf16" in told for one in cell_commands(use) for told, _ in one.runs)


def test_runs_under_other_conditions_are_counted_by_these(use, clips, monkeypatch):
    assert all(not one.otherwise for one in expected(use, clips))
    made = [
        replace(one, run=replace(one.run, seed=seed, corpus=corpus, numerics=numerics))
        for seed, (corpus, numerics) in enumerate([("real", "bf16"), ("miniature", "float32"), ("real", "bf16")])
        for one in use.runs(Variant())[:1]
    ]
    monkeypatch.setattr(Use, "runs", lambda *_: made)
    counted = {(one.tier, one.dataset): one.otherwise for one in expected(use, clips)}
    run = made[0].run
    assert counted.pop((run.tier, run.dataset)) == {"real files, bf16": 2, "generated miniature": 1}
    assert not any(counted.values())


def test_decisions_are_counted_once_and_the_wrong_clips_are_those_beside_the_diagonal(use, clips, tmp_path):
    found = list(decided(use, Memo(clips.cache), Sounds(None, tmp_path), "acrnn/settings"))
    assert found
    for one in found:
        off = sum(
            count.number for i, (_, counts) in enumerate(one.rows) for j, count in enumerate(counts) if count and i != j
        )
        assert one.n_wrong == off and len(one.wrong) == min(off, LISTED)
        assert all(clip.sound is None and clip.true != clip.decided for clip in one.wrong)
        _, first = one.rows[0]
        assert first[0] is not None and first[0].told.startswith(f"{one.classes[0]} found: ")


class Lies:
    """A dataset with its clips in some folder, of which one has an odd name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self) -> dict[str, Path]:
        return {"a.wav": self.folder / "esc 50" / "a#1.ogg"}


def test_sounds_are_referenced_where_they_lie_and_only_those_of_real_files(use, tmp_path):
    workspace = SimpleNamespace(dataset=lambda *_: Lies(tmp_path / "data"))
    (_, one), *_ = use.ran[Variant()]
    sounds = Sounds(workspace, tmp_path / "site")
    assert sounds.of(use, one, "acrnn/settings") == {"a.wav": "../../../data/esc%2050/a%231.ogg"}
    assert sounds.of(use, replace(one, variant=REDUCED), "acrnn/settings") == {}
    assert Sounds(None, tmp_path).of(use, one, "acrnn/settings") == {}

    def absent(*_):
        raise DataError("no such folder")

    assert Sounds(SimpleNamespace(dataset=absent), tmp_path).of(use, one, "x") == {}


def test_curves_are_drawings_of_all_runs_that_say_in_words_what_they_show(use, clips):
    drawn = list(curves(use, Memo(clips.cache)))
    assert drawn
    for picture, content in drawn:
        root = ElementTree.fromstring(content)
        lines = root.findall("{http://www.w3.org/2000/svg}polyline")
        assert root.attrib["viewBox"] and 1 <= len(lines) <= 2
        assert "training loss from " in picture.caption and "epochs (" in picture.caption
    assert [content for _, content in curves(use, Memo(clips.cache))] == [content for _, content in drawn]


def test_a_setting_knows_its_cells_datasets_and_runs(uses, use):
    assert set(use.cells) == {"acrnn.t3.att_aug.esc10", "acrnn.t3.att_aug.esc50"}
    assert use.datasets == ["esc10", "esc50"] and use.runs(Variant()) and not use.runs(REDUCED)
    assert next(iter(use.ran)) == Variant() and ("acrnn", "base") in uses
