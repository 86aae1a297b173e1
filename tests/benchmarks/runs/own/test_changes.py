import pytest

from benchmarks.errors import InputError
from benchmarks.runs.own.changes import read_changes, sweep
from benchmarks.runs.own.names import changed_setting, is_own, label_of, own_setting
from benchmarks.runs.own.place import changed_rows, places, template
from benchmarks.spec import load_paper


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("model.hidden=256", 256),
        ("model.rate=1e-3", 0.001),
        ("model.rate=0.5", 0.5),
        ("data.extractor=log_mel_scenes", "log_mel_scenes"),
        ("model.drops=[20, 40]", [20, 40]),
        ("data.augment=true", True),
        ("trainer.patience=null", None),
        ("model.kind={a: [1, b]}", {"a": [1, "b"]}),
    ],
)
def test_values_are_plain_yaml(text, value):
    (change,) = read_changes([text])
    assert change.value == value and text.startswith(f"{change.place}=")
    assert type(change.value) is type(value)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["hidden=3"], r"^--set hidden=3: must be PART.ARGUMENT=VALUE with data, model or trainer: model.hidden=256$"),
        (["model.hidden"], "must be PART.ARGUMENT=VALUE"),
        (["model.x=!!python/object:os.system 1"], "no plain value"),
        (["model.x=[1"], "no plain value"),
        (["model.x=1", "model.x=2"], "model.x is set twice; a list of values makes a sweep"),
    ],
)
def test_what_is_no_change_is_one_line(texts, message):
    with pytest.raises(InputError, match=message) as error:
        read_changes(texts)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model.droput=0.1", "models.acrnn.ACRNNModule has no argument 'droput'; did you mean dropout"),
        ("data.segment_hopp=3", "datasets.esc50.ESC50DataModule has no argument 'segment_hopp'; did you mean segment_"),
        ("trainer.max_epoch=3", "pytorch_lightning.Trainer has no argument 'max_epoch'; did you mean max_epochs"),
        ("trainer.devices=3", "trainer.devices: is filled in by every run"),
        ("data.fold=3", "data.fold: is filled in by every run"),
        *(
            (f"trainer.max_epochs={value}", rf"trainer.max_epochs={told}: must be an integer of at least 1")
            for value, told in (("-1", -1), ("[2, 0]", 0), ("1.5", 1.5), ("true", True), ("null", None))
        ),
        ("model.dropout=[]", "nothing to try"),
        ("model.dropout=[" + ",".join(map(str, range(51))) + "]", "51 settings; 50 at most"),
    ],
)
def test_an_argument_that_is_not_there_has_the_nearest_names(text, message):
    with pytest.raises(InputError, match=message):
        changed_rows("acrnn.t3.base.esc10", read_changes([text]))


def test_a_list_is_a_sweep_where_the_argument_takes_none():
    paper = load_paper("acrnn")
    changes = read_changes(["model.dropout=[0.1, 0.2]", "model.drops=[5, 6]", "trainer.max_epochs=[1, 2, 3]"])
    made = sweep(changes, paper.settings["base"], paper.datasets["esc10"])
    assert len(made) == 6
    assert {tuple(change.value for change in swept) for _, swept in made} == {
        (d, e) for d in (0.1, 0.2) for e in (1, 2, 3)
    }
    assert all(next(one.value for one in chosen if one.name == "drops") == [5, 6] for chosen, _ in made)


def test_a_changed_setting_has_the_values_in_every_tier_and_a_name_of_its_own():
    asked = changed_rows("acrnn.t3.att", read_changes(["trainer.max_epochs=7", "model.drops=[3]"]))
    (name,) = set(asked.paper.settings) - set(load_paper("acrnn").settings)
    assert is_own(name) and name.startswith("att+max_epochs+7+drops")
    for tier in ("full", "reduced", "smoke"):
        resolved = asked.paper.settings[name].resolved(tier)
        assert resolved["trainer"]["max_epochs"] == 7 and resolved["model"]["init_args"]["drops"] == [3]
    assert asked.paper.settings[name].resolved("smoke")["model"]["init_args"]["width_divisor"] == 8
    assert [cell.setting for cell in asked.cells] == [name, name]
    assert {cell.published for cell in asked.cells} == {None}
    assert not any(map(is_own, (one for paper in ("acrnn", "edc", "maestro") for one in load_paper(paper).settings)))


def test_names_tell_what_they_are_and_break_no_path():
    assert label_of(own_setting("my MLP 2")) == "my MLP 2"
    assert label_of(changed_setting("att", [("dropout", 0.25)])) == "att dropout 0.25"
    long = [changed_setting("att", [("drops", list(range(first, 90)))]) for first in (0, 1)]
    assert long[0] != long[1] and max(map(len, long)) < 60
    for label in ("", "a/b", "a+b", "x" * 61, "ä", "../x", "a\nb"):
        with pytest.raises(InputError, match="--name"):
            own_setting(label)


@pytest.mark.parametrize(
    ("target", "cells"),
    [
        ("acrnn.t3.esc10", ["acrnn.t3.base.esc10"]),
        ("acrnn.t3", ["acrnn.t3.base.esc10", "acrnn.t3.base.esc50"]),
        ("acrnn.t3.att_aug", ["acrnn.t3.att_aug.esc10", "acrnn.t3.att_aug.esc50"]),
        ("acrnn.t3.aug.esc50", ["acrnn.t3.aug.esc50"]),
        ("acrnn.t4.esc10", ["acrnn.t4.none.esc10"]),
    ],
)
def test_a_target_names_columns_and_a_recipe(target, cells):
    assert [cell.id for cell in places(target)[1]] == cells


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("acrn.t3", "unknown paper 'acrn'; did you mean acrnn"),
        ("acrnn", "names no table"),
        ("acrnn.t3.esc11", "unknown target 'acrnn.t3.esc11'; did you mean acrnn.t3.esc10"),
        ("acrnn.t1.procnn.esc10", "no network is trained there"),
        ("acrnn.t2", "no network is trained there"),
    ],
)
def test_a_target_without_networks_is_one_line(target, message):
    with pytest.raises(InputError, match=message):
        places(target)


@pytest.mark.parametrize("paper", ["acrnn", "edc", "mtfa", "pbcnn", "maestro"])
def test_every_trained_column_of_every_paper_has_a_place(paper):
    found = 0
    for table, content in load_paper(paper).tables.items():
        if content.kind == "train":
            for column, described in content.columns.items():
                has_networks = template(load_paper(paper), table, column) is not None
                if has_networks and not described.audited and not described.mean_of:
                    _, cells = places(f"{paper}.{table}.{column}")
                    assert [cell.column for cell in cells] == [column]
                    found += 1
    assert found


def test_a_mean_over_columns_of_several_recipes_names_them():
    with pytest.raises(
        InputError, match=r"of several recipes \(resrnn, resrnn_gunshot\); name one of the columns dev.b"
    ):
        places("mtfa.t1.dev.average.er")
