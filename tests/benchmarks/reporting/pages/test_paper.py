def test_the_page_of_a_paper_links_its_tables_and_tells_its_errors(clips):
    text = (clips.reports / "acrnn" / "README.md").read_text()
    assert "## Errors and contradictions" in text and "## Notes" in text
    assert "[acrnn.t3](t3.md)" in text and "[acrnn.t4](t4.md)" in text
    assert "[values](values.md)" in text and (clips.reports / "acrnn" / "values.md").exists()
