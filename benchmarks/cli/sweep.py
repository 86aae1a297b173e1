"""What `run` does: plan, check the data, launch what is missing, write the tables."""

import math
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.cli import BAD_INPUT, OK, OUT_OF_TIME, SOME_FAILED
from benchmarks.cli.listing import lacking_lines, left_out_lines, plan_lines
from benchmarks.cli.names import check_names
from benchmarks.cli.own import print_own, try_networks
from benchmarks.cli.study import again
from benchmarks.errors import InputError, fitted, told
from benchmarks.launch.background import Background, Trainer
from benchmarks.launch.display import SweepDisplay, progress
from benchmarks.launch.driver import Outcome, launch
from benchmarks.launch.gangs.mates import gang_lines
from benchmarks.launch.launcher import Event, Launcher, Slots, Started, Stopping, launcher_named
from benchmarks.launch.sweeps import SweepRecord, notes, tidy
from benchmarks.runs.build import import_class
from benchmarks.runs.files import is_claimed
from benchmarks.runs.kept.logs import check_logger, logging_lines
from benchmarks.runs.kept.restored import without_weights
from benchmarks.runs.ledger import Run
from benchmarks.runs.own.place import Asked
from benchmarks.runs.plan import Choice, Plan, Planned, make_plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Cell, load_paper, select
from datasets import registry
from datasets.acquire.telling import count_of
from datasets.acquire.whole import remove_abandoned

