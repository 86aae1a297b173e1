"""What a result says of the machine."""

import pytest

from benchmarks.runs import provenance
from benchmarks.runs.machine.device import device_facts
from benchmarks.runs.provenance import BF16_INSTRUCTIONS, device_in_words, instructions_of
from models import kernels

#: Flags as /proc/cpuinfo of such processors has them.
FLAGS = {
    "fpu sse2 avx avx2 avx512f avx512_bf16 amx_bf16 amx_tile": "amx_bf16",
    "fpu sse2 avx avx2 avx512f avx512_bf16 avx512_vnni": "avx512_bf16",
    "fpu sse2 avx avx2 avx512f avx512_vnni": "avx512",
    "fpu sse2 avx avx2": "avx2",
    "fpu sse2": "plain",
    "fp asimd evtstrm aes bf16 i8mm": "neon_bf16",
    "fp asimd evtstrm aes": "neon",
}


@pytest.mark.parametrize(("flags", "name"), FLAGS.items())
def test_the_fastest_instructions_are_named(flags, name):
    assert instructions_of(flags.split()) == name
    assert (name in BF16_INSTRUCTIONS) == ("bf16" in flags)


def test_float32_is_not_multiplied_with_instructions_for_bf16(monkeypatch):
    monkeypatch.setattr(provenance, "_flags", lambda: {"avx2", "avx512f", "avx512_bf16"})
    provenance.instructions.cache_clear()
    assert [provenance.instructions(name) for name in ("bf16", "float32", "tf32")] == [
        "avx512_bf16",
        "avx512",
        "avx512",
    ]
    provenance.instructions.cache_clear()


def test_a_result_says_which_instructions_and_kernels_it_used(monkeypatch):
    monkeypatch.setattr("benchmarks.runs.provenance.instructions", lambda numerics="bf16": "avx2")
    kernels.begin()
    facts = device_facts("cpu")
    assert (facts["instructions"], facts["kernels"]) == ("avx2", "native")
    assert provenance.instructions() in {*FLAGS.values()}


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (
            {"kind": "cpu", "name": "A", "threads": 2, "instructions": "avx2", "kernels": "compiled"},
            "A (cpu, 2 threads, avx2, compiled kernels)",
        ),
        ({"kind": "cpu", "name": "A", "threads": 1}, "A (cpu, 1 thread, native kernels)"),
        ({"kind": "cuda", "name": "H200", "threads": 8, "cuda": "12.8"}, "H200 (cuda, CUDA 12.8)"),
    ],
)
def test_a_device_is_told_in_one_wording_wherever_it_stands(device, words):
    assert device_in_words(device) == words
