"""`python -m benchmarks.regression check | renew`.

Exit codes: 0 all checks passed, 1 some failed, 2 bad input, 3 interrupted.
"""

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.runs.workspace import Workspace


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="compare fresh numbers with the stored ones")
    check.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="a paper, a check, 'golden acrnn.*'; may be repeated",
    )
    renew = commands.add_parser("renew", help="store the golden numbers, or with --bands the bands, of this code")
    renew.add_argument("--bands", action="store_true", help="train the learning cases with many seeds (minutes)")
    renew.add_argument("--seeds", type=int, default=12, help="seeds per band, at least 10 (default: %(default)s)")
    renew.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="a paper, with --bands a learning case; may be repeated",
    )
    for command in (check, renew):
        command.add_argument(
            "--corpus", choices=["miniature", "real"], default="miniature", help="real: the cases on real clips as well"
        )
    return parser


def main() -> int:
    """Run one command; returns its exit code."""
    from benchmarks.errors import exit_code

    options = parser().parse_args()
    return exit_code(lambda: _run(options))


def _run(options: argparse.Namespace) -> int:
    from benchmarks.regression.renew import renew_bands, renew_golden
    from benchmarks.runs.workspace import Workspace

    workspace = Workspace.here()
    corpora = ("miniature", "real") if options.corpus == "real" else ("miniature",)
    if options.command == "check":
        return _check(workspace, corpora, options.only or ["*"])
    if options.bands:
        lines = renew_bands(workspace, corpora, options.seeds, options.only)
    else:
        lines = renew_golden(workspace, only=options.only)
    for line in lines:
        print(line, flush=True)
    return 0


def _check(workspace: "Workspace", corpora: tuple[str, ...], only: list[str]) -> int:
    from benchmarks.regression.check import check

    counts: Counter[str] = Counter()
    for one in check(workspace, corpora, only):
        print(one, flush=True)
        counts[one.state] += 1
    skipped = f", {counts['skip']} skipped" if counts["skip"] else ""
    print(f"{counts['ok']} passed, {counts['FAIL']} failed{skipped}")
    return 1 if counts["FAIL"] else 0


if __name__ == "__main__":
    sys.exit(main())
