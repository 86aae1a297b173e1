"""What a number was made with: the code's revision, packages, the processor, and which of the official files."""

import platform
import subprocess
import sys
from collections.abc import Collection, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.runs.build import import_class
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Run
from benchmarks.runs.workspace import Workspace
from datasets import registry
from datasets.acquire.telling import count_of

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

#: Censuses of this process, by the folder of the files and what the run says of them.
_TAKEN: dict[tuple[Path, str], Any] = {}


@cache
def code_revision() -> dict[str, Any]:
    """The git revision of the harness and whether the tree differs from it; "unknown" outside a checkout.

    Where code travels without .git, the file REVISION tells, whatever repository it lies in there.
    """
    root = Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    marker = root / "REVISION"
    if marker.is_file():
        known, _, state = marker.read_text().strip().partition(" ")
        return {"revision": known, "dirty": state == "dirty"}
    try:
        return {"revision": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.CalledProcessError):
        return {"revision": "unknown", "dirty": False}


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


@cache
def cpu_name() -> str:
    """What this machine's processor is called."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


#: Instructions that a matrix product may use, the fastest first, and how processors name what they can.
_INSTRUCTIONS = (
    ("amx_bf16", "amx_bf16"), ("avx512_bf16", "avx512_bf16"), ("avx512", "avx512f"), ("avx2", "avx2"),
    ("neon_bf16", "bf16"), ("neon", "asimd"),
)  # fmt: skip
#: Those that take bfloat16 as it is; others do it in many steps.
BF16_INSTRUCTIONS = frozenset({"amx_bf16", "avx512_bf16", "neon_bf16"})


def instructions_of(flags: Collection[str]) -> str:
    """The fastest instructions among what a processor says that it can; "plain" where it has none that we know."""
    return next((name for name, flag in _INSTRUCTIONS if flag in flags), "plain")


@cache
def instructions(numerics: str = "bf16") -> str:
    """What this processor multiplies with in these numerics: "avx512_bf16", "neon" ..., as far as the system tells."""
    of_bf16 = {flag for name, flag in _INSTRUCTIONS if name in BF16_INSTRUCTIONS}
    return instructions_of(_flags() - (set() if numerics == "bf16" else of_bf16))


def _flags() -> set[str]:
    """What this processor says that it can, by the names that Linux has for it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = (line.partition(":") for line in cpuinfo.read_text().splitlines())
        found = [value for name, _, value in lines if name.strip() in ("flags", "Features")]
        return set(found[0].split() if found else ())
    if sys.platform == "darwin":
        return _mac_flags()
    return {"asimd"} if platform.machine().lower() in ("arm64", "aarch64") else set()


def _mac_flags() -> set[str]:
    """What a Mac says that it can, by the names that Linux has for it."""
    asked = {"hw.optional.AdvSIMD": "asimd", "hw.optional.arm.FEAT_BF16": "bf16", "hw.optional.avx2_0": "avx2"}
    flags = set()
    for question, flag in asked.items():
        try:
            done = subprocess.run(["sysctl", "-n", question], capture_output=True, text=True)
        except OSError:
            continue
        flags |= {flag} if done.stdout.strip() == "1" else set()
    return flags


def device_in_words(device: Mapping[str, Any]) -> str:
    """What a result says of its device: "AMD EPYC (cpu, 2 threads, avx2, native kernels)".

    Results that are older than instructions or kernels do not tell them; kernels were the library's then.
    """
    kernels = f"{device.get('kernels', 'native')} kernels"
    if device["kind"] == "cpu":
        more = [count_of(device.get("threads", 1), "thread"), device.get("instructions"), kernels]
    else:
        more = [f"CUDA {device.get('cuda')}", kernels if "compiled" in kernels else None]
    return f"{device['name']} ({', '.join(filter(None, [device['kind'], *more]))})"


def census_of(run: Run, workspace: Workspace) -> dict[str, Any] | None:
    """{"release", "complete", "summary", "faults": {kind: {part: number of items}}} of the files that a run is made on.

    None for a dataset that has no census. No names: what is landed holds nobody's lists. What is missing in each part
    stands beside it, as `items`.
    """
    if not registry.has(import_class(run.resolved["dataset"]["class_path"]), "census"):
        return None
    dataset, census = workspace.dataset_of(run), _taken(run, workspace)
    parts = dataset.parts(run.fold).named
    faults = {
        kind: {name: int(part.index.isin(list(found)).sum()) for name, part in parts.items()}
        for kind, found in census.faults.items()
        if found
    }
    return {
        "release": census.release, "complete": census.complete, "summary": census.summary(), "faults": faults,
    }  # fmt: skip


def _taken(run: Run, workspace: Workspace) -> Any:
    """The census of a run's dataset, taken once per process and state of the files."""
    cls = import_class(run.resolved["dataset"]["class_path"])
    key = (workspace.dataset_root(cls.name, run.corpus), canonical_hash([run.resolved["dataset"], run.fingerprint]))
    if key not in _TAKEN:
        _TAKEN[key] = registry.part(cls, "census").take_census(workspace.dataset_of(run))
    return _TAKEN[key]
