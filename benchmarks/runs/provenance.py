"""What a number was made with: the code's revision, packages, device, precision flags."""

import platform
import resource
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "torch",
    "torchaudio",
    "pytorch-lightning",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "soundfile",
    "soxr",
)


@cache
def code_revision() -> dict[str, Any]:
    """The git revision of the harness and whether the tree differs from it; "unknown" outside a checkout."""
    root = Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return {"revision": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.CalledProcessError):
        marker = root / "REVISION"  # written by `bundle`, which carries no .git
        known = marker.read_text().strip() if marker.exists() else "unknown"
        return {"revision": known, "dirty": False}


@cache
def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that can move numbers; a package that is absent is left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def device_facts(device: str) -> dict[str, Any]:
    """The device a run used: kind (cpu or cuda), name, threads or driver."""
    import torch

    if device == "cuda":
        return {
            "kind": "cuda",
            "name": torch.cuda.get_device_name(),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "threads": torch.get_num_threads(),
        }
    return {"kind": "cpu", "name": _cpu_name(), "threads": torch.get_num_threads()}


def peak_memory_mib(device: str) -> float:
    """Peak memory in MiB: of the allocator on an accelerator, of the process on a CPU."""
    if device == "cuda":
        import torch

        return round(torch.cuda.max_memory_allocated() / 2**20, 1)
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale, 1)


@cache
def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
