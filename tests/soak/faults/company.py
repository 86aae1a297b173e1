"""Several launchers on one store: side by side, asleep while another takes over, publishing the same run at once."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.soak.faults import Fault
from tests.soak.orders import Order
from tests.soak.rounds import Round

PUBLISHING = ("os.rename", r"/runs/[^/.]+$")


def side_by_side(one: Round, number: int) -> None:
    """So many launchers, of which one may be killed; each run is made once, by whichever."""
    commands = [one.start()]
    for _ in range(number - 1):
        if one.draw.random() < 0.5:
            one.pause(0.4)
        commands.append(one.again())
    killed = one.draw.choice(commands) if one.draw.random() < 0.4 else None
    if killed is not None:
        one.pause()
        killed.send(signal.SIGKILL)
    one.end(*commands)
    one.has_met = True
    for command in commands:
        if command is not killed and command.code != 0:
            one.wrong.append(f"one of {number} launchers ends with {command.code}: {command.said()[-300:]}")
    if killed is None:
        one.each_began_once()


def asleep(one: Round, with_workers: bool) -> None:
    """A launcher is stopped (SIGSTOP), another takes over; then it goes on."""
    first = one.start()
    one.pause(0.8)
    workers = one.stage.starter.workers() if with_workers else []
    pids = [first.pid, *workers] if first.poll() is None else []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            one.has_met = True
    second = one.again()
    if with_workers or one.draw.random() < 0.5:
        one.pause(2.0)  # whatever sleeping workers hold is waited for
    else:
        second.wait()
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    one.end(first, second)
    if (first.code, second.code) != (0, 0):
        one.wrong.append(f"exit codes {first.code} and {second.code}: {first.said()[-300:]} {second.said()[-300:]}")
    one.each_began_once()


def both_publish(one: Round) -> None:
    """A claim is lost, as where a file system has no locks: two workers publish a run at the same moment."""
    orders, runs = one.stage.orders, one.place.runs
    first = one.start(Order("worker", *PUBLISHING, act="wait"))
    if one.until(orders.reached, first):
        name = Path(orders.reached()[0]).name
        (runs / ".claims" / name).unlink()
        hidden = one.place.root / "attempt"
        (runs / ".attempts" / name).rename(hidden)  # else the second would go on with the attempt of the first
        second = one.start(Order("worker", PUBLISHING[0], f"/runs/{name}$", "wait"))
        one.excused.add(name)
        one.until(orders.reached, second)
        (runs / ".attempts" / name).mkdir(exist_ok=True)
        for attempt in hidden.iterdir():
            attempt.rename(runs / ".attempts" / name / attempt.name)
        hidden.rmdir()
        orders.go()
        one.end(first, second)
    else:
        one.end(first)


FAULTS = (
    Fault("two launchers", lambda one: side_by_side(one, 2)),
    Fault("four launchers", lambda one: side_by_side(one, 4)),
    Fault("launcher asleep", lambda one: asleep(one, False)),
    Fault("launcher and workers asleep", lambda one: asleep(one, True)),
    Fault("both publish", both_publish),
)
