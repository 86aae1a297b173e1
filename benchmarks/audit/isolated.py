"""The audit of a table for its page. What it calls may need torch, which a report does without: it asks a process."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.runs.files import file_sha256
from benchmarks.runs.memo import Memo
from benchmarks.spec import Paper
from benchmarks.spec.audit import Calls
from datasets.processes import Child, answering, available_cores

if TYPE_CHECKING:
    from benchmarks.audit.checks import Check


def table_checks(paper: Paper, table_id: str, cache: Path) -> "list[Check]":
    """The checks that touch a table; those that call functions are kept in the cache until their sources change."""
    entries = [entry for entry in paper.audit.checks if table_id in entry.tables()]
    if not any(isinstance(entry, Calls) for entry in entries):
        from benchmarks.audit.checks import checks

        return list(checks(paper, table_id))
    target = f"{paper.id}.{table_id}"
    found = Memo(cache).json("audit", _key(paper, table_id, entries), lambda: _audit_elsewhere(target))
    return list(found["checks"])


def _key(paper: Paper, table_id: str, entries: list) -> dict[str, Any]:
    """Changes with the table, its values, the entries, the settings and every source that counts or is counted."""
    settings = [paper.settings[network.setting] for network in paper.audit.networks.values()]
    roots = {entry.of.split(".")[0] for entry in entries if isinstance(entry, Calls)}
    roots |= {setting.model.class_path.split(".")[0] for setting in settings}
    return {
        "target": [paper.id, table_id],
        "entries": [entry.model_dump(mode="json") for entry in entries],
        "networks": paper.audit.model_dump(mode="json")["networks"],
        "settings": [setting.resolved("full")["model"] for setting in settings],
        "table": [paper.truncates, paper.tables[table_id].model_dump(mode="json")],
        "published": {cell.id: cell.published for cell in paper.table_cells(table_id)},
        "sources": [file_sha256(path) for root in sorted(roots) for path in _sources(root)],
    }


def _sources(package: str) -> list[Path]:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise InputError(f"{package}: no such package, but the audit section of a paper file names it")
    origin = Path(found.origin)
    return sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]


def _audit_elsewhere(target: str) -> dict[str, Any]:
    with Child("benchmarks.audit.isolated", available_cores()) as child:
        child.send({"target": target})
        answer = next(child.answers(), {})
    if "checks" not in answer:
        reason = answer.get("input_error") or f"its process ended with code {child.wait()}"
        raise InputError(f"audit of {target} failed: {reason}")
    return answer


def _serve() -> None:
    """The process: reads a target from stdin, answers one JSON line."""
    from benchmarks.audit.checks import audit

    answer = answering()
    try:
        answer({"checks": audit(json.loads(sys.stdin.readline())["target"])})
    except USER_ERRORS as error:
        answer({"input_error": str(error)})


if __name__ == "__main__":
    _serve()
