"""A processor without bfloat16 trains in float32, and says so in one line."""

import pytest

from benchmarks.cli.options import numerics_here
from benchmarks.runs import provenance


@pytest.fixture
def processor(monkeypatch):
    def of(found):
        monkeypatch.setattr(provenance, "instructions", lambda numerics="bf16": found)
        monkeypatch.setattr(provenance, "cpu_name", lambda: "Old Xeon")

    return of


def test_it_falls_back_and_says_so(processor, capsys):
    processor("avx2")
    assert numerics_here("bf16", "cpu", "local") == "float32"
    told = capsys.readouterr().out
    assert told.count("\n") == 1
    assert "Old Xeon has no bf16 instructions (avx2 only); trains in float32" in told


@pytest.mark.parametrize("launcher", ["local:memory=2", "background", "background:pause=0.9"])
def test_so_does_whatever_trains_on_this_machine(launcher, processor, capsys):
    processor("avx2")
    assert numerics_here("bf16", "cpu", launcher) == "float32"
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("found", ["amx_bf16", "avx512_bf16", "neon_bf16"])
def test_one_that_has_them_uses_them(found, processor, capsys):
    processor(found)
    assert numerics_here("bf16", "cpu", "local") == "bf16"
    assert not capsys.readouterr().out


def test_other_numerics_and_other_machines_are_left_alone(processor, capsys, monkeypatch):
    processor("avx2")
    assert numerics_here("float32", "cpu", "local") == "float32"
    assert numerics_here("bf16", "cpu", "slurm") == "bf16"
    monkeypatch.setattr("benchmarks.runs.machine.device.choose_device", lambda device: "cuda")
    assert numerics_here("bf16", "auto", "local") == "bf16"
    assert numerics_here("tf32", "auto", "local") == "tf32"
    assert not capsys.readouterr().out


def test_tf32_is_float32_on_a_cpu_and_stands_under_its_runs(processor, capsys):
    processor("avx512_bf16")
    assert numerics_here("tf32", "cpu", "local") == "float32"
    told = capsys.readouterr().out
    assert told == "--numerics tf32: only accelerators have TF32; trains in float32, under its runs\n"
