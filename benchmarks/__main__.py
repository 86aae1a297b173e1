"""`python -m benchmarks`, also installed as `resound`."""

import sys

from benchmarks.cli import BAD_INPUT
from benchmarks.cli.surroundings import foreign_package, lost_folder, settle


def main() -> None:
    """Run the command line and leave with its exit code."""
    settle()
    if problem := lost_folder() or foreign_package():
        print(f"resound: {problem}", file=sys.stderr)
        sys.exit(BAD_INPUT)
    from benchmarks.cli.main import run_command_line

    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
