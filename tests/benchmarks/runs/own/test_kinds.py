import inspect
from collections.abc import Sequence
from typing import Literal

import pytest
from pytorch_lightning import Trainer

from benchmarks.runs.own.kinds import UNKNOWN, misfit, takes_list, type_of
from models.acrnn import ACRNNModule


class Base:
    def __init__(self, depth: "int" = 3, kind: "Missing" = None):  # noqa: F821 - a name for type checkers alone
        pass


class Derived(Base):
    def __init__(self, width, **options):
        super().__init__(**options)


def test_types_are_those_of_the_class_or_of_the_base_that_takes_the_argument():
    assert type_of(ACRNNModule, "dropout") is float
    assert type_of(Trainer, "max_epochs") == int | None
    assert type_of(Derived, "width") is UNKNOWN is inspect.Parameter.empty
    assert type_of(Derived, "depth") == "int" and type_of(Derived, "nothing") is UNKNOWN


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (int, 3, None),
        (int, "abc", "must be int"),
        (int, 2.5, "must be int"),
        (float, 3, None),
        (float, "x", "must be float"),
        (int | None, None, None),
        (int | None, "x", "must be int | None"),
        (Literal["adam", "sgd"], "adm", "must be one of adam, sgd"),
        (Sequence[int], [3, 4], None),
        (Sequence[int], 3, "must be Sequence[int]"),
        (UNKNOWN, "anything", None),
        ("Missing", "anything", None),
        (Base, "of a kind that nothing here makes", None),
    ],
)
def test_a_value_of_another_type_is_told(kind, value, said):
    assert misfit(value, kind) == said


@pytest.mark.parametrize(
    ("kind", "is_list"),
    [(Sequence[int], True), (list[int] | None, True), (tuple[int, ...], True), (int, False), (str, False),
     (int | None, False), (UNKNOWN, False), (Literal["a"], False)],
)  # fmt: skip
def test_types_of_lists_are_known(kind, is_list):
    assert takes_list(kind) == is_list
