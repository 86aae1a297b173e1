"""What every page of the site shares: its place, where it stands among the others, and how it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.reporting.render.html import Ids, render
from benchmarks.reporting.web.places import way


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
        return render(template, {**common, **known}).encode()

    def _crumbs(self, place: str) -> list[tuple[str, str]]:
        """The pages above a page, from the front page on."""
        if place == "index":
            return []
        folder, *rest = place.split("/")
        above = [("all", way(place, "index"))]
        if folder in self.papers and rest != ["index"]:
            above.append((folder, way(place, f"{folder}/index")))
        return above
