"""`python -m benchmarks`, also installed as `resound`."""

import gc
import sys

from benchmarks.cli import BAD_INPUT, OUT_OF_TIME
from benchmarks.cli.surroundings import foreign_package, lost_folder, not_installed, settle

#: New objects between two searches for cycles of garbage. What thousands of stored runs are read into lives to the end
#: of a command, and to search it again and again is a sixth of a report.
COLLECT_AFTER = 200_000


def main() -> None:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(COLLECT_AFTER)
    settle()
    if problem := lost_folder() or foreign_package():
        print(f"resound: {problem}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    try:
        from benchmarks.cli.main import run_command_line
        from benchmarks.cli.presses import PRESSES
    except KeyboardInterrupt:
        print("resound: stopped before it began", file=sys.stderr)
        sys.exit(OUT_OF_TIME)
    except ModuleNotFoundError as error:
        if (problem := not_installed(error)) is None:
            raise
        print(f"resound: {problem}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    code = run_command_line(sys.argv[1:])
    PRESSES.end()
    sys.exit(code)


if __name__ == "__main__":
    main()
