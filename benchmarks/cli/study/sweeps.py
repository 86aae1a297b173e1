"""The sweeps of a study of two numerics, one after the other, and what the study says then."""

import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from benchmarks.cli import BAD_INPUT, OK, OUT_OF_TIME
from benchmarks.cli.presses import PRESSES
from benchmarks.cli.sweep import ASK_ABOVE_MINUTES, Sweep
from benchmarks.errors import InputError, fitted
from benchmarks.launch.launcher import launcher_named
from benchmarks.runs.machine.device import unavailable
from benchmarks.runs.plan import Choice, Plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Paper, load_paper, paper_ids, unknown_paper
from benchmarks.spec.equivalence import Equivalence
from datasets.acquire.telling import count_of


@dataclass(frozen=True)
class StudySweep:
    """One call of `equivalence`."""

    paper_id: str
    numerics: str
    workspace: Workspace
    device: str = "auto"
    jobs: int | None = None
    #: instead of those that the file asks for
    seeds: int | None = None

    def run(self, minutes: float | None = None, confirmed: bool = False) -> int:
        """Run what the study lacks in both numerics and print what it says; the exit code of the command."""
        paper = self._paper()
        asked = self._asked(paper)
        self._check_processor()
        sweeps = {sweep: sweep.plan() for sweep in self._sweeps(asked)}
        if self._asks(sweeps.values(), confirmed):
            return BAD_INPUT
        stored = sum(one.done for plan in sweeps.values() for one in plan.runs.values())
        print(f"resound: {count_of(stored, 'run')} of the study stored already", file=sys.stderr)
        deadline = None if minutes is None else time.monotonic() + 60 * minutes
        code = OK
        for sweep in (one for one, plan in sweeps.items() if plan.missing):
            if PRESSES.count:  # what the one before ran is saved, and no other begins
                code = max(code, OUT_OF_TIME, key=_gravity)
                break
            left = None if deadline is None else max(0.0, (deadline - time.monotonic()) / 60)
            code = max(code, sweep.run(left, confirmed=True), key=_gravity)
        self._print_answer(paper)
        return code

    def _paper(self) -> Paper:
        if self.paper_id not in paper_ids():
            raise unknown_paper(self.paper_id)
        return load_paper(self.paper_id)

    def _asked(self, paper: Paper) -> Equivalence:
        if study := paper.equivalence.get(self.numerics):  # type: ignore[call-overload]
            found: Equivalence = study
            return found
        known = ", ".join(paper.equivalence)
        if not known:
            raise InputError(f"{paper.id}: its file asks for no study of numerics; add `equivalence` there")
        if self.numerics == "float32":
            raise InputError(f"--numerics float32: is what others are held against; choose {known}")
        raise InputError(f"{paper.id}: its file asks for a study of {known}; for {self.numerics} add one there")

    def _check_processor(self) -> None:
        """Raise InputError where these numerics would be float32, in many steps or in all."""
        if why := unavailable(self.numerics, self.device):
            raise InputError(f"--numerics {self.numerics}: {why}; run it elsewhere")

    def _sweeps(self, asked: Equivalence) -> Iterator[Sweep]:
        for numerics in ("float32", self.numerics):
            for cell in asked.cells:
                choice = Choice(asked.tier, "real", numerics, self.seeds or asked.seeds)
                yield Sweep(cell, choice, self.workspace, self.device, self.jobs, tables=False)

    def _asks(self, plans: Collection[Plan], confirmed: bool) -> bool:
        """Whether all of it is to be confirmed first, which is said then."""
        missing = sum(len(plan.missing) for plan in plans)
        device = launcher_named("local").share_out(self.jobs, self.device, missing).device
        expected = sum(plan.minutes(device) for plan in plans)
        if expected <= ASK_ABOVE_MINUTES or confirmed:
            return False
        print(f"resound: {missing} runs, about {expected / 60:.1f} h on {device}; add --yes to start", file=sys.stderr)
        return True

    def _print_answer(self, paper: Paper) -> None:
        from benchmarks.judge.results import Results
        from benchmarks.reporting.render.blocks import Folded, Footnotes
        from benchmarks.reporting.render.markdown import blocks_markdown
        from benchmarks.reporting.sections.equivalence import study_blocks

        study = Results(self.workspace).study(paper, self.numerics)  # type: ignore[arg-type]
        blocks = [block for block in study_blocks(study) if not isinstance(block, Folded)]
        print(fitted(blocks_markdown(blocks, Footnotes())))


def _gravity(code: int) -> int:
    """Failed runs weigh more than those that there was no time for."""
    return {OK: 0, OUT_OF_TIME: 1}.get(code, 2)
