"""`python -m benchmarks.bench [--quick]`: prints ratios with their targets and writes build/bench.md and bench.json.

Ratios depend on the machine and on what else runs on it; a missed target is no error. Exit code 0 unless it breaks.
"""

import argparse
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.bench.ratio import Measure


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the miniature, narrow networks, one round: a trial")
    parser.add_argument("--out", type=Path, default=Path("build"), help="where to write (default: %(default)s)")
    options = parser.parse_args()

    from benchmarks.bench.ratio import table
    from benchmarks.errors import USER_ERRORS
    from benchmarks.runs.files import write_json
    from benchmarks.runs.machine.device import device_facts

    measures = []
    try:
        for one in _measures(options.quick):
            measures.append(one)
            print(" | ".join(cell for cell in one.cells() if cell), flush=True)
    except USER_ERRORS as error:
        print(f"resound: {error}", file=sys.stderr)
        return 2
    machine = device_facts("cpu", "bf16")
    write_json(options.out / "bench.json", {"machine": machine, "measures": [one.to_dict() for one in measures]})
    page = f"# Speed\n\nMachine: `{json.dumps(machine)}`\n\n{table(measures)}\n"
    (options.out / "bench.md").write_text(page, encoding="utf-8")
    print(f"written: {options.out / 'bench.md'}")
    return 0


def _measures(quick: bool) -> Iterator["Measure"]:
    from benchmarks.bench import (
        accelerator,
        conditioning,
        features,
        harness,
        lane,
        scenes,
        scoring,
        slots,
        soft_labels,
        synthesis,
        training,
    )
    from benchmarks.bench.corpus import clips
    from benchmarks.runs.workspace import Workspace

    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    workspace = Workspace.here()
    small = clips(workspace, "acrnn", "esc10", quick)
    large = clips(workspace, "acrnn", "esc50", quick)
    rounds = 1 if quick else 5
    yield from harness.measure(
        large, small, "acrnn.t4" if quick else "acrnn", rounds, *((5, 10) if quick else (120, 10_000))
    )
    yield from harness.estimates(workspace)
    yield from slots.measure(workspace, 1 if quick else 3, 4 if quick else 200)
    yield from features.measure(small, rounds, 10 if quick else 200)
    yield features.two_cores(large, min(rounds, 3), 10 if quick else 1000)
    yield from scenes.measure(rounds, 2 if quick else 8, 3.0 if quick else 30.0)
    yield from synthesis.measure(rounds, 4 if quick else 40)
    yield from scoring.measure(rounds, 1 if quick else 3)
    yield from training.measure(small, workspace, 1 if quick else 3, 2 if quick else 6, 8 if quick else 1)
    yield from lane.measure(1, 8, ("acrnn", "edc")) if quick else lane.measure(3)
    yield from conditioning.measure(rounds, 1 if quick else 8, 2.0 if quick else 10.0)
    yield from soft_labels.measure(rounds, *((1, 2.0, 6.0, 8) if quick else (6, 15.0, 120.0, 4)))
    yield from accelerator.measure(rounds)


if __name__ == "__main__":
    sys.exit(main())
