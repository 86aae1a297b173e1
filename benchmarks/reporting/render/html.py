"""The same pages as one HTML file that needs nothing beside it."""

import base64
import re
from collections.abc import Sequence

from benchmarks.reporting.render.blocks import Page
from benchmarks.reporting.render.inline import html


def site_html(pages: Sequence[Page]) -> str:
    """All pages in their order, with the SVG files that lie beside them."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    def inline(text: str, page: Page) -> Markup:
        def link(shown: str, place: str) -> str:
            if not re.fullmatch(r"[\w./-]+\.md", place):
                return f'<a href="{place}">{shown}</a>'
            target = place.removesuffix(".md")
            beside = f"{page.folder}/" if page.folder and "/" not in target else ""
            return f'<a href="#{beside}{target}">{shown}</a>'

        return Markup(re.sub(r"\[\^(\d+)\]", rf'<sup><a href="#{page.place}-\1">\1</a></sup>', html(text, link)))

    def embedded(path: str, page: Page) -> str:
        return f"data:image/svg+xml;base64,{base64.b64encode(page.files[path]).decode()}"

    environment = Environment(
        loader=PackageLoader("benchmarks.reporting"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(inline=inline, embedded=embedded)
    environment.tests["block"] = lambda block, name: type(block).__name__ == name
    return environment.get_template("index.html.j2").render(pages=pages)
