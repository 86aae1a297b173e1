import numpy as np
import pandas as pd
import pytest

from benchmarks.reporting.probes.chosen_seconds import Second, is_whole, labels_around, surest_of_each_class

TRUTH = pd.DataFrame(
    [("a", "", np.nan, np.nan), ("a", "car", 0, 0.2), ("a", "car", 3, 0.9), ("a", "door: open", 3, 0.4)],
    columns=["item", "label", "onset", "activity"],
).set_index("item").assign(seconds=5.4)  # fmt: skip


def test_a_name_is_recording_second_and_class():
    assert Second.of("street_01:12:door: open") == Second("street_01", 12, "door: open")


def test_labels_outside_a_recording_are_no_numbers():
    found = labels_around("a:3:car", TRUTH, 2, ("bird", "car", "door: open"))
    assert found == {"car": pytest.approx([0, 0, 0.9, 0, np.nan], nan_ok=True),
                     "door: open": pytest.approx([0, 0, 0.4, 0, np.nan], nan_ok=True)}  # fmt: skip
    assert [is_whole(f"a:{number}:car", TRUTH, 2) for number in range(5)] == [False, False, True, False, False]


def test_the_surest_second_of_each_of_the_usual_classes_is_taken():
    items = ["a:0:car", "a:3:car", "a:3:door: open"]
    assert surest_of_each_class(items, TRUTH, 2) == ["a:3:car", "a:3:door: open"]
    assert surest_of_each_class(reversed(items), TRUTH, 1) == ["a:3:car"]
