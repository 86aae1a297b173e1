"""Prove requirements.lock: every pinned version has a wheel for every platform and Python that is promised.

pip evaluates markers for the machine it runs on, so the lines that hold on a platform are chosen here, and
`pip install --dry-run --no-deps --only-binary` asks for exactly those. Needs the network; not part of `.ci/run`.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

LOCK = Path(__file__).parents[1] / "requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13")
#: What markers say there, and the wheel tags that the platform takes, newest first.
PLATFORMS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "Linux x86_64": (
        {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64", "os_name": "posix"},
        ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"),
    ),
    "macOS arm64": (
        {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64", "os_name": "posix"},
        tuple(f"macosx_{major}_0_{kind}" for major in (15, 14, 13, 12, 11) for kind in ("arm64", "universal2")),
    ),
}
#: Published as source only: pure Python, built at installation on any platform, but for sed-scores-eval, an extra.
SOURCE_ONLY = frozenset({"dcase-util", "sed-eval", "sed-scores-eval"})
MISSING = re.compile(r"No matching distribution found for (\S+)")


def pins(python: str, markers: dict[str, str]) -> list[Requirement]:
    """The lines of the lock that hold there."""
    environment = {**markers, "python_version": python, "python_full_version": f"{python}.0"}
    lines = [line.partition("#")[0].strip() for line in LOCK.read_text().splitlines()]
    requirements = [Requirement(line) for line in lines if line]
    return [item for item in requirements if item.marker is None or item.marker.evaluate(environment)]


def canonical(name: str) -> str:
    """A package's name as indexes spell it."""
    return name.lower().replace("_", "-").replace(".", "-")


def unavailable(wheels: list[str], python: str, tags: tuple[str, ...]) -> list[str]:
    """Ask pip for `wheels`; those that its index does not have, found one by one."""
    absent: list[str] = []
    with tempfile.TemporaryDirectory() as target:
        command = [
            sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--only-binary=:all:",
            "--target", target, "--implementation", "cp", "--python-version", python,
            *(f"--platform={tag}" for tag in tags),
        ]  # fmt: skip
        while wheels:
            done = subprocess.run([*command, *wheels], capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return absent
            found = MISSING.search(done.stderr)
            if found is None:
                raise SystemExit(done.stderr.strip())
            absent.append(found[1])
            wheels = [wheel for wheel in wheels if wheel != found[1]]
    return absent


def check(python: str, platform: str) -> bool:
    """Print one line on the pins of one platform and Python; whether all can be had."""
    markers, tags = PLATFORMS[platform]
    wheels = [f"{pin.name}{pin.specifier}" for pin in pins(python, markers) if canonical(pin.name) not in SOURCE_ONLY]
    absent = unavailable(wheels, python, tags)
    count = f"{len(wheels) - len(absent)} of {len(wheels)} wheels"
    note = f"; not on this index: {', '.join(absent)}" if absent else ""
    print(f"{'FAIL' if absent else 'ok  '} {platform}, Python {python}: {count}{note}", flush=True)
    return not absent


def main() -> int:
    """Check every platform and Python; 1 if any pin cannot be had."""
    print(f"skipped, source only: {', '.join(sorted(SOURCE_ONLY))}")
    results = [check(python, platform) for platform in PLATFORMS for python in PYTHONS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
