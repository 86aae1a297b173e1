"""What there is to type, read off the commands: a page of the guide."""

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from benchmarks.reporting.guide import FOLDER
from benchmarks.reporting.render.blocks import Block, Grid, Heading, Page, Text


def command_page(root: Any) -> Page:
    """Every command with its arguments, options and their defaults."""
    about = "Each also works as `resound COMMAND`; `--debug` shows the whole trace of an error."
    blocks = [block for name, command in commands_of(root) for block in _blocks(name, command)]
    return Page(f"{FOLDER}/commands", "Reference: commands", [Text(about), *blocks])


def commands_of(root: Any) -> Iterator[tuple[str, Any]]:
    """The commands by what one types, `data fetch`; groups stand for what is in them."""

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        if not hasattr(command, "commands"):
            yield name, command
            return
        for word, one in command.commands.items():
            yield from below(f"{name} {word}".strip(), one)

    yield from below("", root)


def _blocks(name: str, command: Any) -> Iterator[Block]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    words = " ".join(one.name.upper() if one.required else f"[{one.name.upper()}]" for one in arguments)
    yield Heading(f"`{name}`")
    yield Text(" ".join((command.help or "").split()))
    yield Text(f"`python -m benchmarks {name} {words}`".replace(" `", "`"))
    rows = [_row(one) for one in command.params if not getattr(one, "hidden", False)]
    if rows:
        yield Grid(("", "what", "default"), rows, left=(0, 1, 2))


def _row(parameter: Any) -> tuple[str, str, str]:
    is_argument = parameter.param_type_name == "argument"
    names = parameter.name.upper() if is_argument else ", ".join([*parameter.opts, *parameter.secondary_opts])
    told = " ".join((getattr(parameter, "help", None) or "").split())
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if choices := get_args(annotation) if get_origin(annotation) is Literal else ():
        told += f": {', '.join(f'`{one}`' for one in choices)}"
    if variable := getattr(parameter, "envvar", None):
        told += f" (`{variable}`)"
    default = parameter.default
    shown = "" if default is None or default is False or callable(default) or default == () else f"`{default}`"
    return f"`{names}`", told, shown
