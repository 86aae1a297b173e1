"""The command line. Heavy imports stand inside the commands, so that `--help` answers at once."""

import signal
import sys
from collections.abc import Sequence

import typer

from benchmarks.cli import BAD_INPUT, OK, OUT_OF_TIME, SOME_FAILED, results, running
from benchmarks.cli.data import data_app

app = typer.Typer(
    name="resound",
    help="Re-run the results tables of papers on sound, and say whether the published numbers come out again.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(running.app)
app.add_typer(results.app)
app.add_typer(data_app, name="data")


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command; bad input becomes one line on stderr and exit code 2. `--debug` shows the traceback."""
    from benchmarks.errors import USER_ERRORS

    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill saves and stops, like Ctrl-C
    try:
        code = app(arguments, standalone_mode=False)
        return code if isinstance(code, int) else OK
    except USER_ERRORS as error:
        if debug:
            raise
        print(f"resound: {error}", file=sys.stderr)
        return BAD_INPUT
    except typer.Exit as error:
        return error.exit_code
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "exit_code"):
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            print(f"resound: {message}; see `python -m benchmarks --help`", file=sys.stderr)
            return BAD_INPUT
        if debug:
            raise
        text = " ".join(str(error).split())
        print(f"resound: {type(error).__name__}: {text} (a fault of the harness; --debug shows where)", file=sys.stderr)
        return SOME_FAILED
    except KeyboardInterrupt:
        print("resound: stopped; the same command continues", file=sys.stderr)
        return OUT_OF_TIME
