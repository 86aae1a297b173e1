"""A page of blocks by itself, as the site has it."""

from benchmarks.reporting.render.blocks import Page
from benchmarks.reporting.render.html import Ids, render


def page_html(page: Page) -> str:
    """The HTML of a page that nothing leads to."""
    return render("page.html.j2", {"page": page, "title": page.title, "root": "", "crumbs": (), "ids": Ids()})
