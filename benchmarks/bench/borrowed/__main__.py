"""`python -m benchmarks.bench.borrowed`: all that a borrowed accelerator is to tell, in order, within a time budget.

First whether a short training is that of the CPU, alone, in a gang, captured and with compiled pieces; then the table
of speeds; then, with what is left, the runs of the targets that are given. Every result is written when it is there, so
that the end of the loan costs nothing. Parts one and two need torch and Lightning alone.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

#: Seconds that are kept back for the runs to save in, and shares of the budget after which a part is cut.
SAVE_SECONDS = 40.0
SPEED_SHARE = 0.6


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    line = argparse.ArgumentParser(prog="python -m benchmarks.bench.borrowed", description=__doc__)
    line.add_argument("targets", nargs="*", help="what is run with the time that is left, or the run.sh of a bundle")
    line.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: a rehearsal")
    line.add_argument("--minutes", type=float, default=14.0, help="for all of it (default: %(default)s)")
    line.add_argument("--gang", type=int, default=5, help="runs that go on together (default: %(default)s)")
    line.add_argument("--out", type=Path, default=Path("build/borrowed"), help="where to write (default: %(default)s)")
    line.add_argument("--trial", action="store_true", help="narrow networks, one round: a rehearsal")
    line.add_argument(
        "--run", default=None, help="what else `run` is told (default: on cuda, --launcher local:graph=yes)"
    )
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; 1 where a short training differs, a way to share failed, or runs did, else 0."""
    options = parser().parse_args(arguments)
    if options.run is None:
        options.run = "--launcher local:graph=yes" if options.device == "cuda" else ""
    if options.device == "cpu":
        rehearse_compiling()
    until = time.monotonic() + options.minutes * 60
    report = _Report(options.out)
    same = report.equality(list(equality(options.device, 16 if options.trial else 4, 2 if options.trial else 10)))
    report.speed(_speed(options), time.monotonic() + SPEED_SHARE * (until - time.monotonic()))
    for target in options.targets:
        left = (until - time.monotonic() - SAVE_SECONDS * (options.device == "cuda")) / 60
        if left <= 0:
            print(f"resound: {target}: no time is left for it", file=sys.stderr)
            break
        report.ran(target, _run(target, left, options))
    print(f"written: {options.out}")
    went = all(one["median"] is not None for one in report.found["speed"])
    ran = all(code in (0, 3) for code in report.found["runs"].values())  # 3: cut, as they may be
    return 0 if same and went and ran else 1


def rehearse_compiling() -> None:
    """Have pieces traced as for an accelerator, but no programs made of them, which take a minute and tell nothing."""
    from models.kernels import compiled

    compiled.BACKEND = "aot_eager"


