"""The site: static pages for a browser, one per paper, table, setting and claim, which need no network and no script."""
