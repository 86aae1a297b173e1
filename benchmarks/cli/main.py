"""The command line. Heavy imports stand inside the commands, so that `--help` answers at once."""

import signal
import sys
from collections.abc import Sequence

import typer

from benchmarks.cli import BAD_INPUT, OK, OUT_OF_TIME, SOME_FAILED, results, running, trying
from benchmarks.cli.asking import predict
from benchmarks.cli.data import data_app
from benchmarks.cli.surroundings import Unread, Unwritable
from benchmarks.errors import USER_ERRORS, Left, told

#: What typer makes of a KeyboardInterrupt, and the exit code after a second one.
INTERRUPTED = 130

app = typer.Typer(
    name="resound",
    help="Re-run the results tables of papers on sound, and say whether the published numbers come out again.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(running.app)
app.add_typer(trying.app)
app.add_typer(predict.app)
app.add_typer(results.app)
app.add_typer(data_app, name="data")


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command; bad input becomes one line on stderr and exit code 2. `--debug` shows the traceback."""
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill saves and stops, like Ctrl-C
    try:
        code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return code if isinstance(code, int) else OK
    except Unread:
        return OK
    except (*USER_ERRORS, Unwritable) as error:
        if debug:
            raise
        print(f"resound: {told(error)}", file=sys.stderr)
        return BAD_INPUT
    except Left as left:
        print(f"resound: {told(left)}", file=sys.stderr)
        return INTERRUPTED
    except typer.Exit as error:
        return error.exit_code
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "exit_code"):
            print(f"resound: {told(_usage_message(error))}", file=sys.stderr)
            return BAD_INPUT
        if debug:
            raise
        return _unforeseen(error)
    except KeyboardInterrupt:
        print("resound: stopped; the same command continues", file=sys.stderr)
        return OUT_OF_TIME


def _unforeseen(error: Exception) -> int:
    """Tell of an error that nobody has worded; the exit code. What the system refuses is input, the rest our fault."""
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename}: {error.strerror}; check the path and its permissions"
        print(f"resound: {told(message)}", file=sys.stderr)
        return BAD_INPUT
    text = told(" ".join(str(error).split()))
    print(f"resound: {type(error).__name__}: {text} (a fault of the harness; --debug shows where)", file=sys.stderr)
    return SOME_FAILED


def _usage_message(error: Exception) -> str:
    """What is wrong with a command line, and the help of the command that it was for."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    context = getattr(error, "ctx", None)
    words = context.command_path.removeprefix(context.find_root().command_path).split() if context else []
    command = " ".join(["python -m benchmarks", *words, "--help"])
    return f"{message.replace('Value error, ', '').rstrip('.')}; see `{command}`"
