import re

from benchmarks.reporting.render.blocks import Bullets, Folded, Footnotes, Grid, Heading, Page, Text
from benchmarks.reporting.render.html import Ids, linked, plain
from benchmarks.reporting.render.markdown import page_markdown
from tests.benchmarks.reporting.render.alone import page_html


def test_markdown_and_html_say_the_same_and_html_escapes():
    notes = Footnotes()
    blocks = [
        Heading("<b> & more"),
        Text(f"**bold** `code` [t3](t3.md){notes.mark('why <i>')}{notes.mark('why <i>')}"),
        Folded("more", [Bullets(["*one*", "two"])]),
    ]
    one = Page("acrnn/t1", "title", blocks, notes)
    assert page_markdown(one).endswith("[^1]: why &lt;i>\n") and "[t3](t3.md)[^1][^1]" in page_markdown(one)
    html = page_html(one)
    assert '<h2 id="s-b-more">&lt;b&gt; &amp; more</h2>' in html and "why &lt;i&gt;" in html
    assert '<a href="t3.html">t3</a>' in html and '<a href="#note-1">1</a>' in html
    assert "<li><em>one</em></li>" in html and "<strong>bold</strong> <code>code</code>" in html


def test_links_to_pages_of_the_report_lead_to_those_of_the_site():
    places = ["README.md", "acrnn/README.md", "../edc/t3.md#x", "https://a.org/b.md", "report.json"]
    html = page_html(Page("README", "t", [Text(" ".join(f"[x]({place})" for place in places))])).partition("<main")[2]
    assert re.findall('<a href="([^"]+)"', html) == [
        "index.html", "acrnn/index.html", "../edc/t3.html#x", "https://a.org/b.md", "report.json",
    ]  # fmt: skip


def test_an_entry_of_a_papers_table_is_one_link_with_its_notes_behind_it():
    assert linked("82.3[^1] / **83.2** ✓", "#c") == (
        '<a href="#c">82.3 / <strong>83.2</strong> ✓</a><sup><a href="#note-1">1</a></sup>'
    )
    assert linked("<b>", 'x"y') == '<a href="x&#34;y">&lt;b&gt;</a>' and linked(" ", "#c") == " "


def test_what_stands_over_columns_and_at_their_left_is_a_head():
    html = page_html(Page("t", "t", [Grid(("row", "a", "b"), [("x", "1", "2")], above=(("", 1), ("both", 2)))]))
    assert (
        '<th colspan="2" scope="colgroup" class="over">both</th>' in html and '<th scope="row" class="left">x' in html
    )


def test_places_on_a_page_have_different_names_and_headings_leave_no_level_out():
    ids = Ids()
    assert [ids("A & b"), ids("a b"), ids("±"), ids("note[^3]")] == ["s-a-b", "s-a-b-2", "s-part", "s-note"]
    assert [ids.level(level) for level in (3, 4, 2, 4)] == [2, 3, 2, 3]


def test_attributes_hold_no_marks():
    assert plain("**a** *b*, 2*3 `c`[^4]\n") == "a b, 2*3 c"
