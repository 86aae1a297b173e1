"""Writing the site: every page, its figures, the script, the styles, what is searched."""

import json
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from benchmarks.judge.table import TableResult
from benchmarks.reporting.guide import FOLDER
from benchmarks.reporting.guide.documents import documents
from benchmarks.reporting.guide.parts import part_pages
from benchmarks.reporting.kept import Made
from benchmarks.reporting.pages import Report
from benchmarks.reporting.render.blocks import Block, Folded, Page, Picture
from benchmarks.reporting.render.html import render
from benchmarks.reporting.render.json_data import report_data
from benchmarks.reporting.site import gathered
from benchmarks.reporting.web.cells import lines
from benchmarks.reporting.web.decided import Sounds
from benchmarks.reporting.web.overview import front_page, paper_page
from benchmarks.reporting.web.palette import LOOKS, THEMES, css_name, tints
from benchmarks.reporting.web.places import claim_place, page_place, setting_place, table_place, way
from benchmarks.reporting.web.settings import SettingPages
from benchmarks.reporting.web.shell import Shell
from benchmarks.reporting.web.tables import claim_pages, own_page, table_page
from benchmarks.reporting.web.uses import Use, uses_of
from benchmarks.reporting.written import check_folder, write_pages
from benchmarks.runs.workspace import Workspace


def build(
    workspace: Workspace, target: str | None, out: Path, with_audio: bool = False, reference: Sequence[Page] = ()
) -> tuple[int, Path]:
    """Write the site of the tables of `target` (None: all): how many pages, and the front page.

    reference: pages of the guide that others know how to make. What an earlier build has written and this one has not
    is removed. Raises InputError where `out` has other files.
    """
    check_folder(out)
    return write_pages(*site_files(workspace, target, out if with_audio else None, reference), target, out)


def site_files(
    workspace: Workspace, target: str | None, with_audio: Path | None = None, reference: Sequence[Page] = ()
) -> Made:
    """The files of the site of `target`, and the mistakes of papers that are left out. Raises InputError.

    with_audio: the folder in which the site will lie, for links to the clips that can be played. reference: see build.
    """
    report, pages, odd = gathered(workspace, target)
    shell, sounds = Shell(list(report.papers)), Sounds(workspace if with_audio else None, with_audio or Path())
    guide = list(_guide(shell, reference))
    made = dict(_files(shell, workspace, report, pages, sounds))
    made.update((f"{place}.html", content) for place, _, content in guide)
    found = [*_searched(report.tables, uses_of(report.tables).values()),
             *(("guide", title, f"{place}.html") for place, title, _ in guide)]  # fmt: skip
    made.update(_assets(found))
    return made, odd


def tables_files(report: Report, pages: Sequence[Page], workspace: Workspace) -> Iterator[tuple[str, bytes]]:
    """What a site has of some tables alone, by its path: for those who fill what is kept (reporting.together)."""
    return _files(Shell(list(report.papers)), workspace, report, pages, Sounds(None, Path()))


def _guide(shell: Shell, reference: Sequence[Page]) -> Iterator[tuple[str, str, bytes]]:
    """The pages of the guide, the documents before the reference: place, title, content."""
    read_off = [*part_pages(), *reference]
    for document in documents():
        further = [(page.title, way(document.place, page.place)) for page in read_off]
        is_first = document.place == f"{FOLDER}/index"
        known = {"document": document, "further": further if is_first else ()}
        yield document.place, document.title, shell.write("guide.html.j2", document.place, document.title, known)
    for page in read_off:
        yield page.place, page.title, shell.write("page.html.j2", page.place, page.title, {"page": page})


def _files(
    shell: Shell, workspace: Workspace, report: Report, pages: Sequence[Page], sounds: Sounds
) -> Iterator[tuple[str, bytes]]:
    """The files of what was run, by their paths."""
    tables = {table_place(table.id): table for table in report.tables}
    uses = uses_of(report.tables)
    pictures: dict[str, list[Picture]] = {}
    for page in pages:
        yield from ((f"{page.folder}/{path}".lstrip("/"), content) for path, content in page.files.items())
        place = page_place(page.place)
        if page.place in tables:
            pictures[tables[page.place].id] = list(_pictures(page.blocks))
            yield f"{place}.html", table_page(shell, tables[page.place], page)
        elif place == "index":
            yield "index.html", front_page(shell, report)
        elif page.folder in report.papers and page.place.endswith("/README"):
            beside = [one for one in pages if one.folder == page.folder and one.place not in tables and one != page]
            yield f"{place}.html", paper_page(shell, page, report.papers[page.folder], uses, beside)
        elif page.folder in report.papers and page.place.endswith("/own"):
            yield f"{place}.html", own_page(shell, report.papers[page.folder], page, place)
        else:
            yield f"{place}.html", shell.write("page.html.j2", place, page.title, {"page": page})
    settings = SettingPages(shell, workspace, sounds, pictures)
    for use in uses.values():
        yield from settings.page(use)
    for table in report.tables:
        yield from ((f"{place}.html", content) for place, content in claim_pages(shell, table))
    yield "report.json", (json.dumps(report_data(report.tables), indent=1) + "\n").encode()


def _pictures(blocks: Iterable[Block]) -> Iterator[Picture]:
    for block in blocks:
        if isinstance(block, Picture):
            yield block
        elif isinstance(block, Folded):
            yield from _pictures(block.blocks)


def _assets(found: Sequence[tuple[str, str, str]]) -> Iterator[tuple[str, bytes]]:
    """Styles, script, icon, and what the search finds."""
    looks = {css_name(state): look for state, look in LOOKS.items()}
    shades = {theme: tints(theme) for theme in THEMES}
    yield "assets/site.css", render("site.css.j2", {"themes": THEMES, "looks": looks, "tints": shades}).encode()
    for name in ("site.js", "icon.svg"):
        yield f"assets/{name}", (files("benchmarks.reporting") / "templates" / name).read_bytes()
    index = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    yield "assets/index.js", f"window.RESOUND_INDEX={index};\n".replace("</", "<\\/").encode()


def _searched(tables: Iterable[TableResult], uses: Iterable[Use]) -> Iterator[tuple[str, str, str]]:
    """What can be found: its kind, its words, its place."""
    for table in tables:
        place = f"{table_place(table.id)}.html"
        yield "table", f"{table.id}: {table.table.title}", place
        for line in lines(table, table_place(table.id)):
            yield "cell", f"{line.id}: {line.row}, {line.column}", f"{place}#{line.anchor}"
        for one in table.claims:
            yield "claim", one.claim.text, f"{claim_place(table.paper.id, one.claim.id)}.html"
    for use in uses:
        title = use.paper.settings[use.setting].title
        yield "setting", f"{use.paper.id}, {use.setting}: {title}", f"{setting_place(use.paper.id, use.setting)}.html"
