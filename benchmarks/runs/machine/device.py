"""The device of a process: which one, what a result says of it, how much memory is used, and giving that back."""

import gc
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs import provenance


def choose_device(device: str) -> str:
    """Resolve "auto", and refuse an accelerator that is not there."""
    if device == "cpu" or (device == "auto" and not _has_driver()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise InputError("--device cuda: no CUDA accelerator is to be seen here; use --device cpu")
    return "cpu"


def unavailable(numerics: str, device: str) -> str | None:
    """Why these numerics are none on this device: bfloat16 in many steps, slower than float32, or float32 itself.

    None where the device has what they need.
    """
    found = provenance.instructions()
    if numerics == "float32" or (numerics == "bf16" and found in provenance.BF16_INSTRUCTIONS):
        return None
    if choose_device(device) != "cpu":
        return None
    if numerics == "tf32":
        return "only accelerators have TF32"
    return f"{provenance.cpu_name()} has no bf16 instructions ({found} only)"


def _has_driver() -> bool:
    """Whether an accelerator may be there; without a driver (NVIDIA, WSL, AMD) torch, seconds to import, finds none."""
    drivers = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
    return sys.platform != "linux" or any(Path(driver).exists() for driver in drivers)


def device_facts(device: str, numerics: str = "float32") -> dict[str, Any]:
    """The device a run used: kind (cpu or cuda), name, threads, kernels, and its driver or instructions."""
    import torch

    from models.kernels import used

    if device == "cuda":
        return {
            "kind": "cuda",
            "name": torch.cuda.get_device_name(),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "threads": torch.get_num_threads(),
            "kernels": used(),
        }
    return {
        "kind": "cpu", "name": provenance.cpu_name(), "threads": torch.get_num_threads(),
        "instructions": provenance.instructions(numerics), "kernels": used(),
    }  # fmt: skip


def peak_memory_mib(device: str) -> float:
    """Peak memory in MiB: of the allocator on an accelerator, of the process on a CPU; 0 where none is told."""
    if device == "cuda":
        import torch

        return round(torch.cuda.max_memory_allocated() / 2**20, 1)
    if sys.platform == "win32":
        return 0.0
    import resource

    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale, 1)


def begin_peak(device: str) -> None:
    """From here on the peak memory of this process is that of its next run, where the system can forget the last."""
    if device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):  # Linux alone can
        Path("/proc/self/clear_refs").write_text("5")


def accelerator_mib() -> tuple[float, float]:
    """What this process's allocator has taken of the accelerator, and what is free there, MiB."""
    import torch

    return torch.cuda.memory_reserved() / 2**20, torch.cuda.mem_get_info()[0] / 2**20


def let_go(device: str) -> None:
    """Give back what this process keeps for its next run."""
    import torch

    from datasets.batches.resident import forget

    forget()
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
