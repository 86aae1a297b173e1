import sys

import pytest

from benchmarks.reporting import pages, write_pages, write_reports
from benchmarks.reporting.pages import Report, all_pages, page_kinds
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_runs import workspace_in

TOY_PAGE = """
from benchmarks.reporting.pages import PageKind
from benchmarks.reporting.render.blocks import Page, Picture, Text


class ToyPages(PageKind):
    def pages(self, report):
        yield Page("toys", "All toys", [Text(f"{len(report.tables)} tables")])
        for paper in report.papers:
            picture = Picture("figures/of_a_toy.svg", "A toy")
            yield Page(f"{paper}/toy", f"The toy of {paper}", [picture], files={picture.path: b"<svg></svg>"})
"""


@pytest.fixture
def toy_page(tmp_path, monkeypatch):
    """Further pages, whose file lies in a folder of its own."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a_toy_of_tests.py").write_text(TOY_PAGE)
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(folder)])
    yield
    sys.modules.pop("benchmarks.reporting.pages.a_toy_of_tests", None)


def test_a_page_in_a_file_of_its_own_appears_in_the_report_and_on_the_site(toy_page, tmp_path):
    workspace = workspace_in(tmp_path)
    write_reports(workspace, "acrnn.t3", workspace.reports)
    assert (workspace.reports / "toys.md").read_text().startswith("# All toys\n\n1 tables")
    assert "![A toy](figures/of_a_toy.svg)" in (workspace.reports / "acrnn" / "toy.md").read_text()
    assert (workspace.reports / "acrnn" / "figures" / "of_a_toy.svg").read_text() == "<svg></svg>"
    write_pages(workspace, "acrnn.t3", tmp_path / "site")
    html = (tmp_path / "site" / "acrnn" / "toy.html").read_text()
    assert "<h1>The toy of acrnn</h1>" in html and 'src="figures/of_a_toy.svg"' in html
    assert (tmp_path / "site" / "acrnn" / "figures" / "of_a_toy.svg").read_bytes() == b"<svg></svg>"
    assert '<a href="toy.html">The toy of acrnn</a>' in (tmp_path / "site" / "acrnn" / "index.html").read_text()
    assert "1 tables" in (tmp_path / "site" / "toys.html").read_text()


def test_an_empty_report_has_its_front_page_and_the_one_on_verdicts(tmp_path):
    made = all_pages(Report([], [], Memo(tmp_path)))
    assert [page.place for page in made] == ["README", "verdict"]


def test_every_page_says_what_it_is():
    assert all(kind.__doc__ for kind in page_kinds().values())
