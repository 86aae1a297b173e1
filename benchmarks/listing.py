"""What the commands `list`, `plan` and `status` say."""

import sys
import time
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from benchmarks.plan import Plan
from benchmarks.spec import Cell, load_paper, paper_ids
from benchmarks.workspace import Workspace


def listing() -> dict[str, Any]:
    """The JSON of `list --json`."""
    papers = []
    for paper_id in paper_ids():
        paper = load_paper(paper_id)
        tables = [
            {
                "id": f"{paper_id}.{table_id}",
                "title": table.title,
                "cells": [_cell(c) for c in paper.table_cells(table_id)],
            }
            for table_id, table in paper.tables.items()
        ]
        papers.append({"id": paper_id, "title": paper.title, "tables": tables})
    return {"papers": papers}


def _cell(cell: Cell) -> dict[str, Any]:
    names = ("id", "label", "published", "corrected", "unit", "metric", "erratum", "recipe")
    return {**{name: getattr(cell, name) for name in names}, "reason": cell.quoted}


def listing_lines(papers: dict[str, Any]) -> Iterator[str]:
    """The same for reading."""
    for paper in papers["papers"]:
        yield f"{paper['id']}: {paper['title']}"
        for table in paper["tables"]:
            yield f"  {table['id']}: {table['title']}"
            for cell in table["cells"]:
                value = "n/a" if cell["published"] is None else f"{cell['published']:g}"
                corrected = "" if cell["corrected"] is None else f" (corrected {cell['corrected']:g})"
                reason = f": {cell['reason']}" if cell["reason"] else ""
                yield f"    {cell['id']:<34} {value:>7}{corrected}  {cell['recipe']}{reason}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """A plan for reading: a line per setting and dataset, then the sums."""
    ordered = sorted(plan.runs.values(), key=lambda p: (p.run.paper, p.run.dataset, p.run.setting))
    for (paper, dataset, setting), group in groupby(ordered, key=lambda p: (p.run.paper, p.run.dataset, p.run.setting)):
        runs = list(group)
        done = sum(planned.done for planned in runs)
        seeds = len({planned.run.seed for planned in runs})
        yield f"{paper} {dataset:<6} {setting:<14} {len(runs):>3} runs ({seeds} seeds), {done} done"
    devices = sorted({device for planned in plan.runs.values() for device in planned.minutes})
    costs = ", ".join(f"{plan.minutes(device) / 60:.1f} h on {device}" for device in devices)
    yield f"{len(plan.runs)} runs, {len(plan.missing)} missing" + (f": about {costs}" if plan.missing and costs else "")


def print_status(workspace: Workspace, watch: bool, seconds: float = 2.0) -> None:
    """What is running, done and failed; with `watch`, again and again."""
    while True:
        lines = list(status_lines(workspace))
        if watch and sys.stdout.isatty():
            print("\x1b[H\x1b[2J", end="")
        print("\n".join(lines), flush=True)
        if not watch:
            return
        time.sleep(seconds)


def status_lines(workspace: Workspace) -> Iterator[str]:
    """The lines of `status`."""
    ledger = workspace.ledger
    for run_id, note in ledger.running().items():
        progress = f"epoch {note['epoch']} of {note['of']}, loss {note['loss']:.4f}" if note else "starting"
        yield f"running {run_id}: {progress}"
    for run_id, failure in ledger.failures().items():
        yield f"failed  {run_id}: {failure['message']}"
    done = list(ledger.finished())
    hours = sum(finished.result["seconds"]["total"] for finished in done) / 3600
    yield f"{len(done)} runs done ({hours:.1f} h), {len(ledger.failures())} failed, {len(ledger.running())} running"
