import typer

from benchmarks.cli.main import app
from benchmarks.cli.reference import command_page
from benchmarks.reporting.render.blocks import Grid, Heading


def test_every_command_and_every_option_stands_in_the_reference():
    page = command_page(typer.main.get_command(app))
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for block in page.blocks:
        if isinstance(block, Heading):
            here = found.setdefault(block.text.strip("`"), {})
        elif isinstance(block, Grid):
            here.update({row[0].strip("`"): row[1:] for row in block.rows})
    assert {"run", "report", "data fetch", "data standin", "compare"} <= set(found)
    assert found["run"]["--tier"][1] == "`full`" and "smoke" in found["run"]["--tier"][0]
    assert "(`RESOUND_RUNS`)" in found["status"]["--runs"][0]
    assert all(told for options in found.values() for told, _ in options.values()), "an option says nothing of itself"


def test_options_with_choices_show_them():
    grids = [block for block in command_page(typer.main.get_command(app)).blocks if isinstance(block, Grid)]
    text = " ".join(row[1] for grid in grids for row in grid.rows)
    assert "`csv`, `tensorboard`, `wandb`" in text and "`real`, `miniature`, `standin`" in text
