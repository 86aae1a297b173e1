"""Ctrl-C and polite kills of a command: the first saves and stops, a further one leaves at once."""

import os
import signal

from benchmarks.cli import OUT_OF_TIME

#: What typer makes of a KeyboardInterrupt, and the exit code after a second one.
INTERRUPTED = 130


class Presses:
    """How often Ctrl-C, or a polite kill, has come: the first saves and stops, a further one leaves at once."""

    def __init__(self) -> None:
        self.count = 0
        #: whether the command has come to its end, where nothing is left that could be saved
        self.is_over = False

    def listen(self) -> None:
        """Count from now on. Where Ctrl-C is ignored, as in a shell's background jobs, it stays so."""
        self.count, self.is_over = 0, False
        signal.signal(signal.SIGTERM, self)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self)

    def end(self) -> None:
        """The command has its exit code. Ctrl-C takes nothing from what is done; a second one still leaves at once.

        Where Python has taken its handlers away already, that one ends the process, which shells tell as 130, too.
        """
        self.is_over = True
        if not self.count and signal.getsignal(signal.SIGINT) is self:
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def __call__(self, *_: object) -> None:
        """Take a signal."""
        self.count += 1
        if not self.is_over:
            raise KeyboardInterrupt
        if self.count > 1:
            os._exit(INTERRUPTED)

    @property
    def code(self) -> int:
        """The exit code of a command that they have ended."""
        return INTERRUPTED if self.count > 1 else OUT_OF_TIME


#: Of this process.
PRESSES = Presses()
