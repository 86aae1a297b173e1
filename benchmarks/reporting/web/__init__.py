"""The site: static pages for a browser, one per paper, table, setting and claim; no network, no need of a script."""
