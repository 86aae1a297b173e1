from pathlib import Path

import pytest
import typer

from benchmarks.cli.main import app
from benchmarks.cli.reference import command_page
from benchmarks.reporting import write_pages


@pytest.fixture(scope="session")
def site(clips, tmp_path_factory) -> Path:
    """The site of one paper: 120 runs of clips with one class, and what is audited."""
    out = tmp_path_factory.mktemp("web") / "site"
    reference = [command_page(typer.main.get_command(app))]
    write_pages(clips, "acrnn", out, reference=reference)
    return out
