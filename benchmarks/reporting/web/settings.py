"""The page of a setting: its commands, what they take, what it is made of, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.judge.table import TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.todo import CALLED
from benchmarks.reporting.render.blocks import Picture
from benchmarks.reporting.sections.provenance import duration
from benchmarks.reporting.web.cells import Line, lines
from benchmarks.reporting.web.commands import Commands, cell_commands, data_commands, expected
from benchmarks.reporting.web.curves import curves
from benchmarks.reporting.web.decided import Sounds, decided
from benchmarks.reporting.web.places import anchor, setting_place, table_place, way
from benchmarks.reporting.web.recipe import recipe_blocks, run_blocks, value_blocks
from benchmarks.reporting.web.shell import Shell
from benchmarks.reporting.web.uses import Use
from benchmarks.runs.memo import Memo
from benchmarks.runs.workspace import Workspace

#: Figures of what networks attend to, keep and tell apart, by how their names begin.
OF_NETWORKS = ("attention", "states", "maps", "excerpts", "gammas", "embeddings", "inputs", "clip", "context", "steps")
#: Figures of which the page has its own.
SHOWN_ABOVE = ("confusion", "curves")


class SettingPages:
    """The pages of settings, which share what is known of the cells that they feed."""

    def __init__(
        self, shell: Shell, workspace: Workspace, sounds: Sounds, pictures: Mapping[str, Sequence[Picture]]
    ) -> None:
        self._shell, self._workspace, self._sounds = shell, workspace, sounds
        #: the figures of each table
        self._pictures = pictures
        self._memo = Memo(workspace.cache)
        self._lines: dict[str, dict[str, Line]] = {}

    def page(self, use: Use) -> Iterator[tuple[str, bytes]]:
        """The page and its curves, each file with its path from the root of the site."""
        here = setting_place(use.paper.id, use.setting)
        folder = here.rpartition("/")[0]
        drawn = list(curves(use, self._memo))
        yield from ((f"{folder}/{picture.path}", content) for picture, content in drawn)
        known = {
            "name": use.setting, "paper": use.paper, "data": list(data_commands(use)),
            "cells": [(self._cell(use, one, here), one) for one in cell_commands(use)],
            "devices": CALLED, "times": list(expected(use, self._workspace)), "duration": duration,
            "recipe": list(recipe_blocks(use.paper, use.setting)), "values": list(value_blocks(use)),
            "runs": list(run_blocks(use)), "curves": [picture for picture, _ in drawn],
            "confusions": list(decided(use, self._memo, self._sounds, folder)), "pictures": self._figures(use),
        }  # fmt: skip
        title = use.paper.settings[use.setting].title
        yield f"{here}.html", self._shell.write("setting.html.j2", here, wording.capital(title), known)

    def _cell(self, use: Use, one: Commands, here: str) -> Mapping[str, object]:
        """What is known of a cell, also of a control that has no line on the page of its table."""
        table, result = use.cells[one.cell.id]
        line = self._lines_of(table).get(one.cell.id)
        labels = {"row": result.cell.label, "column": table.table.columns[result.cell.column].label}
        made_in = "" if result.numerics == "float32" else result.numerics
        href = way(here, table_place(table.id), anchor(one.cell) if line else "")
        if line is None:
            return {**labels, "published": "–", "ours": "–", "made_in": "", "badge": None, "href": href}
        told = {"published": line.published, "ours": line.ours, "made_in": made_in, "badge": line.badge}
        return {**labels, **told, "href": href}

    def _lines_of(self, table: TableResult) -> dict[str, Line]:
        if table.id not in self._lines:
            self._lines[table.id] = {line.id: line for line in lines(table, table_place(table.id))}
        return self._lines[table.id]

    def _figures(self, use: Use) -> list[Picture]:
        """Of the figures of tables with runs of the setting those of what a network does, and those it is named in."""
        tables: Iterable[TableResult] = {table.id: table for cells in use.ran.values() for table, _ in cells}.values()
        variants = {variant.name for variant in use.ran}
        found = {}
        for table in tables:
            for picture in self._pictures.get(table.id, ()):
                name = picture.path.rpartition("/")[2].removesuffix(".svg")
                kind, end = name.partition("_")[0], name.rpartition("_")[2]
                is_its = f"_{use.setting}_" in name or kind in OF_NETWORKS
                if is_its and end in variants and kind not in SHOWN_ABOVE:
                    found[picture.path] = picture
        return list(found.values())
