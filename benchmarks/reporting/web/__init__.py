"""The site: static pages for a browser, one per paper, table, setting and claim, without network or need of a script."""
