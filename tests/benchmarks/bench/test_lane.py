"""Every network takes its kinds of steps; the page has a line for each. No time is asserted."""

import pytest

from benchmarks.bench import lane


@pytest.mark.slow
@pytest.mark.parametrize("name", lane.NETWORKS)
def test_all_networks_step_in_all_ways(name, monkeypatch):
    monkeypatch.setitem(lane.NETWORKS, name, lane.Network(**{**vars(lane.NETWORKS[name]), "batch": 2}))
    monkeypatch.setattr(lane, "unavailable", lambda numerics, device: None)
    found = lane.steps(name, 2, width_divisor=16)
    assert [*found] == ["float32 native", "float32 fused", "bf16 native", "bf16 fused"]
    assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in found.values())


def test_ratios_are_taken_round_by_round_and_the_page_tells_their_spread():
    found = {"float32 native": [4.0, 9.0, 6.0], "float32 fused": [2.0, 3.0, 4.0]}
    assert lane.ratios(found, "float32 native", "float32 fused") == [2.0, 3.0, 1.5]
    text = lane.section({"edc": {**found, "bf16 native": [2.0, 2.0, 2.0], "bf16 fused": [1.0, 2.0, 1.0]}})
    line = next(line for line in text.splitlines() if line.startswith("| EDC"))
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "EDC CRNN", "16", "6.00", "3.00", "2.00", "1.00", "2.00 (1.50 to 3.00)", "2.00 (1.00 to 2.00)",
        "4.50 (4.00 to 6.00)",
    ]  # fmt: skip


def test_without_instructions_bfloat16_is_not_measured(monkeypatch):
    monkeypatch.setattr(lane, "unavailable", lambda numerics, device: "none here")
    assert [numerics for numerics, _ in lane.ways()] == ["float32", "float32"]
    text = lane.section({"edc": {"float32 native": [4.0], "float32 fused": [2.0]}})
    line = next(line for line in text.splitlines() if line.startswith("| EDC"))
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "EDC CRNN", "16", "4.00", "2.00", "not native", "not native", "2.00 (2.00 to 2.00)", "", "",
    ]  # fmt: skip


def test_a_machine_replaces_its_own_section_alone(monkeypatch):
    found = {"edc": {"float32 native": [4.0], "float32 fused": [2.0]}}
    texts = {}
    for kind in ("B, avx2", "A, amx_bf16"):
        monkeypatch.setattr(lane, "_kind", lambda kind=kind: kind)
        texts[kind] = lane.section(found)
    text = lane.with_section(lane.with_section(lane.page([]), texts["B, avx2"]), texts["A, amx_bf16"])
    assert text == lane.page([texts["A, amx_bf16"], texts["B, avx2"]])
    assert lane.with_section(text, texts["B, avx2"]) == text
    assert lane.with_section(lane.PAGE.read_text(encoding="utf-8"), "## new\n").endswith("## new\n")
