"""The same pages as one HTML file that needs nothing beside it."""

import base64
import re
from collections.abc import Sequence

from benchmarks.reporting.render.blocks import Page

_MARKS = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\*)\*(?!\*)(.+?)\*"), r"<em>\1</em>"),
    (re.compile(r"`(.+?)`"), r"<code>\1</code>"),
    (re.compile(r"\[([^\]^]+)\]\(([\w./-]+)\.md\)"), r'<a href="#\2">\1</a>'),
    (re.compile(r"\[([^\]^]+)\]\(([\w./:-]+)\)"), r'<a href="\2">\1</a>'),
)


def site_html(pages: Sequence[Page]) -> str:
    """All pages in their order, with the SVG files that lie beside them."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup, escape

    def inline(text: str, page: Page) -> Markup:
        marked = str(escape(text))
        for pattern, replacement in _MARKS:
            marked = pattern.sub(replacement, marked)
        if page.folder:
            marked = re.sub(r'href="#(?=[^"/]+")', f'href="#{page.folder}/', marked)
        marked = re.sub(r"\[\^(\d+)\]", rf'<sup><a href="#{page.place}-\1">\1</a></sup>', marked)
        return Markup(marked)

    def embedded(path: str, page: Page) -> str:
        return f"data:image/svg+xml;base64,{base64.b64encode(page.files[path]).decode()}"

    environment = Environment(
        loader=PackageLoader("benchmarks.reporting"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(inline=inline, embedded=embedded)
    environment.tests["block"] = lambda block, name: type(block).__name__ == name
    return environment.get_template("index.html.j2").render(pages=pages)
