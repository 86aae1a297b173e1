import numpy as np

from benchmarks.reporting.drawing.maps import matrices


def test_a_confusion_matrix_marks_its_groups():
    counts = np.diag([5] * 20)
    counts[3, 7] = 42
    classes = [f"class_{number}" for number in range(20)]
    text = matrices.draw_confusion(counts, classes, {"animals": 12, "weather": 8}, "Toy").decode()
    for word in ("animals", "weather", "class 19", ">42<", "true", "decided"):
        assert word in text
    assert text.encode() == matrices.draw_confusion(counts, classes, {"animals": 12, "weather": 8}, "Toy")


def test_matrices_beside_each_other_have_shares_and_no_number_where_these_are_small():
    counts = {"plain": np.array([[97, 3], [40, 60]]), "attention": np.array([[50, 50], [0, 0]])}
    text = matrices.draw_shares(counts, ["forest_path", "bus"]).decode()
    for word in ("plain", "attention", "forest path", "bus", "true", "decided", "0.97", "0.40", "0.60", "0.50"):
        assert f">{word}<" in text
    assert ">0.03<" not in text and ">0.00<" not in text
    assert text.count(">bus<") == 3  # of rows on the left alone