#: Above so many expected minutes `run` prints the plan and asks for --yes.
ASK_ABOVE_MINUTES = 60.0
#: Seconds between two looks at runs that another command works on.
WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Sweep:
    """One call of `run`."""

    target: str
    choice: Choice
    workspace: Workspace
    device: str = "auto"
    jobs: int | None = None
    allow_incomplete: bool = False
    launcher: str = "local"
    #: rows that are not the paper's, in place of the target's cells; their networks are tried on a batch first
    asked: Asked | None = None
    #: whether final weights are kept, and where runs log to
    keeps_weights: bool = False
    logger: str | None = None
    #: how many runs of one setting go on together in a slot
    gang: int = 1
    #: whether the tables of the target are written and printed when all is run
    tables: bool = True
    #: whether runs that are all stored are made anew, in place of those
    anew: bool = False

    def run(self, minutes: float | None = None, confirmed: bool = False) -> int:
        """Run the sweep and write its tables; returns the exit code of the command."""
        launcher = launcher_named(self.launcher)
        if self.gang > 1 and not launcher.takes_gangs:
            raise InputError(f"--gang {self.gang} --launcher {self.launcher}: its slots take one run each; use local")
        check_logger(self.logger)
        cells = self._cells
        check_names(cells)  # before hours of training, not behind them
        self._forget_hashes(cells)
        self._tidy()
        plan = self._plan(cells)
        if not plan.runs and self.choice.corpus == "standin" and any(cell.recipe == "train" for cell in cells):
            others = ", ".join(registry.having("standin"))
            raise InputError(f"{self.target}: its datasets have no stand-in; these have one: {others}")
        for line in (*left_out_lines(plan), *self._nothing_lines(plan, cells)):
            print(f"resound: {line}", file=sys.stderr)
        device = launcher.share_out(self.jobs, self.device, len(plan.missing)).device
        code = OK
        whole = plan
        if plan.missing:
            whole = self._with_data(plan)
            plan = self._possible(whole)
        if plan.missing:
            if self.asks(plan, device, confirmed, whole):
                return BAD_INPUT
            plan = self._checked(plan)
            if self.asked:
                try_networks([planned.run for planned in plan.missing], self.asked, self.workspace)
            for line in (*gang_lines(plan.missing, self.gang), *logging_lines(self.logger, self.workspace.runs)):
                print(f"resound: {line}", file=sys.stderr)
            code = self._launch(plan, launcher, minutes)
        if self.tables:
            self._write_tables()
        return code

    def run_in_background(self, arguments: Sequence[str], confirmed: bool, anew: bool = False) -> int:
        """Leave what is missing to a process in the background, and say where it is; the exit code of the command.

        arguments: those of a command that runs the same, launcher and confirmation aside. anew: it makes stored runs
        anew. Raises InputError.
        """
        if not hasattr(os, "nice"):
            raise InputError("--background: needs a system that knows whose work comes last (Linux, macOS)")
        launcher = "background" if self.launcher == "local" else self.launcher
        if not issubclass(kind := launcher_named(launcher), Background):
            raise InputError(f"--background --launcher {launcher}: is no launcher for the background; leave one out")
        if self.jobs not in (None, 1):
            raise InputError(f"--jobs {self.jobs}: in the background there is one run at a time; leave it out")
        if self.gang > 1:
            raise InputError(f"--gang {self.gang}: in the background there is one run at a time; leave it out")
        trainer = Trainer(self.workspace.runs)
        trainer.refuse_second()
        place = again.store_beside(self.workspace) if anew else self.workspace
        plan = replace(self, workspace=place, anew=anew).plan()
        if not plan.missing:
            return self.run_again() if anew else self.run()
        if self.asks(plan, kind.share_out(self.jobs, self.device, len(plan.missing)).device, confirmed):
            return BAD_INPUT
        command = [*arguments, "--launcher", launcher, "--yes"]

        def has_begun(pid: int) -> bool:
            return any(note["pid"] == pid for _, note, _ in notes(place.runs))

        begun = trainer.start("benchmarks.cli.background", command, has_begun)
        if begun.code:
            print(f"resound: {told(trainer.last_line(begun.pid))}; see {trainer.log}", file=sys.stderr)
            return begun.code
        how = "runs in the background" if begun.is_at_work else "begins in the background, without a run so far"
        where = "has ended already" if begun.code == OK else f"{how} (process {begun.pid})"
        print(f"{self.target}: {where}; its log: {trainer.log}; `python -m benchmarks stop` ends it, `status` shows it")
        return OK

    def plan(self) -> Plan:
        """The runs that are asked for, as far as this machine has what they need. Raises InputError."""
        cells = self._cells
        check_names(cells)
        plan = self._plan(cells)
        return self._possible(self._with_data(plan)) if plan.missing else plan

    def asks(self, plan: Plan, device: str, confirmed: bool, whole: Plan | None = None) -> bool:
        """Whether it is to be confirmed first that so much is run, which is said then.

        whole: the plan with what this machine lacks something for, to be shown. Raises InputError where nothing could
        be run, for want of files.
        """
        expected = plan.minutes(device)
        if expected <= ASK_ABOVE_MINUTES or confirmed:
            return False
        self._refuse_empty(plan)
        print(fitted("\n".join(plan_lines(whole or plan))))
        print(f"resound: about {expected / 60:.1f} h on {device}; add --yes to start", file=sys.stderr)
        return True

    @property
    def _cells(self) -> list[Cell]:
        """What is to be run: what was asked for of somebody's own, else the target's."""
        return self.asked.cells if self.asked else select(self.target)

    def _plan(self, cells: Sequence[Cell]) -> Plan:
        plan = make_plan(cells, self.choice, self.workspace, self.asked.paper_of if self.asked else load_paper)
        return again.all_of(plan) if self.anew and not plan.possible else plan

    def run_again(self, minutes: float | None = None, confirmed: bool = False) -> int:
        """Make the runs anew, beside those that are stored, and say whether the same came out.

        No table is written: it would be of the runs made anew alone, and count all others as missing.
        """
        anew = replace(self, workspace=again.store_beside(self.workspace), tables=False, anew=True)
        plan = anew._plan(anew._cells)
        code = anew.run(minutes, confirmed)
        for line in again.comparison_lines(plan, self.workspace) if code != BAD_INPUT else ():
            print(f"resound: {line}", file=sys.stderr)
        return code

    def _forget_hashes(self, cells: Sequence[Cell]) -> None:
        """Before runs that earn a verdict every real file is read again; a remembered hash might be that of another."""
        if self.choice.tier == "full" and self.choice.corpus == "real":
            sources = {(one.id.split(".")[0], one.dataset) for cell in cells for one in cell.sources if one.dataset}
            for paper, dataset in sorted(sources):
                self.workspace.forget_hashes(load_paper(paper).datasets[dataset])

    def _tidy(self) -> None:
        """Remove what killed sweeps have left lying about; where nothing may be removed, it stays."""
        with suppress(OSError):
            tidy(self.workspace.runs)
            self.workspace.ledger.tidy()
        corpora = [self.workspace.cache / name for name in ("miniature", "standin")]
        for folder in (self.workspace.runs, *corpora):
            remove_abandoned(folder, below=False)
        for folder in (*self.workspace.ledger.places(), *self.workspace.cache.glob("*")):
            if folder not in corpora:
                remove_abandoned(folder)

    def _launch(self, plan: Plan, launcher: type[Launcher], minutes: float | None) -> int:
        deadline = None if minutes is None else time.monotonic() + minutes * 60
        outcome, is_idle, is_stopped, has_begun = Outcome(), minutes is not None, False, False
        missing = plan.missing
        with (
            SweepRecord(self.workspace.runs, self.target, self.launcher) as record,
            SweepDisplay(plan, record.left) as display,
        ):

            def listen(event: Event) -> None:
                nonlocal is_idle, is_stopped, has_begun
                if self.anew and isinstance(event, Started) and not has_begun:
                    has_begun = True
                    again.make_room(plan, self.workspace)
                is_idle &= not isinstance(event, Started | Stopping)
                is_stopped |= isinstance(event, Stopping)
                record(event)
                display(event)

            while missing:
                left = None if deadline is None else (deadline - time.monotonic()) / 60
                slots = self._slots(launcher, len(missing))
                slots = replace(slots, sweep=tuple(planned.run for planned in missing), minutes=left)
                slots = replace(slots, keeps_weights=self.keeps_weights, logger=self.logger)
                place = launcher(self.workspace, slots)
                record.begin(missing, place)
                outcome = outcome.followed_by(launch(missing, place, listen, left))
                if not outcome.elsewhere or outcome.stopped or outcome.not_started or is_stopped:
                    break
                # Another command works on these: wait for it, and take over what it leaves undone.
                missing = self._wait([p for p in missing if p.run.id in outcome.elsewhere], deadline)
                outcome.elsewhere = [planned.run.id for planned in missing]
                if deadline is not None and time.monotonic() > deadline:
                    break
        return exit_code_of(outcome, is_idle)

    def _slots(self, launcher: type[Launcher], runs: int) -> Slots:
        """The slots of a round; where gangs share an accelerator there is one of them unless more are asked for."""
        slots = launcher.share_out(self.jobs, self.device, runs)
        if self.gang == 1:
            return slots
        if self.jobs is None and slots.device == "cuda":
            slots = launcher.share_out(1, self.device, runs)
        return replace(slots, jobs=min(slots.jobs, math.ceil(runs / self.gang)), gang=self.gang)

    def _wait(self, held: list[Planned], deadline: float | None) -> list[Planned]:
        """What is not done of the runs of another command, once that has let go of them or there is no time left."""
        claims = self.workspace.runs / ".claims"
        while any(is_claimed(claims / planned.run.id) for planned in held):
            if deadline is not None and time.monotonic() > deadline:
                break
            time.sleep(WAIT_SECONDS)
        return [planned for planned in held if not self.workspace.ledger.is_done(planned.run)]

    def _with_data(self, plan: Plan) -> Plan:
        """The plan, if the files of all its runs are here; less those whose are not, where that is allowed."""
        absent = [planned.run for planned in plan.missing if planned.run.fingerprint == "absent"]
        if absent and not (self.allow_incomplete and len(absent) < len(plan.missing)):
            self._refuse_absent_data(absent[0])
        for name, runs in Counter(_class_of(run).name for run in absent).items():
            print(f"resound: {name} is not here: {count_of(runs, 'run')} left out", file=sys.stderr)
        left = {run_id: planned for run_id, planned in plan.runs.items() if planned.run not in absent}
        return replace(plan, runs=left)

    def _possible(self, plan: Plan) -> Plan:
        """The plan without the runs that this machine lacks something for. Raises InputError where nothing is left."""
        lines = list(lacking_lines(plan))
        lacking = {run.id for runs in plan.lacking.values() for run in runs}
        left = {run_id: planned for run_id, planned in plan.runs.items() if run_id not in lacking}
        if lines and not left:
            raise InputError(lines[0])
        for line in lines:
            print(f"resound: {line}", file=sys.stderr)
        return replace(plan, runs=left)

    def _refuse_absent_data(self, run: Run) -> None:
        self.workspace.check_there(_class_of(run), self.choice.corpus)
        self.workspace.dataset_of(run)  # raises the dataset's own message
        raise InputError(f"{run.dataset}: its files are not on this machine")

    def _nothing_lines(self, plan: Plan, cells: Sequence[Cell]) -> Iterator[str]:
        """Why nothing is trained, where nothing is."""
        if not plan.runs and not any(cell.recipe == "train" for cell in cells):
            is_quoted = any(cell.recipe == "quoted" for cell in cells)
            what = "its values are quoted from others" if is_quoted else "`audit` computes what can be checked"
            yield f"{self.target}: nothing is trained there; {what}"
        if plan.runs and not plan.missing:
            landed = sum(run_id in self.workspace.ledger.landed for run_id in plan.runs)
            also = f" ({landed} of them landed)" if landed else ""
            yield f"{count_of(len(plan.runs), 'run')} stored already{also}; nothing to train; --again trains anew"
            if self.keeps_weights and (bare := without_weights(self.workspace.ledger, plan.runs)):
                have = "has" if bare == 1 else "have"
                yield f"{bare} of these {have} no weights; repeat the command with --again --keep weights"

    def _refuse_empty(self, plan: Plan) -> None:
        """Raise InputError where folders are here and no item in any, before hours are to be confirmed."""
        uses = {(planned.run.paper, planned.run.dataset): planned.run for planned in plan.missing}
        with warnings.catch_warnings(action="ignore"):  # of what is missing the census tells
            for run in uses.values():
                if any(map(len, self.workspace.dataset_of(run).parts(run.fold).named.values())):
                    return
        run = next(iter(uses.values()))
        raise InputError(f"{run.dataset}: no item of it is here; {_got(_class_of(run).name)}")

    def _checked(self, plan: Plan) -> Plan:
        """The plan after a census of its data, which needs an explicit flag where something is missing.

        With the flag it is without the runs on datasets of which no item is here. Raises InputError where none is left.
        """
        uses = {(planned.run.paper, planned.run.dataset): planned.run for planned in plan.missing}
        bare: dict[tuple[str, str], str] = {}
        for (_, dataset), run in sorted(uses.items(), key=lambda use: use[0]):
            take_census = registry.part(_class_of(run), "census").take_census
            with progress(f"checking {dataset}") as advance:
                census = take_census(self.workspace.dataset_of(run), advance)
            name = _class_of(run).name
            if not census.complete and not self.allow_incomplete:
                raise InputError(
                    f"{dataset}: {census.summary()}; "
                    + (
                        f"`python -m benchmarks data check {name}` tells which, --allow-incomplete trains all the same"
                        if census.found
                        else _got(name)
                    )
                )
            if not census.found:
                why = f"{dataset}: {census.summary()}; see `python -m benchmarks data check {name}`"
                bare[run.paper, run.dataset] = why
        if not bare:
            return plan
        left = {id: one for id, one in plan.runs.items() if one.done or (one.run.paper, one.run.dataset) not in bare}
        if all(one.done for one in left.values()):
            raise InputError(next(iter(bare.values())))
        for place, why in bare.items():
            runs = sum((one.run.paper, one.run.dataset) == place for one in plan.missing)
            print(f"resound: {why}; {count_of(runs, 'run')} left out", file=sys.stderr)
        return replace(plan, runs=left)

    def _write_tables(self) -> None:
        from benchmarks.reporting import print_tables

        if self.asked:
            print_own(self.workspace, self.asked.cells, self.choice)
        else:
            print_tables(self.workspace, self.target, self.choice, jobs=None)


