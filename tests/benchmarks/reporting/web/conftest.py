from pathlib import Path

import pytest

from benchmarks.reporting import write_pages


@pytest.fixture(scope="session")
def site(clips, tmp_path_factory) -> Path:
    """The site of one paper: 120 runs of clips with one class, and what is audited."""
    out = tmp_path_factory.mktemp("web") / "site"
    write_pages(clips, "acrnn", out)
    return out
