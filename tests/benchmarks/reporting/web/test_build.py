"""The site as files: what a browser need not be asked."""

import json
import re
import shutil
import warnings
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from benchmarks.cli.main import run_command_line
from benchmarks.errors import InputError
from benchmarks.reporting import write_pages
from benchmarks.reporting.written import LISTING
from benchmarks.spec import load_paper
from tests import ROOT
from tests.benchmarks.fabricated_runs import workspace_in
from tests.benchmarks.judge.own.test_rows import changed, trained

#: Elements that have no end.
VOID = {"meta", "link", "br", "img", "input", "hr"}
LARGEST = 300_000


class Parsed(HTMLParser):
    """A page: its elements in order, and what is not closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "a" and "a" in self.open:
            self.faults.append(f"a link in a link: {attrs}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Parsed]:
    return {path.relative_to(site).as_posix(): Parsed(path.read_text()) for path in sorted(site.rglob("*.html"))}


def test_there_is_a_page_for_every_paper_table_setting_and_claim(site, pages):
    paper = load_paper("acrnn")
    wanted = {"index", "acrnn/index", "acrnn/values", *(f"acrnn/{table}" for table in paper.tables)}
    wanted |= {f"acrnn/claims/{one.id}" for one in paper.claims}
    assert {f"{place}.html" for place in wanted} <= set(pages)
    assert {"acrnn/settings/att_aug.html", "acrnn/settings/rf_decoded.html"} <= set(pages)


def test_pages_are_well_formed_small_and_have_their_landmarks(site, pages):
    for name, page in pages.items():
        assert not page.faults and not page.open, (name, page.faults[:3])
        assert (site / name).stat().st_size < LARGEST, name
        assert len(page.ids) == len(set(page.ids)), (name, [one for one in page.ids if page.ids.count(one) > 1][:3])
        assert [len(page.all(tag)) for tag in ("main", "header", "h1", "title")] == [1, 1, 1, 1], name
        assert page.all("html") == [{"lang": "en"}] and all(one.get("aria-label") for one in page.all("nav")), name
        assert all(one["alt"] for one in page.all("img")), name
        assert all(one.get("scope") for one in page.all("th")), name


def test_every_link_leads_somewhere_and_nothing_is_fetched_from_elsewhere(site, pages):
    for name, page in pages.items():
        for tag, attributes in page.elements:
            place = attributes.get("href") or attributes.get("src")
            if place is None:
                continue
            if re.match("[a-z]+:", place):
                assert tag == "a" and place.startswith(("https://", "http://")), (name, place)
                continue
            path, _, part = place.partition("#")
            file = (site / name).parent / unquote(path) if path else site / name
            assert file.is_file(), (name, place)
            if part:
                found = pages[file.resolve().relative_to(site.resolve()).as_posix()]
                assert unquote(part) in found.ids, (name, place)
    for path in (site / "assets").iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text) or path.name == "index.js", path


def test_the_front_page_promises_no_more_than_has_been_run(site):
    """Most published numbers have not run: it tells how far that is, not what came of every number."""
    (lead,) = re.findall(r'<p class="lead">(.*?)</p>', (site / "index.html").read_text())
    assert lead.startswith("Every number of ") and "and what has been run of it so far." in lead


def test_two_clicks_lead_from_a_square_to_its_commands(site, pages):
    square = next(one for one in pages["index.html"].all("a") if "#c-att_aug.esc10" in one["href"])
    assert square["href"] == "acrnn/t3.html#c-att_aug.esc10" and "published 93.7" in square["title"]
    table = (site / "acrnn" / "t3.html").read_text()
    line = table[table.index('<tr id="c-att_aug.esc10"') :].partition("</tr>")[0]
    href = re.search('href="(settings/[^"]+)"', line)[1]
    assert href == "settings/att_aug.html#run-t3.att_aug.esc10"
    setting = (site / "acrnn" / "settings" / "att_aug.html").read_text()
    shown = setting[setting.index('id="run-t3.att_aug.esc10"') :].partition("</li>")[0]
    assert "python -m benchmarks run acrnn.t3.att_aug.esc10 --tier full --yes" in shown
    assert "python -m benchmarks report acrnn.t3" in shown and "data fetch esc50" in setting
    for part in ("Expected time", "Recipe, value by value", "Values by seed and fold", "Runs", "taken for"):
        assert part in setting, part


def test_the_papers_table_leads_to_its_cells_and_the_audit_to_its_command(site):
    assert re.search('<td><a href="#c-att_aug.esc10">93.7', (site / "acrnn" / "t3.html").read_text())
    audited = (site / "acrnn" / "t2.html").read_text()
    assert 'href="#how"' in audited and "python -m benchmarks audit acrnn.t2" in audited


def test_a_run_is_shown_with_where_it_was_made_and_its_checksum(site, clips):
    run = next(one for one in clips.ledger.finished() if one.run.setting == "att_aug" and one.run.tier == "full")
    text = (site / "acrnn" / "settings" / "att_aug.html").read_text()
    assert run.run.id in text and run.result["files"]["scores_test.npz"][:12] in text
    assert run.result["code"]["revision"][:10] in text


def test_the_same_store_gives_the_same_bytes_and_what_is_gone_is_removed(site, clips, reference, tmp_path):
    out = tmp_path / "site"
    write_pages(clips, "acrnn.t2", out)
    assert not (out / "acrnn" / "t3.html").exists()
    write_pages(clips, "acrnn", out, reference=reference)
    first = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == first
    write_pages(clips, "acrnn.t2", out)
    assert not (out / "acrnn" / "t3.html").exists() and (out / "acrnn" / "t2.html").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path, clips):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="has files that are no site of ours; name an empty folder with --out"):
        write_pages(clips, "acrnn.t2", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("listed", ["../mine.txt", "/{}/mine.txt", "a/../../mine.txt"])
def test_no_list_of_files_leads_out_of_the_folder(listed, clips, tmp_path):
    out = tmp_path / "site"
    out.mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (out / LISTING).write_text(listed.format(tmp_path) + "\n")
    write_pages(clips, "acrnn.t2", out)
    assert (tmp_path / "mine.txt").exists()


def test_what_never_ran_has_its_site_too(tmp_path):
    workspace = workspace_in(tmp_path)
    count, front = write_pages(workspace, "acrnn.t3", tmp_path / "site")
    assert count > 10 and "8 <span>not run" in re.sub("</?strong>", "", front.read_text()).replace("</strong>", "")


def test_what_is_searched_is_a_script_that_holds_data_alone(site):
    text = (site / "assets" / "index.js").read_text()
    found = json.loads(text.removeprefix("window.RESOUND_INDEX=").removesuffix(";\n"))
    assert {kind for kind, _, _ in found} == {"table", "cell", "claim", "setting", "guide"}
    assert all((site / place.partition("#")[0]).is_file() for _, _, place in found) and "</" not in text


def test_the_command_says_what_to_open(clips, tmp_path, capsys):
    places = [f"--{name}={getattr(clips, name)}" for name in ("runs", "cache", "reports")]
    arguments = ["report", "acrnn.t2", "--html", f"--out={tmp_path / 'site'}", f"--data-root={clips.data}", *places]
    assert run_command_line(arguments) == 0
    assert re.fullmatch(rf"\d+ pages; open {tmp_path}/site/index.html\n", capsys.readouterr().out)
    assert not list(Path(clips.reports).rglob("*.html"))


def test_a_paper_of_ones_own_has_its_site_and_a_mistake_in_another_is_told(toy_workspace, tmp_path, monkeypatch):
    papers = tmp_path / "papers"
    for paper in ("toy", "other"):
        shutil.copytree(ROOT / "tests" / "benchmarks" / "toy" / "papers" / "toy", papers / paper)
    (papers / "other" / "paper.yaml").write_text("id: [other\n")
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", papers)
    with (
        pytest.warns(UserWarning, match="^other is left out of the report: "),
        pytest.raises(InputError, match=r"^other: left out of the report, in which the other papers are"),
    ):
        write_pages(toy_workspace, None, tmp_path / "all")
    assert (tmp_path / "all" / "toy" / "t1.html").exists() and not (tmp_path / "all" / "other").exists()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_pages(toy_workspace, "toy.t1", tmp_path / "one")
    with pytest.raises(InputError, match=r"paper\.yaml"):
        write_pages(toy_workspace, "other", tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_rows_of_ones_own_have_squares_and_lines_like_the_papers(tmp_path):
    workspace = workspace_in(tmp_path / "store")
    trained(workspace, load_paper("acrnn"), "base", 40)
    trained(workspace, *changed("model.dropout=0.1"), wrong=10)
    trained(workspace, *changed("model.dropout=0.2"), wrong=40, folds=(1,))
    write_pages(workspace, "acrnn.t3", tmp_path / "site")
    text = (tmp_path / "site" / "acrnn" / "own.html").read_text()
    page = Parsed(text)
    squares = [one for one in page.all("a") if "sq" in one.get("class", "").split()]
    assert not page.faults and len(squares) == 2 and len(set(page.ids)) == len(page.ids)
    assert {one["href"].removeprefix("#") for one in squares} <= set(page.ids)
    told = {one["title"] for one in squares}
    assert "base dropout 0.1, ESC-10: 87.50 (folds 1, 2 of 5); tier reduced, real files" in told
    ways = {one["href"].removeprefix("#") for one in page.all("a") if one.get("href", "").endswith("-commands")}
    assert len(ways) == 2 and ways <= set(page.ids)
    assert "setting base with model.dropout 0.1" in text and {one["class"] for one in squares} == {squares[0]["class"]}
