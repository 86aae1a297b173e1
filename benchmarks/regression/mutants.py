"""Mutations: faults put one at a time into a copy of the tree, which tests and regression must notice.

`python -m benchmarks.regression.mutants [NAME ...]` runs those of mutants.yaml, or the named ones, in a temporary
folder, and brings their lines in mutants.md up to date. Exit codes: 0 all noticed, 1 some not, 2 bad input,
3 interrupted.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from benchmarks.errors import InputError, exit_code
from benchmarks.spec import nearest
from benchmarks.spec.bricks import STRICT, Name
from benchmarks.spec.located_yaml import LocatedYaml

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
MUTATIONS, TABLE = HERE / "mutants.yaml", HERE / "mutants.md"
#: What is not copied: landed runs and pages, which no mutation is about.
LEFT_OUT = "reports/"
HEAD = """# What notices which fault

Made by `make mutants`, which puts each fault of [mutants.yaml](mutants.yaml) into a copy of the tree and runs the tests
and the part of `make regression` that are named for it. The first that fails is shown; where nothing stands, none is
named, for the fault lies where the other side does not look.

| fault | file | caught by tests | caught by regression | seconds |
| --- | --- | --- | --- | --- |
"""


class Mutation(BaseModel):
    """A fault: `old`, which stands once in `file`, becomes `new`; the tests and checks of which one must fail each."""

    model_config = STRICT

    file: str
    old: str
    new: str
    tests: list[str] = []
    #: patterns as `check --only` takes them
    checks: list[str] = []

    @contextmanager
    def put_into(self, root: Path) -> Iterator[None]:
        """The tree at `root` has the fault inside the block. Raises InputError where the old text stands not once."""
        path = root / self.file
        text = path.read_text()
        if (count := text.count(self.old)) != 1:
            raise InputError(f"{self.file}: {self.old!r} stands there {count} times, not once; mend {MUTATIONS.name}")
        path.write_text(text.replace(self.old, self.new))
        try:
            yield
        finally:
            path.write_text(text)


@dataclass(frozen=True)
class Caught:
    """What noticed a mutation: the first test and the first check that failed; None where nothing did."""

    name: str
    mutation: Mutation
    test: str | None
    check: str | None
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Whether each side that was asked has noticed."""
        return bool(self.test or not self.mutation.tests) and bool(self.check or not self.mutation.checks)

    @property
    def line(self) -> str:
        """The line of the table."""
        test, check = (
            found or ("**nothing**" if asked else "")
            for found, asked in ((self.test, self.mutation.tests), (self.check, self.mutation.checks))
        )
        return f"| {self.name} | {self.mutation.file} | {test} | {check} | {self.seconds:.0f} |"


def load(path: Path = MUTATIONS) -> dict[str, Mutation]:
    """All mutations by name. Raises InputError with file and line."""
    document = LocatedYaml(path)
    try:
        return TypeAdapter(dict[Name, Mutation]).validate_python(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        raise document.error(tuple(first["loc"]), first["msg"]) from None


def choose(names: Sequence[str], known: Mapping[str, Mutation]) -> dict[str, Mutation]:
    """The named mutations, all without a name. Raises InputError for an unknown one."""
    for name in names:
        if name not in known:
            raise InputError(f"unknown mutation {name!r}{nearest(name, known)}")
    return {name: known[name] for name in names or known}


def copy_tree(target: Path) -> None:
    """Copy what git tracks here, and what it would, as it lies in the working tree."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if not name.startswith(LEFT_OUT) and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def first_failing_test(root: Path, tests: Iterable[str]) -> str | None:
    """The first of the tests that fails in the tree at `root`; None if all pass."""
    code, said = _run(root, ["pytest", "-q", "-x", "-n", "0", *tests])
    if not code:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.MULTILINE)
    return found[1] if found else f"pytest ended with code {code}"


def first_failing_check(root: Path, checks: Iterable[str]) -> str | None:
    """The first of the regression's checks that fails in the tree at `root`; None if all pass."""
    code, said = _run(root, ["benchmarks.regression", "check", *(part for one in checks for part in ("--only", one))])
    if not code:
        return None
    found = re.search(r"^FAIL (\S+ \S+) +(.+)", said, re.MULTILINE)
    return f"{found[1]}: {re.split('; |: ', found[2])[0]}" if found else f"the regression ended with code {code}"


def _run(root: Path, module: Sequence[str]) -> tuple[int, str]:
    """Exit code and output of a Python module on the tree at `root`, whose byte code is never kept."""
    surroundings = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    surroundings["RESOUND_CACHE"] = str(root / "cache")
    command = [sys.executable, "-m", *module]
    done = subprocess.run(command, cwd=root, env=surroundings, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def run(mutations: Mapping[str, Mutation], root: Path) -> Iterator[Caught]:
    """Try mutations in the copy at `root`, one after the other. Raises InputError if it fails without any."""
    tests, checks = (
        list(dict.fromkeys(entry for one in mutations.values() for entry in getattr(one, kind)))
        for kind in ("tests", "checks")
    )
    red = (tests and first_failing_test(root, tests)) or (checks and first_failing_check(root, checks))
    if red:
        raise InputError(f"{red}: fails without any mutation; mend that first")
    for name, mutation in mutations.items():
        began = time.monotonic()
        with mutation.put_into(root):
            test = first_failing_test(root, mutation.tests) if mutation.tests else None
            check = first_failing_check(root, mutation.checks) if mutation.checks else None
        yield Caught(name, mutation, test, check, time.monotonic() - began)


def updated(text: str, found: Iterable[Caught], known: Iterable[str]) -> str:
    """The table with new lines for what was found; lines of mutations that are no more are gone."""
    lines = {line.split(" ")[1]: line for line in text.splitlines() if line.startswith("| ")}
    lines |= {one.name: one.line for one in found}
    return HEAD + "".join(f"{lines[name]}\n" for name in known if name in lines)


def main() -> int:
    """Run the mutations; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of mutants.yaml; all by default")
    names = parser.parse_args().names
    return exit_code(lambda: _try(names))


def _try(names: Sequence[str]) -> int:
    """Put the mutations in, one by one, and keep the table; the exit code."""
    known, missed = load(), 0
    with tempfile.TemporaryDirectory(prefix="resound-mutants-") as folder:
        root = Path(folder).resolve()
        copy_tree(root)
        for one in run(choose(names, known), root):
            print(one.line, flush=True)
            missed += not one.is_complete
            table = TABLE.read_text() if TABLE.exists() else ""
            TABLE.write_text(updated(table, [one], known))
    print(f"{missed} not noticed" if missed else "all noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
