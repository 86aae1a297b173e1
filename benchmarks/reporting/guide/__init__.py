"""The guide on the site: the documents of `docs/`, and a reference that is read off the code."""

#: The folder of its pages on the site.
FOLDER = "guide"
