"""What a setting inherits and what it drops."""

import pytest

from benchmarks.errors import InputError, lines_told
from benchmarks.spec.extends import with_extends
from benchmarks.spec.located_yaml import LocatedYaml

BASE = """
settings:
  base:
    data: {class_path: d.D, args: {size: {value: 4, origin: paper}}}
    model: {class_path: m.M, args: {drops: {value: [1], origin: paper}, rate: {value: 1, origin: paper}}}
    trainer: {max_epochs: {value: 9, origin: paper}, monitor: {value: loss, origin: paper}}
    probes: [maps]
    tiers:
      reduced: {model: {drops: {value: [0], origin: assumed}}, folds: [1]}
  other:
    extends: base
"""


def resolved(tmp_path, changes):
    path = tmp_path / "paper.yaml"
    path.write_text(BASE + changes)
    return with_extends(LocatedYaml(path))["settings"]


def test_dropped_arguments_go_from_the_setting_and_its_tiers(tmp_path):
    settings = resolved(tmp_path, "    model: {drop: [drops], args: {width: {value: 2, origin: paper}}}\n")
    assert settings["other"]["model"] == {
        "class_path": "m.M",
        "args": {"rate": {"value": 1, "origin": "paper"}, "width": {"value": 2, "origin": "paper"}},
    }
    assert settings["other"]["tiers"]["reduced"] == {"model": {}, "folds": [1]}
    assert settings["base"]["model"]["args"]["drops"]["value"] == [1]
    assert settings["base"]["tiers"]["reduced"]["model"] == {"drops": {"value": [0], "origin": "assumed"}}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ("    trainer: {drop: [monitor]}", ("trainer", "monitor")),
        ("    drop: [probes]", ("probes",)),
        ("    tiers: {reduced: {drop: [folds]}}", ("tiers", "reduced", "folds")),
        ("    tiers: {drop: [reduced]}", ("tiers", "reduced")),
    ],
)
def test_what_else_is_inherited_can_be_dropped(tmp_path, changes, place):
    base, other = (resolved(tmp_path, changes)[name] for name in ("base", "other"))
    for key in place[:-1]:
        base, other = base[key], other[key]
    assert base.keys() - other.keys() == {place[-1]} and "drop" not in other


def test_what_was_dropped_stays_dropped_further_down(tmp_path):
    settings = resolved(tmp_path, "    model: {drop: [drops]}\n  third: {extends: other, title: third}\n")
    assert list(settings["third"]["model"]["args"]) == ["rate"]


def test_an_argument_may_be_called_drop(tmp_path):
    settings = resolved(tmp_path, "    model: {args: {drop: {value: 0.5, origin: paper}}}\n")
    assert settings["other"]["model"]["args"]["drop"] == {"value": 0.5, "origin": "paper"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("    model: {drop: [drop]}", r":\d+: settings.other.model.drop: 'drop' is not inherited; did you mean drops"),
        ("    trainer: {drop: [epochs]}", "'epochs' is not inherited; did you mean max_epochs"),
        ("    model: {drop: [rate], args: {rate: {value: 2, origin: paper}}}", "'rate' is dropped and given"),
        (
            "  third: {trainer: {drop: [monitor]}}",
            "third.trainer.drop: drops 'monitor', and there is nothing here",
        ),
    ],
)
def test_what_cannot_be_dropped_is_one_line(tmp_path, changes, said):
    with pytest.raises(InputError, match=said) as caught:
        resolved(tmp_path, changes)
    assert len(lines_told(caught.value)) == 1
