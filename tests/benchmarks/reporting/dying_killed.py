"""A helper of a report that is killed."""

import os
import signal

os.kill(os.getpid(), signal.SIGKILL)
