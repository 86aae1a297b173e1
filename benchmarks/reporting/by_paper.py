"""A report in parts, one per paper: its files, and as plain data what pages over all papers take of it.

So what was made of one paper can be kept while another changes (reporting.kept). Whether all parts are made now or some
are from before, the report is put together of them in the same way.
"""

import json
from collections.abc import Mapping, Sequence

from benchmarks.reporting.pages import JoinedPage, Report, page_kinds, sorted_pages
from benchmarks.reporting.render.json_data import joined_data, report_data
from benchmarks.reporting.render.markdown import page_markdown
from benchmarks.runs.files import json_bytes

#: The files of a paper's pages and figures by their paths, and under `TAKEN` what else is to be known of it.
Part = Mapping[str, bytes]
TAKEN = "taken.json"


def is_by_paper() -> bool:
    """Whether every page can be made paper by paper, or joined from what it takes of each."""
    return all(kind.by_paper for kind in page_kinds().values())


def part_of(report: Report) -> Part:
    """The part of a report on one paper; of several where pages are to be made of all at once (`is_by_paper`)."""
    kinds = {name: kind() for name, kind in page_kinds().items()}
    joined = {name: kind for name, kind in kinds.items() if isinstance(kind, JoinedPage)}
    made = (page for name, kind in kinds.items() if name not in joined for page in kind.pages(report))
    pages = sorted_pages(made, report.papers)
    files = {f"{page.place}.md": page_markdown(page).encode() for page in pages}
    for page in pages:
        files |= {f"{page.folder}/{path}".lstrip("/"): content for path, content in page.files.items()}
    taken = {
        "pages": {name: kind.taken(report) for name, kind in joined.items()}, "data": report_data(report.tables)
    }  # fmt: skip
    return {**files, TAKEN: json.dumps(taken).encode()}


def joined_files(parts: Sequence[Part]) -> dict[str, bytes]:
    """The files of a report from its parts: all pages, those over all papers first, then the figures, report.json."""
    taken = [json.loads(part[TAKEN]) for part in parts]
    kinds = {name: kind() for name, kind in page_kinds().items()}
    over_all = [
        page for name, kind in kinds.items() if isinstance(kind, JoinedPage)
        for page in kind.joined([one["pages"][name] for one in taken])
    ]  # fmt: skip
    files = {f"{page.place}.md": page_markdown(page).encode() for page in over_all}
    of_papers = {path: content for part in parts for path, content in part.items() if path != TAKEN}
    pages = {path: content for path, content in of_papers.items() if path.endswith(".md")}
    data = json_bytes(joined_data(one["data"] for one in taken))
    return {**files, **pages, **of_papers, "report.json": data}
