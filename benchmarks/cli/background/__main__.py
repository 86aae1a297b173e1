"""The process that `run --background` leaves runs to: `python -m benchmarks.cli.background STORE COMMAND...`."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cli import BAD_INPUT
from benchmarks.cli.main import run_command_line
from benchmarks.cli.surroundings import settle
from benchmarks.errors import InputError, told
from benchmarks.launch.background import Trainer, heading

#: What Linux and macOS give a process that goes behind all others.
NICEST = 19


def main(arguments: Sequence[str]) -> int:
    """In the process of a trainer: run a command of the command line behind all others; its exit code."""
    settle()
    store, *command = arguments
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # of a terminal that it has nothing to do with
    os.setpriority(os.PRIO_PROCESS, 0, NICEST)
    print(time.strftime(f"-- %Y-%m-%d %H:%M{heading(os.getpid())}{' '.join(command)}"), file=sys.stderr)
    try:
        with Trainer(Path(store)).held(command[1]):
            return run_command_line(command)
    except InputError as error:
        print(f"resound: {told(error)}", file=sys.stderr)
        return BAD_INPUT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
