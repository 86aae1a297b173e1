"""Kept features of a conditioner tell the code that made them (datasets.features.signatures), for the EDC paper's."""

import numpy as np
import pytest

from datasets.features.cache import Features
from datasets.features.conditioned import ConditionedCache, Conditioner
from datasets.features.signatures import signature
from datasets.features.signatures.marks import differences
from datasets.features.signatures.trial import trial_frames
from tests.mutated import mutated

MODULES = [f"models.edc.{name}" for name in ("single", "transform", "conditioning", "controls")]
CONDITIONERS = {
    "edc": ("conditioning.EventConditioning", {"alpha": 7.0}),
    "edc_long": ("conditioning.EventConditioning", {"alpha": 500.0}),
    "edc_renormalised": ("conditioning.EventConditioning", {"alpha": 7.0, "renormalise_decay": True}),
    "minmax": ("controls.MinMax", {}),
    "average": ("controls.MovingAverage", {"frames": 2}),
}
MUTATIONS = {
    "edc": [
        ("transform", "torch.exp(-rate * distance)", "torch.exp(rate * distance)"),  # the sign of alpha
        ("transform", "torch.exp(-rate * distance)", "torch.exp(-1.01 * rate * distance)"),
        ("transform", "frames.double() - low) /", "frames.double()) /"),
        ("single", "(future[0] / future[1]).numpy()", "(past[0] / past[1]).numpy()"),
        ("transform", "products.softmax(3)", "products.mul(0.99).softmax(3)"),
        ("conditioning", "(here - past).floor()", "(here - past).ceil()"),
        ("conditioning", "1 / self.alpha", "self.alpha"),
    ],
    "edc_long": [("transform", "torch.exp(-rate * distance)", "torch.exp(rate * distance)")],
    "edc_renormalised": [("single", "weights * law[0][start:stop, :stop]", "weights")],
    "minmax": [("transform", "(1, 2), keepdim=True).double(), frames.amax", "1, keepdim=True).double(), frames.amax")],
    "average": [("controls", "total / counts[:, None]", "total / self.frames")],
}


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(signature, "_KNOWN", {})


def made(name):
    path, arguments = CONDITIONERS[name]
    return Conditioner.made_from({"class_path": f"models.edc.{path}", "init_args": arguments})


@pytest.mark.parametrize(
    ("name", "where", "old", "new"), [(name, *one) for name, some in MUTATIONS.items() for one in some]
)
def test_a_change_of_a_conditioners_code_changes_its_signature(name, where, old, new, monkeypatch):
    kept = made(name).mark((120, 24))
    assert made(name).mark((120, 24)) == kept
    monkeypatch.setattr(signature, "_KNOWN", {})
    mutated(monkeypatch, MODULES, f"models.edc.{where}", old, new)
    assert differences({"conditioner": kept}, {"conditioner": made(name).mark((120, 24))}) == ["conditioner"]


def test_conditioned_features_are_made_again_after_the_conditioner_or_the_extractor_changed(
    tmp_path, monkeypatch, caplog
):
    clips = np.stack([trial_frames(60, 8), trial_frames(60, 8)[::-1]])

    def conditioned(mark):
        features = Features("key", ("a", "b"), np.ones(2, dtype=np.int64), clips, {"extractor": mark})
        return np.array(ConditionedCache(tmp_path).condition(features, made("edc")).array)

    one, other = signature.mark_of(np.ones(3)), signature.mark_of(np.ones(4))
    right = conditioned(one)
    with monkeypatch.context() as patch:
        patch.setattr(signature, "_KNOWN", {})
        mutated(patch, MODULES, "models.edc.transform", "torch.exp(-rate", "torch.exp(rate")
        assert np.abs(conditioned(one) - right).max() > 1e-3
    assert np.array_equal(conditioned(one), right)
    assert np.array_equal(conditioned(other), right)
    causes = ["conditioner", "conditioner", "extractor"]
    assert len(caplog.messages) == 3
    for line, cause in zip(caplog.messages, causes, strict=True):
        assert f"made by other code (another signature of {cause})" in line
