import numpy as np

from benchmarks.reporting import write_reports
from benchmarks.reporting.drawing.maps import matrices
from tests.benchmarks.fabricated_runs import fabricate, items_of, workspace_in


def test_probes_of_one_number_per_step_become_a_figure(tmp_path, monkeypatch):
    workspace = workspace_in(tmp_path)
    drawn = []
    monkeypatch.setattr(matrices, "draw_steps", lambda *given: drawn.append(given) or b"<svg></svg>")
    fabricate(workspace, "l2_sigmoid", "esc10", seeds=1)
    runs = sorted(workspace.ledger.finished(), key=lambda one: one.run.fold)
    items = [item for item in items_of("esc10", 1) if item.startswith("1-1") and "0-A" in item]
    weights = np.linspace(0, 1, len(items) * 12).reshape(len(items), 12)
    np.savez(runs[0].folder / "probes.npz", items=np.array(items), attention=weights)
    written = write_reports(workspace, "acrnn.t4", workspace.reports)
    assert workspace.reports / "acrnn" / "figures" / "attention_l2_sigmoid_esc10_full.svg" in written
    values, labels, title, quantity = drawn[0]
    np.testing.assert_allclose(values, weights)
    assert labels[:2] == ["dog", "rooster"] and quantity == "attention"
    assert title == "attention at l2 (sigmoid): ESC-10, fold 1, seed 0"
