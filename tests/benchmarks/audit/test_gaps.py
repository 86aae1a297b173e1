"""Every value that a setting rests on has an origin, in every paper; the guide says so."""

from typing import get_args

import pytest

from benchmarks.audit.gaps import FILLED, OF_TRAINER, gap_lines, gaps
from benchmarks.audit.origins import TRAINER, named_in, recipes, stated, tiers_of
from benchmarks.runs.build import parameters
from benchmarks.spec import load_paper, paper_ids
from benchmarks.spec.bricks import Apart, ClassNotes, ClassValue, Origin
from tests import ROOT

#: Origins that can be looked up.
SOURCES = ("paper", "code", "fitted")


@pytest.mark.parametrize("name", paper_ids())
def test_every_argument_of_every_class_that_a_setting_names_is_stated_or_listed(name):
    assert gaps(load_paper(name)) == []


@pytest.mark.parametrize("name", paper_ids())
def test_what_has_a_source_says_where(name):
    paper = load_paper(name)
    listed = [
        one for setting in paper.settings for tier in tiers_of(paper, setting) for one in stated(paper, setting, tier)
    ]
    nowhere = {(one.part, one.name) for one in listed if one.sourced.origin in SOURCES and not one.sourced.where}
    assert len(listed) > 100 and not nowhere


def test_the_guide_says_what_is_true():
    sentence = " ".join((ROOT / "docs" / "read.md").read_text().split())
    told = ", ".join(f"`{origin}`" for origin in get_args(Origin))
    assert f"Every hyper-parameter carries its origin ({told}) in `benchmarks/papers/<paper>/paper.yaml`" in sentence


def with_notes(paper, key, **changes):
    notes = paper.classes[key].model_copy(update=changes)
    return paper.model_copy(update={"classes": {**paper.classes, key: notes}})


def test_a_default_without_an_origin_is_named_with_its_class_and_value():
    paper, key = load_paper("acrnn"), "datasets.features.log_gammatone.LogGammatone"
    defaults = {name: one for name, one in paper.classes[key].defaults.items() if name != "low"}
    found = gaps(with_notes(paper, key, defaults=defaults))
    derived = key.replace("LogGammatone", "GammatoneStatistics")  # for which the notes of its base stand
    assert {message for _, message in found} == {
        f"{one}: low is left to its default, 50.0, and has no origin; list it in classes.{one}.defaults"
        for one in (key, derived)
    }
    assert ("settings", "base") in {place for place, _ in found}


def test_a_default_that_has_changed_in_the_code_is_noticed():
    paper, key = load_paper("edc"), "models.edc.EventConditioning"
    notes = paper.classes[key]
    rounded = notes.defaults["rounding"].model_copy(update={"value": "round"})
    found = gaps(with_notes(paper, key, defaults={**notes.defaults, "rounding": rounded}))
    assert found == [
        (("classes", key, "defaults", "rounding"), f"is 'round', but the default of {key} is 'trunc'")
    ]  # fmt: skip


def test_a_constant_that_has_changed_in_the_code_is_noticed(monkeypatch):
    monkeypatch.setattr("models.baselines.classical.NEIGHBOURS", 9)
    monkeypatch.delattr("models.baselines.classical.TREES")
    messages = [message for _, message in gaps(load_paper("acrnn"))]
    assert messages[0] == "is 8, but the code has 9"
    assert messages[1].startswith("models.baselines.classical.TREES: cannot be imported")
    assert len(messages) == 2


def test_what_is_listed_for_nothing_is_noticed():
    paper, key = load_paper("edc"), "models.edc.EDCModule"
    assumed = ClassValue(value=0.001, origin="assumed")
    always_stated = with_notes(paper, key, defaults={**paper.classes[key].defaults, "learning_rate": assumed})
    assert gaps(always_stated) == [
        (("classes", key, "defaults", "learning_rate"), "no setting leaves learning_rate to a default; take it out")
    ]
    stray = paper.model_copy(update={"classes": {**paper.classes, "models.mtfa.MTFAModule": ClassNotes()}})
    assert gaps(stray) == [
        (("classes", "models.mtfa.MTFAModule"), "no setting names models.mtfa.MTFAModule, nor a class derived from it")
    ]


def test_a_value_that_is_another_matter_in_no_setting_is_noticed():
    paper, key = load_paper("edc"), "models.edc.EventConditioning"
    rounding = paper.classes[key].defaults["rounding"].model_copy(update={"apart": [Apart(settings=["edc_*", "xx_*"])]})
    assert gaps(with_notes(paper, key, defaults={**paper.classes[key].defaults, "rounding": rounding})) == [
        (("classes", key, "defaults", "rounding", "apart", 0), "no setting is called xx_*")
    ]


def test_all_kinds_of_classes_are_looked_at():
    found = {
        named.path
        for name in ("acrnn", "edc", "mtfa")
        for setting in load_paper(name).settings
        for tier in tiers_of(load_paper(name), setting)
        for recipe in recipes(load_paper(name), setting, tier)
        for named in named_in(recipe)
    }
    assert {
        "datasets.esc50.ESC50",  # a dataset
        "datasets.chime_home.CHiMEHomeDataModule",  # a data module that the dataset brings
        "datasets.features.log_mel_edc.LogMelEdc",  # an extractor by its short name
        "models.edc.MovingAverage",  # a conditioner within an argument
        "models.piczak.PiczakModule",
        "models.baselines.classical.ClassicalClassifier",
        "benchmarks.runs.selection.Selection",  # what chooses the epoch
        TRAINER,
    } <= found


@pytest.mark.parametrize("argument", sorted(FILLED))
def test_what_needs_no_origin_is_few_and_says_why(argument):
    assert len(FILLED) <= 10 and len(FILLED[argument]) > 10
    classes = ("models.acrnn.ACRNNModule", "models.pbcnn.PBCNNModule", "datasets.esc50.ESC50DataModule")
    assert argument in {name for path in classes for name in parameters(path)}


def test_what_moves_numbers_in_a_trainer_is_among_its_arguments():
    assert set(OF_TRAINER) <= set(parameters(TRAINER))


def test_gaps_are_told_with_file_and_line(toy_papers):
    lines = gap_lines(load_paper("toy"))
    file = toy_papers / "toy" / "paper.yaml"
    place = next(number for number, line in enumerate(file.read_text().splitlines(), 1) if line.startswith("  plain:"))
    told = "toy_parts.ToyModule: fail is left to its default, False, and has no origin"
    assert lines[0].startswith(f"{file}:{place}: settings.plain: {told}; list it")
