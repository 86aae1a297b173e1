"""From blocks to markdown, HTML and JSON."""
