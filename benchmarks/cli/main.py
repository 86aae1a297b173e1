"""The command line. Heavy imports stand inside the commands, so that `--help` answers at once."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from traceback import print_exception

import typer

from benchmarks.cli import BAD_INPUT, OK, SOME_FAILED, results, running, trying
from benchmarks.cli.asking import predict
from benchmarks.cli.data import data_app
from benchmarks.cli.options import with_papers
from benchmarks.cli.presses import INTERRUPTED, PRESSES
from benchmarks.cli.surroundings import Unread, Unwritable, not_installed
from benchmarks.errors import USER_ERRORS, Left, lines_told, told

app = typer.Typer(
    name="resound",
    help="Re-run the results tables of papers on sound, and say whether the published numbers come out again.",
    epilog="Every command also takes --debug, which shows the whole trace of an error; the exit code stays.",
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
    """Run one command; bad input becomes one line on stderr and exit code 2. `--debug` shows the traceback before."""
    PRESSES.listen()
    try:
        return _answered([one for one in arguments if one != "--debug"], "--debug" in arguments)
    except KeyboardInterrupt:
        return _interrupted()


def _interrupted() -> int:
    """Tell that a command was stopped, or left at once; its exit code."""
    with suppress(KeyboardInterrupt):
        how = "left at once" if PRESSES.count > 1 else "stopped"
        print(f"resound: {how}; the same command continues", file=sys.stderr)
    return PRESSES.code


def _answered(arguments: Sequence[str], debug: bool) -> int:
    """The exit code of a command. Raises KeyboardInterrupt where that has ended it."""
    try:
        code = with_papers(app)(arguments, standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return code if isinstance(code, int) else OK
    except Unread:
        return OK
    except (*USER_ERRORS, Unwritable) as error:
        if debug:
            print_exception(error)
        print(*(f"resound: {line}" for line in lines_told(error)), sep="\n", file=sys.stderr)
        return BAD_INPUT
    except Left as left:
        print(f"resound: {told(left)}", file=sys.stderr)
        return INTERRUPTED
    except typer.Exit as error:
        return error.exit_code
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")) and hasattr(error, "exit_code"):
            if message := _usage_message(error):
                print(f"resound: {told(message)}", file=sys.stderr)
            return BAD_INPUT
        if debug:
            print_exception(error)
        return _unforeseen(error)


def _unforeseen(error: Exception) -> int:
    """Tell of an error that nobody has worded; the exit code.

    What the system refuses and what is not installed is of the surroundings, as bad input is; the rest is our fault.
    """
    from benchmarks.runs.files import FULL

    problem = None
    if isinstance(error, OSError) and error.filename is not None:
        problem = f"{error.filename}: {error.strerror}; check the path and its permissions"
    elif isinstance(error, OSError) and error.errno is not None and error.errno in FULL:
        problem = f"{error.strerror}; free some space and repeat the command"
    elif isinstance(error, ModuleNotFoundError):
        problem = not_installed(error)
    if problem:
        print(f"resound: {told(problem)}", file=sys.stderr)
        return BAD_INPUT
    text = told(" ".join(str(error).split()))
    print(f"resound: {type(error).__name__}: {text} (a fault of the harness; --debug shows where)", file=sys.stderr)
    return SOME_FAILED


def _usage_message(error: Exception) -> str:
    """What is wrong with a command line, and the help of the command that it was for; "" where that was shown."""
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    if not message:
        return ""
    context = getattr(error, "ctx", None)
    words = context.command_path.removeprefix(context.find_root().command_path).split() if context else []
    command = " ".join(["python -m benchmarks", *words, "--help"])
    return f"{message.replace('Value error, ', '').rstrip('.')}; see `{command}`"
