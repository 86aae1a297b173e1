from pathlib import Path

import pytest
import typer

from benchmarks.cli.main import app
from benchmarks.cli.reference import command_page
from benchmarks.reporting import write_pages
from benchmarks.reporting.render.blocks import Page


@pytest.fixture(scope="session")
def reference() -> list[Page]:
    """What the commands say of themselves."""
    return [command_page(typer.main.get_command(app))]


@pytest.fixture(scope="session")
def site(clips, reference, tmp_path_factory) -> Path:
    """The site of one paper: 120 runs of clips with one class, and what is audited."""
    out = tmp_path_factory.mktemp("web") / "site"
    write_pages(clips, "acrnn", out, reference=reference)
    return out