class _Report:
    """borrowed.json, written anew with everything that is found."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "borrowed.json"
        self.found: dict[str, Any] = {"equality": [], "speed": [], "runs": {}}
        folder.mkdir(parents=True, exist_ok=True)

    def _write(self) -> None:
        self.path.write_text(json.dumps(self.found, indent=1), encoding="utf-8")

    def equality(self, lines: list[dict[str, Any]]) -> bool:
        """Note how far trainings differ; whether none does more than it may."""
        self.found["equality"] = lines
        for line in lines:
            print(f"{line['name']}: differs by {line['off']:.3g}, may by {line['may']:g}", flush=True)
        self._write()
        return all(line["off"] <= line["may"] for line in lines)

    def speed(self, measures: Iterator[Any], until: float) -> None:
        """Note measures until there are no more, or there is no time."""
        for one in measures:
            told = one.to_dict()
            told |= {name: None for name, value in told.items() if isinstance(value, float) and math.isnan(value)}
            self.found["speed"].append(told)
            self._write()
            print(" | ".join(cell for cell in one.cells() if cell), flush=True)
            if time.monotonic() > until:
                print("resound: no time for further measures", file=sys.stderr)
                break

    def ran(self, target: str, code: int) -> None:
        """Note how the runs of a target have ended."""
        self.found["runs"][target] = code
        self._write()


def equality(device: str, width_divisor: int, steps: int) -> Iterator[dict[str, Any]]:
    """How far the losses of a short training without dropout are off those of the CPU; in a gang, captured and with
    compiled pieces, off those of the same training alone, with dropout as well: relative, with what is allowed.
    """
    from benchmarks.runs.gang.capture import CudaGraph, Eager
    from models.kernels import begin, choose, used

    on_cpu, alone = ([losses("cpu", width_divisor, steps, seed)] for seed in (0, 1)), []
    for seed, [expected] in enumerate(on_cpu):
        alone.append(losses(device, width_divisor, steps, seed))
        yield _line(f"seed {seed}, {device} and cpu", alone[-1], expected, 1e-3)
    dropped = [losses(device, width_divisor, steps, seed, dropout=0.5) for seed in (0, 1)]
    for way in (Eager, CudaGraph) if device == "cuda" else (Eager,):
        for told, dropout, by_itself in (("", 0.0, alone), (", dropout", 0.5, dropped)):
            found = gang_losses(device, width_divisor, steps, way, dropout)
            for seed, (mine, theirs) in enumerate(zip(found, by_itself, strict=True)):
                may = 0.0 if device == "cpu" else 1e-5
                yield _line(f"seed {seed}{told}, member with {way.__name__}, and alone", mine, theirs, may)
        with choose("compiled"):
            begin()
            found_compiled = losses(device, width_divisor, steps, 0, way)
        line = _line(f"seed 0, compiled pieces with {way.__name__}, and alone", found_compiled, alone[0], 1e-3)
        yield {**line, "kernels": used()}


def _line(name: str, found: Sequence[float], expected: Sequence[float], may: float) -> dict[str, Any]:
    off = max(abs(one - other) / abs(other) for one, other in zip(found, expected, strict=True))
    return {"name": name, "off": off, "may": may, "losses": list(found)}


def _trained(device: str, width_divisor: int, seed: int, way: Any, dropout: float) -> Any:
    """A step of a narrow ACRNN, and all that it needs."""
    import torch

    from benchmarks.bench.borrowed.steps import _noise
    from benchmarks.runs.gang.capture import whole_step
    from benchmarks.runs.machine.numerics import set_flags
    from models.acrnn import ACRNNModule

    set_flags("float32")
    torch.manual_seed(seed)
    module = ACRNNModule(50, attention="l10", dropout=dropout, width_divisor=width_divisor, seed=seed).to(device)
    optimizer = module.configure_optimizers()
    capture = way()
    capture.suit(optimizer)
    step = whole_step(module, _noise(seed, 8, device), optimizer, capture.fixed, module.training_step)
    capture.prepare(step, module, optimizer)
    return capture


def losses(
    device: str, width_divisor: int, steps: int, seed: int, way: Any = None, dropout: float = 0.0
) -> list[float]:
    """The losses of a training by itself, captured in a way, or as it is written."""
    from benchmarks.runs.gang.capture import Eager

    capture = _trained(device, width_divisor, seed, way or Eager, dropout)
    return [float(capture.replay()) for _ in range(steps)]


def gang_losses(device: str, width_divisor: int, steps: int, way: Any, dropout: float) -> list[list[float]]:
    """Those of two members of a gang."""
    from benchmarks.runs.gang.together import together

    def work_of(seed: int) -> Any:
        def work(turn: Any) -> list[float]:
            capture, found = _trained(device, width_divisor, seed, way, dropout), []
            for _ in range(steps):
                found.append(capture.replay().clone())
                turn.pass_on()
            return [float(one) for one in found]

        return work

    return together([work_of(seed) for seed in (0, 1)], device)


def _speed(options: argparse.Namespace) -> Iterator[Any]:
    from benchmarks.bench.borrowed.steps import measure
    from benchmarks.runs.gang.capture import Eager

    if options.device == "cuda":
        yield from measure(3, size=options.gang, width_divisor=16 if options.trial else 1)
    elif options.trial:
        yield from measure(1, "cpu", 2, 16, 2, ("float32",), Eager, 0.0)


def _run(target: str, minutes: float, options: argparse.Namespace) -> int:
    """The runs of a target, or of the script of a bundle, for so many minutes.

    Returns the exit code; 3: they were cut, and go on another time.
    """
    start = ["sh", target] if target.endswith(".sh") else [sys.executable, "-m", "benchmarks", "run", target]
    words = ["--device", options.device, "--gang", str(options.gang), "--minutes", f"{minutes:.2f}", "--yes"]
    return subprocess.run([*start, *words, *options.run.split()], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
