"""What a paper file or a result may hold, in every place of a page: it is shown as it is written, and does nothing."""

import re

import pytest

from benchmarks.reporting.render.blocks import Bullets, Folded, Footnotes, Grid, Heading, Page, Picture, Text
from benchmarks.reporting.render.inline import leads_beside_or_to_the_web, markdown, markdown_cell, markdown_line
from benchmarks.reporting.render.markdown import page_markdown
from tests.benchmarks.reporting.render.alone import page_html

BAD = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</summary></details><h1>x", "a\n# heading",
    "# heading", "a | b", "a\\| b", "`a | b`", "an odd ` tick", "- item", "1. item", "> quote", "---", "```",
    "[x](javascript:alert(1))", "[x](javascript:alert)", "![x](http://there/pixel.png)", "[x]: javascript:y", "a](b",
    "a\\](b", "x\r\n\r\n<b>y", "\u202etxt.exe", "&lt;script&gt;", "<!-- hidden", "\x1b[2J\x00",
]  # fmt: skip


def pages(text: str) -> Page:
    """A page on which a text stands in every place."""
    notes = Footnotes()
    blocks = [
        Heading(text), Text(text), Bullets([text]), Grid((text, "n"), [(text, text)]), Picture("figures/a.svg", text),
        Folded(text, [Text("inside")]), Text(f"noted{notes.mark(text)}"),
    ]  # fmt: skip
    return Page("acrnn/t1", text, blocks, notes, {"figures/a.svg": b"<svg/>"})


@pytest.mark.parametrize("text", BAD)
def test_no_text_becomes_more_than_text(text):
    shown, plain = page_markdown(pages(text)), page_markdown(pages("plain"))
    assert len(shown.splitlines()) == len(plain.splitlines())
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in shown.splitlines() if line.startswith("| ")] == [3, 3, 3]
    outside = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "", shown)
    assert set(re.findall(r"<[a-z/!?]+", outside)) <= {"<details", "<summary", "</summary", "</details"}
    assert re.findall(r"^#+ ", shown, re.MULTILINE) == ["# ", "## "]
    linked = re.sub("<summary>.*", "", outside)  # no markdown in there
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\]\(", linked)) == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", shown)
    html, usual = page_html(pages(text)), page_html(pages("plain"))
    assert [len(re.findall(f"<{tag}[ >]", html)) for tag in ("script", "h1", "h2", "td", "img", "a", "details")] == [
        len(re.findall(f"<{tag}[ >]", usual)) for tag in ("script", "h1", "h2", "td", "img", "a", "details")
    ]


@pytest.mark.parametrize(
    ("place", "is_good"),
    [
        ("https://a.org/b?c=d&e", True), ("http://a.org", True), ("t3.md", True), ("../acrnn/t3.md", True),
        ("#t3", True), ("javascript:x", False), ("JavaScript:x", False), ("data:text/html,x", False),
        ("file:///x", False), ("//a.org", False), ("\\\\a.org", False), ('x"onclick="y', False), ("vbscript:x", False),
    ],
)  # fmt: skip
def test_links_lead_beside_the_page_or_to_the_web(place, is_good):
    assert leads_beside_or_to_the_web(place) is is_good
    assert ("](" in markdown(f"[x]({place})").replace("\\](", "")) is is_good
    assert ("<a href=" in page_html(Page("t1", "t", [Text(f"[x]({place})")])).partition("<main")[2]) is is_good


@pytest.mark.parametrize(
    "text",
    [
        "**bold** `code` *soft* [t3](t3.md)[^1]", "p < 0.05 & more", "**`code` in bold**", "[`x`](y.md)", "α ± 3 %",
        "[11] and 2. place",
    ],
)  # fmt: skip
def test_what_pages_are_written_in_stays(text):
    assert markdown_line(text) == markdown_cell(text) == markdown(text) == text
