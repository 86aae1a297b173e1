import numpy as np
import pytest

from models.prediction import Prediction, per_second

#: Segments of 1.5 s every 0.75 s.
SPANS = np.array([[0.0, 1.5], [0.75, 2.25], [1.5, 3.0], [2.25, 3.75]])
VALUES = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.25, 0.75]])


def test_a_second_is_the_mean_of_what_reaches_into_it():
    found = per_second(VALUES, SPANS, 3.75, "mean")
    # 0 to 1: the first two; 1 to 2: the first three; 2 to 3: the last three; 3 to 3.75: the last.
    expected = [VALUES[:2].mean(0), VALUES[:3].mean(0), VALUES[1:].mean(0), VALUES[3]]
    assert found == pytest.approx(np.array(expected))


def test_or_the_largest():
    assert per_second(VALUES, SPANS, 2.0, "max").tolist() == [[1.0, 0.5], [1.0, 1.0]]


def test_what_ends_with_a_second_does_not_reach_into_the_next():
    spans = np.array([[0.0, 1.0], [1.0, 2.0]])
    assert per_second(VALUES[:2], spans, 2.0, "mean").tolist() == VALUES[:2].tolist()


def test_a_second_without_a_part_has_the_nearest_one():
    found = per_second(VALUES, SPANS, 6.5, "mean")
    assert found.shape == (7, 2) and (found[4:] == VALUES[3]).all()
    assert per_second(VALUES[:1], SPANS[:1], 0.2, "mean").tolist() == [[1.0, 0.0]]


def test_a_prediction_is_a_table_with_a_row_for_the_whole():
    one = Prediction(("dog", "cat"), np.array([0.3, 0.7]), VALUES[:2], "probability", ("a note",))
    frame = one.frame()
    assert one.best == "cat" and list(frame.columns) == ["dog", "cat"] and list(frame.index) == ["whole", "0", "1"]
    assert frame.loc["whole", "cat"] == 0.7 and frame.loc["1", "dog"] == 0.5
    assert list(Prediction(("dog",), np.array([1.0]), None, "share of votes").frame().index) == ["whole"]
