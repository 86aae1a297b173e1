import numpy as np

from benchmarks.reporting.drawing import matrices


def test_a_confusion_matrix_marks_its_groups():
    counts = np.diag([5] * 20)
    counts[3, 7] = 42
    classes = [f"class_{number}" for number in range(20)]
    text = matrices.draw_confusion(counts, classes, {"animals": 12, "weather": 8}, "Toy").decode()
    for word in ("animals", "weather", "class 19", ">42<", "true", "decided"):
        assert word in text
    assert text.encode() == matrices.draw_confusion(counts, classes, {"animals": 12, "weather": 8}, "Toy")
