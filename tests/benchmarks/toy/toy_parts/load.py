"""A launcher for the background that is told by a file how busy others keep the machine."""

import os
from pathlib import Path

from benchmarks.launch.background import Background
from benchmarks.launch.busy import Yielding
from benchmarks.launch.launcher import Launcher


class FromFile:
    def __call__(self):
        try:
            return float(Path(os.environ["TOY_LOAD"]).read_text())
        except (OSError, ValueError):
            return None


class Watched(Background, Launcher):
    yielding = Yielding(look_seconds=0.05, probe="toy_parts.load.FromFile")
