"""What every page of the site shares: its place, where it stands among the others, and how it is written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.reporting.guide import FOLDER
from benchmarks.reporting.render.html import Ids, render
from benchmarks.reporting.web.places import way

#: A part of a page: the name of its place, and its heading.
_PART = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>')
#: What a template holds where its parts are to be listed.
WITH, CONTENTS = "<!--with-contents-->", "<!--contents-->"
#: With so many parts a page has a list of them.
FEWEST_PARTS = 3


@dataclass(frozen=True)
class Shell:
    """The site around its pages."""

    papers: Sequence[str]

    def write(self, template: str, place: str, title: str, known: Mapping[str, Any]) -> bytes:
        """A page at its place."""
        common = {
            "here": place, "title": title, "root": "../" * place.count("/"), "papers": self.papers, "ids": Ids(),
            "crumbs": self._crumbs(place),
        }  # fmt: skip
        return _with_contents(render(template, {**common, **known})).encode()

    def _crumbs(self, place: str) -> list[tuple[str, str]]:
        """The pages above a page, from the front page on."""
        if place == "index":
            return []
        folder, *rest = place.split("/")
        above = [("all", way(place, "index"))]
        if folder in (*self.papers, FOLDER) and rest != ["index"]:
            above.append((folder, way(place, f"{folder}/index")))
        return above


def _with_contents(page: str) -> str:
    """The page with a list of its parts beside it, where there are several."""
    parts = _PART.findall(page)
    if len(parts) < FEWEST_PARTS or 'class="legend"' in page:
        return page.replace(WITH, "").replace(CONTENTS, "")
    items = "".join(f'<li><a href="#{name}">{re.sub("<[^>]*>", "", text)}</a></li>' for name, text in parts)
    contents = f'<nav class="contents" aria-label="On this page"><div><p>On this page</p><ul>{items}</ul></div></nav>'
    return page.replace(WITH, ' class="with-contents"').replace(CONTENTS, contents)
