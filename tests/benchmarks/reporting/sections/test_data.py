from types import SimpleNamespace

from benchmarks.reporting.sections.data import items_of


def test_splits_are_told_in_words_with_what_was_used_of_what_was_expected():
    found = [{"train": 40, "test_plain": {"used": 9, "expected": 10}}, {"train": 44, "test_plain": 9}]
    runs = [SimpleNamespace(finished=SimpleNamespace(result={"data": {"items": items}})) for items in found]
    one = SimpleNamespace(evidence=SimpleNamespace(scored=runs))
    assert items_of(one) == "train: 40 or 44 clips; test plain: 9 or 9 of 10 clips"
