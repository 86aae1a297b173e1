import re

from benchmarks.reporting.render.blocks import Bullets, Folded, Footnotes, Heading, Page, Text
from benchmarks.reporting.render.html import site_html
from benchmarks.reporting.render.markdown import page_markdown


def test_the_html_page_needs_nothing_beside_it(clips):
    text = (clips.reports / "index.html").read_text()
    assert text.count("data:image/svg+xml;base64,") >= 5
    assert not re.search(r'(src|href)="(https?:|//|figures)', text)
    targets = set(re.findall(r'href="#([^"]+)"', text))
    assert targets <= set(re.findall(r'id="([^"]+)"', text))


def test_markdown_and_html_say_the_same_and_html_escapes():
    notes = Footnotes()
    blocks = [
        Heading("<b> & more"),
        Text(f"**bold** `code` [t3](t3.md){notes.mark('why <i>')}{notes.mark('why <i>')}"),
        Folded("more", [Bullets(["*one*", "two"])]),
    ]
    one = Page("acrnn/t1", "title", blocks, notes)
    assert page_markdown(one).endswith("[^1]: why &lt;i>\n") and "[t3](t3.md)[^1][^1]" in page_markdown(one)
    html = site_html([one, Page("acrnn/t3", "t3", [])])
    assert "<h2>&lt;b&gt; &amp; more</h2>" in html and "why &lt;i&gt;" in html
    assert '<a href="#acrnn/t3">t3</a>' in html and '<a href="#acrnn/t1-1">1</a>' in html
    assert "<li><em>one</em></li>" in html and "<strong>bold</strong> <code>code</code>" in html
