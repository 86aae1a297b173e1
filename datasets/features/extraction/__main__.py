"""`python -m datasets.features.extraction` serves a share of the clips: a worker of `extract`."""

import pickle
import sys
from dataclasses import asdict
from pathlib import Path

from datasets.errors import DataError
from datasets.features.extraction import extract_some
from datasets.processes import answering


def serve() -> None:
    """Read a share from stdin, write features to the part's files, answer one JSON line per clip."""
    answer = answering()
    task, parts = pickle.load(sys.stdin.buffer)  # from the parent process only
    try:
        written = extract_some(task, [Path(part) for part in parts], lambda: answer({}))
        answer({"written": [asdict(one) for one in written]})
    except DataError as error:
        answer({"data_error": str(error)})
    except BrokenPipeError:
        sys.exit(1)  # the parent is gone
    except OSError as error:
        answer({"os_error": [error.errno, error.strerror]})


if __name__ == "__main__":
    serve()
