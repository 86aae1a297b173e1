"""`python -m tests.soak --rounds 20 --seed 0`: rounds of all faults in turn; exit code 1 if any round broke."""

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from tests.soak.commands import Starter, own_mounts
from tests.soak.faults import Fault, clocks, cluster, company, damage, disks, kills
from tests.soak.places import KINDS, QUICK, TOYS, Stage
from tests.soak.rounds import play

FAULTS = (*kills.FAULTS, *disks.FAULTS, *damage.FAULTS, *company.FAULTS, *clocks.FAULTS, *cluster.FAULTS)
#: A fault that has met nothing in so many rounds is none.
IDLE = 5


def main(given: argparse.Namespace) -> int:
    """Play the rounds; prints what broke and how to repeat it, then the counts; how many broke, or met nothing ever."""
    chosen = [fault for fault in FAULTS if given.only in fault.name and not (given.quick and fault.is_slow)]
    able = [fault for fault in chosen if not fault.lacks()]
    targets = QUICK if given.quick else (*TOYS, *KINDS)
    for fault in chosen:
        if reason := fault.lacks():
            print(f"left out: {fault.name}: {reason}", flush=True)
    held, missed, broken = Counter[str](), Counter[str](), Counter[str]()
    # Not as a context: a command that is forked from here would remove the folder at its end.
    folder = Path(tempfile.mkdtemp(prefix="soak-")).resolve()
    starter = Starter(folder / "words")
    try:
        stage = Stage(folder, starter, targets, own_mounts())
        stage.prepare(given.miniatures)
        rounds = range(given.rounds if given.round is None else given.round + 1)
        for number, (fault, target) in zip(rounds, drawn(able, targets, given.seed), strict=False):
            seed = f"{given.seed}.{number}"
            if given.round not in (None, number):
                continue
            began = time.monotonic()
            wrong, has_met = play(stage, fault, target, seed)
            (broken if wrong else held if has_met else missed)[fault.name] += 1
            if wrong or given.verbose:
                said = "BROKEN" if wrong else "held" if has_met else "met nothing"
                print(f"{seed} {said}: {fault.name}, {target}, {time.monotonic() - began:.1f} s", flush=True)
            for problem in wrong:
                print(f"    {problem}", flush=True)
    finally:
        starter.end()
        shutil.rmtree(folder, ignore_errors=True)
    for name in sorted({*held, *missed, *broken}):
        print(f"{name}: {held[name]} held, {broken[name]} broken, {missed[name]} met nothing")
    idle = [name for name, number in missed.items() if number >= IDLE and not held[name] + broken[name]]
    for name in idle:
        print(f"{name}: has met nothing in {missed[name]} rounds, so it tests nothing", flush=True)
    n_rounds = held.total() + broken.total() + missed.total()
    met = f", {missed.total()} met nothing" if missed else ""
    print(f"{n_rounds} rounds, {held.total()} held, {broken.total()} broken{met}", flush=True)
    return broken.total() + len(idle)


def drawn(faults: Sequence[Fault], targets: Sequence[str], seed: int) -> Iterator[tuple[Fault, str]]:
    """The fault and the target of each round: all faults in turn, in an order of each turn's own."""
    for turn in count():
        coming = [fault for place, fault in enumerate(faults) if (turn + place) % fault.every == 0]
        draw = random.Random(f"turn {seed} {turn}")
        draw.shuffle(coming)
        yield from ((fault, draw.choice(targets)) for fault in coming)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--round", type=int, help="the one with this number alone")
    parser.add_argument("--only", default="", help="faults with this in their names")
    parser.add_argument("--miniatures", type=Path, help="a folder for miniatures, which may be there already")
    parser.add_argument("--quick", action="store_true", help="small sweeps of toys, and no fault that needs programs")
    parser.add_argument("--verbose", action="store_true", help="a line for each round that held, too")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(bool(main(parser.parse_args())))
