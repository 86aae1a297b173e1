import numpy as np
import pytest

from benchmarks.reporting.probes.event_clip import event_probe, loudest_second
from benchmarks.runs.truth import Truths
from tests.benchmarks.fabricated_event_runs import HOP

MASKS = ("mask_full", "mask_half", "mask_quarter", "mask_eighth")


@pytest.mark.parametrize(
    ("event", "expected"),
    [((6.0, 7.0), (2.0, 3.0)), ((2.2, 2.8), (9.0, 10.0)), (None, (2.0, 3.0)), ((0.0, 10.0), None)],
)
def test_the_loudest_second_is_looked_for_outside_the_event(event, expected):
    values = np.arange(500 * 16, dtype=np.float32).reshape(500, 16) / 8000
    values[100:150] += 3
    found = loudest_second(values, HOP, event)
    assert found == (pytest.approx(expected) if expected else None)


def test_a_clip_too_short_has_no_loudest_second():
    assert loudest_second(np.zeros((40, 4)), HOP, None) is None


def test_the_event_of_a_probe_is_that_of_the_runs_reference(two_classes):
    runs = {one.run.setting: one for one in two_classes.ledger.finished() if one.run.corpus == "standin"}
    truths = {name: Truths().of(runs["mtfa"], name) for name in ("devtest", "evaltest")}
    found = event_probe(runs["mtfa"], truths, MASKS)
    assert (
        found is not None
        and found.clip.label == runs["mtfa"].run.dataset
        and found.item.startswith("mixture_evaltest_")
    )
    assert found.clip.event is not None and found.clip.event[1] == pytest.approx(found.clip.event[0] + 1.5)
    assert [len(mask) for mask in found.clip.masks] == [
        1501,
        751,
        376,
        188,
    ] and found.clip.input_map.dtype == np.float32
    assert found.clip.competing == pytest.approx((3.0, 4.0), abs=0.03)
    assert event_probe(runs["mtfa"], {"devtest": truths["devtest"]}).clip.event is None  # type: ignore[union-attr]
    assert event_probe(runs["mlp"], truths) is None
