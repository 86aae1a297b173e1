"""The documents of `docs/` as pages of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from posixpath import normpath
from typing import TYPE_CHECKING

import benchmarks
from benchmarks.reporting.guide import FOLDER
from benchmarks.reporting.render.html import Ids
from benchmarks.reporting.web.places import page_place, way

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markupsafe import Markup

DOCUMENTS = Path(benchmarks.__file__).parents[1] / "docs"
#: Where the committed pages of the report lie, from the root of the repository.
REPORTS = "reports/"


@dataclass(frozen=True)
class Document:
    """A document: its place on the site, its title, what stands below the title."""

    place: str
    title: str
    body: "Markup"


def documents(folder: Path = DOCUMENTS) -> Iterator[Document]:
    """Every document of a folder, in the order in which its README links them, that one first; none without it."""
    index = folder / "README.md"
    if not index.is_file():
        return
    tokens = _parsed(index)
    linked = [
        normpath(str(one.attrs["href"])) for token in tokens for one in token.children or () if "href" in one.attrs
    ]
    others = sorted(path.name for path in folder.glob("*.md"))
    for name in dict.fromkeys(["README.md", *(one for one in linked if one in others), *others]):
        yield _document(folder / name)


def _document(path: Path) -> Document:
    from markupsafe import Markup

    place = page_place(f"{FOLDER}/{path.stem}")
    tokens = _parsed(path)
    title = next(after.content for token, after in pairwise(tokens) if token.tag == "h1")
    _name_headings(tokens)
    for token in tokens:
        if token.children:
            token.children = list(_led_to_the_site(token.children, place))
    return Document(place, title, Markup(_markdown().renderer.render(tokens[3:], _markdown().options, {})))


@cache
def _markdown() -> "MarkdownIt":
    """CommonMark with tables, which takes no HTML; tables may scroll, and blocks of code look like commands."""
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule(
        "table_open",
        lambda *_: '<div class="wide" role="group" aria-label="table" tabindex="0"><table class="words">\n',
    )
    made.add_render_rule("table_close", lambda *_: "</table></div>\n")
    made.add_render_rule("th_open", lambda *_: '<th scope="col">')
    made.add_render_rule("fence", lambda _, tokens, at, *__: _code(tokens[at].content))
    return made


def _code(text: str) -> str:
    return f'<pre class="code" tabindex="0"><code>{escape(text.rstrip())}</code></pre>\n'


def _parsed(path: Path) -> "list[Token]":
    return _markdown().parse(path.read_text(encoding="utf-8"))


def _name_headings(tokens: "list[Token]") -> None:
    """Give each heading a place that links can name."""
    ids = Ids()
    for token, after in pairwise(tokens):
        if token.type == "heading_open" and token.tag != "h1":
            token.attrSet("id", ids(after.content))


def _led_to_the_site(tokens: "list[Token]", place: str) -> "Iterator[Token]":
    """Links lead to pages of the site; what only the repository has is named without a link."""
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            href = _href(str(token.attrs["href"]), place)
            kept.append(href is not None)
            if href is not None:
                token.attrSet("href", href)
                yield token
        elif token.type != "link_close" or kept.pop():
            yield token


def _href(link: str, place: str) -> str | None:
    if "://" in link or link.startswith("#"):
        return link
    path, _, part = link.partition("#")
    inside = normpath(f"docs/{path}")
    if not inside.endswith(".md"):
        return None
    inside = inside.removesuffix(".md")
    if inside.startswith(REPORTS):
        return way(place, page_place(inside.removeprefix(REPORTS)), part)
    folder, _, name = inside.rpartition("/")
    return way(place, page_place(f"{FOLDER}/{name}"), part) if folder == "docs" else None
