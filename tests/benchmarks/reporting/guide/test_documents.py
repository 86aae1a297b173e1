import re
from html import unescape

import pytest

from benchmarks.reporting.guide.documents import DOCUMENTS, documents


@pytest.fixture(scope="module")
def guide():
    return {one.place: one for one in documents()}


def write(folder, **texts):
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return {one.place: str(one.body) for one in documents(folder)}


def test_every_document_is_a_page_and_the_first_one_leads_to_all_others(guide):
    assert next(iter(guide)) == "guide/index"
    names = {path.stem for path in DOCUMENTS.glob("*.md")} - {"README"}
    assert set(guide) == {"guide/index", *(f"guide/{name}" for name in names)}
    assert set(re.findall(r'href="([\w-]+)\.html"', guide["guide/index"].body)) == names


def test_what_is_written_stands_on_the_page(guide):
    for name in ("run", "read", "data"):
        written = re.findall(r"^## (.+)$", (DOCUMENTS / f"{name}.md").read_text(), re.MULTILINE)
        shown = [unescape(text) for text in re.findall(r"<h2[^>]*>(.*?)</h2>", guide[f"guide/{name}"].body)]
        assert shown == [re.sub("`(.*?)`", r"<code>\1</code>", text) for text in written] and written


def test_links_lead_to_pages_of_the_site_or_are_no_links(tmp_path):
    pages = write(
        tmp_path,
        README="# A\n\n[one](b.md#part) [two](../reports/acrnn/t1.md) [three](../CONTRIBUTING.md) [four](https://x.org/)\n",
        b="# B\n\n## Part\n\n[front](../reports/README.md)\n",
    )
    assert re.findall(r'href="([^"]*)"', pages["guide/index"]) == ["b.html#part", "../acrnn/t1.html", "https://x.org/"]
    assert "three" in pages["guide/index"] and "CONTRIBUTING" not in pages["guide/index"]
    assert '<a href="../index.html">front</a>' in pages["guide/b"]


def test_a_document_can_open_no_tag_and_no_script(tmp_path):
    text = "# A\n\n<script>alert(1)</script>\n\n```sh\necho '<b>'\n```\n\n[x](javascript:alert(1))\n"
    body = write(tmp_path, README=text)["guide/index"]
    assert "<script" not in body and "<b>" not in body and "&lt;b&gt;" in body and 'href="javascript' not in body


def test_without_the_documents_there_is_no_guide(tmp_path):
    assert list(documents(tmp_path)) == []
