"""What the commands `list` and `plan` say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.errors import told
from benchmarks.runs.plan import Choice, Plan, Planned, make_plan
from benchmarks.runs.stored.timings import TYPED
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import CONTROLS, Cell, Paper, load_paper, mistakes, paper_ids, select
from datasets.acquire.telling import count_of, in_words


def listing(target: str | None = None) -> dict[str, Any]:
    """The JSON of `list --json`: all papers and tables, or what there is of a target, whose names are checked.

    Without a target, papers with a mistake in their files are left out (`spec.mistakes` tells them). Raises InputError
    for an unknown target, and with file and line for a mistake in its paper file.
    """
    if target:
        from benchmarks.cli.names import check_names

        cells = select(target)
        check_names(cells)
    else:
        odd = mistakes()
        cells = [cell for paper in paper_ids() if paper not in odd for cell in load_paper(paper).cells()]
    papers: dict[str, dict[str, list[Cell]]] = {}
    for cell in cells:
        paper_id, table_id, *_ = cell.id.split(".")
        papers.setdefault(paper_id, {}).setdefault(table_id, []).append(cell)
    return {"papers": [_paper(load_paper(paper_id), tables) for paper_id, tables in papers.items()]}


def _paper(paper: Paper, tables: dict[str, list[Cell]]) -> dict[str, Any]:
    listed = [
        {
            "id": f"{paper.id}.{table_id}",
            "title": paper.tables[table_id].title,
            "cells": [_cell(cell) for cell in cells],
            "controls": _controls(paper, table_id, cells),
        }
        for table_id, cells in tables.items()
    ]
    return {"id": paper.id, "title": paper.title, "tables": listed}


def _controls(paper: Paper, table_id: str, cells: list[Cell]) -> dict[str, str]:
    """Rows of ours, which run only when they are named, with their labels, where all of a table is listed."""
    table = paper.tables[table_id]
    is_whole = {cell.row for cell in cells} >= set(table.rows)
    return {f"{paper.id}.{table_id}.{name}": one.label for name, one in table.controls.items()} if is_whole else {}


def _cell(cell: Cell) -> dict[str, Any]:
    names = ("id", "label", "published", "corrected", "unit", "metric", "erratum", "recipe")
    return {**{name: getattr(cell, name) for name in names}, "reason": cell.quoted}


def listing_lines(papers: dict[str, Any]) -> Iterator[str]:
    """The same for reading."""
    for paper in papers["papers"]:
        decimals = {cell.id: cell.decimals for cell in load_paper(paper["id"]).cells()}
        yield f"{paper['id']}: {paper['title']}"
        for table in paper["tables"]:
            yield f"  {table['id']}: {table['title']}"
            width = max(len(cell["id"]) for cell in table["cells"])
            for cell in table["cells"]:
                value, right = (_digits(cell[name], decimals[cell["id"]]) for name in ("published", "corrected"))
                corrected = f" (corrected {right})" if right else ""
                reason = f": {cell['reason']}" if cell["reason"] else ""
                yield f"    {cell['id']:<{width}} {value or 'n/a':>7}{corrected}  {cell['recipe']}{reason}"
            if table["controls"]:
                yield f"    beside them, run only when named ({table['id']}.{CONTROLS} names all):"
            width = max(map(len, table["controls"]), default=0)
            for name, label in table["controls"].items():
                yield f"    {name:<{width}}  {label}"


def _digits(value: float | None, decimals: int) -> str:
    """A number with the decimals that the paper prints; nothing of none."""
    return "" if value is None else f"{value:.{decimals}f}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """A plan for reading: a line per setting and dataset, then the sums."""
    groups: dict[tuple[str, str, str], list[Planned]] = {}
    for planned in plan.runs.values():
        groups.setdefault((planned.run.paper, planned.run.dataset, planned.run.setting), []).append(planned)
    widths = [max(map(len, names)) for names in zip(*groups, strict=True)]
    typed = False
    for names, runs in sorted(groups.items()):
        each, is_typed = _each(runs)
        typed |= is_typed
        done, seeds = sum(planned.done for planned in runs), len({planned.run.seed for planned in runs})
        aligned = " ".join(name.ljust(width) for name, width in zip(names, widths, strict=True))
        counted = f"{len(runs):>3} {'run' if len(runs) == 1 else 'runs':<4} ({count_of(seeds, 'seed')})"
        yield f"{aligned} {counted}, {done} done{each}"
    if typed:
        yield f"* {TYPED}, from the paper's file"
    yield _sums(plan)
    if not plan.runs and not plan.left_out:
        yield "nothing is trained there; `list` tells how each number is checked"
    yield from left_out_lines(plan)
    yield from lacking_lines(plan)


def _each(runs: Sequence[Planned]) -> tuple[str, bool]:
    """How long one of the missing runs takes by device, and what that is known from; whether any is marked as typed."""
    missing = next((planned for planned in runs if not planned.done), None)
    if missing is None:
        return "", False
    known = {device: basis for device, basis in sorted(missing.basis.items()) if device in missing.minutes}
    each = [
        f"{in_words(60 * missing.minutes[device])} on {device}{'*' if basis == TYPED else f' ({told(basis)})'}"
        for device, basis in known.items()
    ]
    return (f"; each {', '.join(each)}" if each else ""), TYPED in known.values()


def _sums(plan: Plan) -> str:
    """How many runs there are, how many are missing and can be run here, and how long those will take."""
    devices = sorted({device for planned in plan.runs.values() for device in planned.minutes})
    costs = ", ".join(f"{in_words(60 * plan.minutes(device))} on {device}" for device in devices)
    left_out = len(plan.missing) - len(plan.possible)
    but = f", {left_out} left out" if left_out else ""
    about = f": about {costs}" if plan.possible and costs else ""
    return f"{count_of(len(plan.runs), 'run')}, {len(plan.possible)} missing{but}{about}"


def plan_data(plan: Plan) -> dict[str, Any]:
    """The JSON of a plan. Runs go by a name that they have whatever files are here; the files are a part of their id.

    So where these are not here yet, a run has no id, and `without_id` says why.
    """
    told = plan.to_dict()
    names = {id: id.rpartition("-")[0] for id in plan.runs}
    absent = {id for id, planned in plan.runs.items() if planned.run.fingerprint == "absent"}
    why = "the files of its dataset are not on this machine, and their checksum is a part of the id" if absent else None
    return {
        **told,
        "runs": [{"name": names[one["id"]], **one, "id": None if one["id"] in absent else one["id"]}
                 for one in told["runs"]],
        "without_id": why,
        "feeds": {cell: [names[run] for run in runs] for cell, runs in told["feeds"].items()},
        "lacking": {reason: [names[run] for run in runs] for reason, runs in told["lacking"].items()},
    }  # fmt: skip


def plans_beside(target: str, plan: Plan, choice: Choice, workspace: Workspace) -> dict[str, Plan]:
    """What the tables of a target have beside its rows, by the target that names it; without the runs of `plan`.

    A row or a cell has nothing beside it.
    """
    paper, *rest = target.split(".")
    if len(rest) > 1:
        return {}
    found = {}
    for table in rest or load_paper(paper).tables:
        if load_paper(paper).tables[table].controls:
            named = f"{paper}.{table}.{CONTROLS}"
            beside = make_plan(select(named), choice, workspace)
            found[named] = replace(beside, runs={id: one for id, one in beside.runs.items() if id not in plan.runs})
    return found


def beside_lines(plans: Mapping[str, Plan]) -> Iterator[str]:
    """Plans of what runs only when named, a line each."""
    for named, plan in plans.items():
        if plan.runs:
            yield f"beside them, when named ({named}): {_sums(plan)}"
            yield from (f"  {line}" for line in lacking_lines(plan))


def left_out_lines(plan: Plan) -> Iterator[str]:
    """Which cells are about folds or datasets that nothing is run on, if there are any."""
    by_folds: dict[tuple[int, ...], list[str]] = {}
    for cell, folds in plan.left_out.items():
        by_folds.setdefault(folds, []).append(cell)
    for folds, cells in by_folds.items():
        run = f"{'fold' if len(folds) == 1 else 'folds'} {', '.join(map(str, folds))}"
        yield f"{count_of(len(cells), 'cell')} about other folds than {run}: {_some(cells)}; --folds names others"
    if cells := plan.without_standin:
        yield f"{count_of(len(cells), 'cell')} about datasets without a stand-in: {_some(cells)}"


def _some(cells: Sequence[str]) -> str:
    return ", ".join(cells[:3]) + (", ..." if len(cells) > 3 else "")


def lacking_lines(plan: Plan) -> Iterator[str]:
    """Which settings cannot be run on this machine, and why, if there are any."""
    for reason, runs in plan.lacking.items():
        settings = ", ".join(dict.fromkeys(f"{run.paper}.{run.setting}" for run in runs))
        yield f"{settings}: {count_of(len(runs), 'run')} left out: {reason}"
