"""Blocks as HTML, and the pages around them, made from templates; whatever a text holds is shown as it is written."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from benchmarks.reporting.render.inline import html, one_line

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_NOTE = re.compile(r"\[\^(\d+)\]")


def render(template: str, known: Mapping[str, Any]) -> str:
    """A template with what it is told."""
    text = environment().get_template(template).render(**known)
    return re.sub(r"\n\s*\n+", "\n", text)


class Ids:
    """The names of places on one page, each given once."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._level = 1

    def __call__(self, text: str) -> str:
        """A name after a text: "folds-and-seeds", the second time "folds-and-seeds-2"."""
        plain = re.sub(r"\[\^\d+\]", "", text.lower())
        name = "s-" + ("-".join(re.findall(r"[a-z0-9]+", plain)) or "part")
        self._given[name] = self._given.get(name, 0) + 1
        return name if self._given[name] == 1 else f"{name}-{self._given[name]}"

    def level(self, asked: int) -> int:
        """The level of the next heading, at most one below the one before it: what was between may not be shown."""
        self._level = min(asked, self._level + 1)
        return self._level


def inline(text: object) -> "Markup":
    """The text of a block: links to pages of the report lead to their HTML, marks of notes to the notes of the page."""
    from markupsafe import Markup

    def link(shown: str, place: str) -> str:
        return f'<a href="{_as_html(place)}">{shown}</a>'

    return Markup(_NOTE.sub(r'<sup><a href="#note-\1">\1</a></sup>', html(str(text), link)))


def plain(text: object) -> str:
    """The text without marks, for attributes."""
    return re.sub(r"\[\^\d+\]|\*\*|`|(?<![\w*])\*|\*(?![\w*])", "", one_line(str(text)))


def linked(text: str, href: str) -> "Markup":
    """The text as one link, with its marks of notes behind it."""
    from markupsafe import Markup, escape

    value, marks = _NOTE.sub("", text), "".join(found[0] for found in _NOTE.finditer(text))
    if not href or not value.strip() or "](" in value:
        return inline(text)
    return Markup(f'<a href="{escape(href)}">{inline(value)}</a>{inline(marks)}')


def _as_html(place: str) -> str:
    """Where a link to a page of the report leads on the site."""
    path, _, part = place.partition("#")
    if not path.endswith(".md") or ":" in path:
        return place
    folder, slash, name = path.removesuffix(".md").rpartition("/")
    return f"{folder}{slash}{'index' if name == 'README' else name}.html" + (f"#{part}" if part else "")


@cache
def environment() -> "Environment":
    """The templates, which escape whatever they are told."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("benchmarks.reporting"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=StrictUndefined,
    )  # fmt: skip
    made.filters.update(inline=inline, linked=linked, plain=plain)
    made.tests["block"] = lambda block, name: type(block).__name__ == name
    return made