def exit_code_of(outcome: Outcome, is_idle: bool = False) -> int:
    """What a sweep ends with, said on stderr: 1 where anything failed, else 3 where anything is left, else 0.

    is_idle: whether the time given was too short for any run to begin, so that the same command would do nothing again.
    """
    left = len(outcome.stopped) + len(outcome.not_started)
    further = "the same command continues"
    if is_idle and not outcome.fault:
        further = "the time given is too short for any; give more --minutes"
    lines = [
        f"{count_of(len(outcome.failed), 'run')} failed; `status` tells why" if outcome.failed else "",
        f"no worker was ready: {outcome.fault}" if outcome.fault else "",
        f"{count_of(len(outcome.elsewhere), 'run')} held by another command; `status` shows them"
        if outcome.elsewhere
        else "",
        f"{count_of(left, 'run')} left; {further}" if left else "",
    ]
    for line in filter(None, lines):
        print(f"resound: {told(line)}", file=sys.stderr)
    if outcome.failed or outcome.fault:
        return SOME_FAILED
    return OUT_OF_TIME if left or outcome.elsewhere else OK


def _got(name: str) -> str:
    """How the files of a dataset are got."""
    return f"`python -m benchmarks data fetch {name}` gets them, `data import` takes what you have"


def _class_of(run: Run) -> Any:
    """The class of a run's dataset."""
    return import_class(run.resolved["dataset"]["class_path"])
