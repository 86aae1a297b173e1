"""What travels between the launcher's machine and a node: the code, the files of a dataset, checkpoints, results."""

import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.runs.build import PROJECT, import_class, is_installed, places_of
from benchmarks.runs.files import writing
from benchmarks.runs.versions import users_sources
from datasets.acquire.locks import lock

if TYPE_CHECKING:
    from benchmarks.runs.ledger import Run
    from benchmarks.runs.workspace import Workspace

#: Bytes of a dataset that travel together.
PART_BYTES = 64 * 2**20
#: How the name of a dataset's folder goes on while it is being written.
COMING = "coming-"
#: A piece of a file: its path below the dataset's root, where it begins (bytes), and its content.
Piece = tuple[str, int, bytes]


# -- code --------------------------------------------------------------------------------------------------------------


@contextmanager
def packed_code(runs: Iterable["Run"]) -> Iterator[Path]:
    """A folder with the code that runs need, for as long as the block runs: ours, and the modules of the user's own.

    It is the code as it stands here, committed or not, and says so in REVISION.
    """
    from benchmarks.runs.provenance import code_revision

    code = code_revision()
    with tempfile.TemporaryDirectory(prefix="resound-code-") as made:
        folder = Path(made)
        for name in sorted({*PROJECT, *_modules_of(runs)}):
            _copy_module(name, folder)
        (folder / "REVISION").write_text(f"{code['revision']}{' dirty' if code['dirty'] else ''}\n")
        yield folder


def _modules_of(runs: Iterable["Run"]) -> set[str]:
    """The top-level modules that runs name by import path, with those of the user's that these import."""
    paths = {path for run in runs for path in run.versions if "." in path}
    found = {path.partition(".")[0] for path in paths}
    return found | {name.partition(".")[0] for path in paths for name in users_sources(path)}


def _copy_module(name: str, folder: Path) -> None:
    """Copy a top-level module, unless it is installed, which it then is on the nodes as well."""
    for place in places_of(name) if not is_installed(name) else ():
        if place.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(place, folder / name, ignore=unwanted, dirs_exist_ok=True)
        elif place.exists():
            shutil.copyfile(place, folder / place.name)


# -- data --------------------------------------------------------------------------------------------------------------


def pieces_of_dataset(run: "Run", workspace: "Workspace") -> Iterator[list[Piece]]:
    """The files of a run's dataset, in parts of about `PART_BYTES`."""
    dataset = workspace.dataset_of(run)
    part: list[Piece] = []
    size = 0
    for path in dataset.files():
        for begin, content in _chunks(path):
            if part and size + len(content) > PART_BYTES:
                yield part
                part, size = [], 0
            part.append((str(path.relative_to(dataset.root)), begin, content))
            size += len(content)
    yield part


def _chunks(path: Path) -> Iterator[tuple[int, bytes]]:
    """A file from its beginning, however long; an empty one is one chunk."""
    with path.open("rb") as file:
        begin, content = 0, file.read(PART_BYTES)
        yield begin, content
        while content:
            begin += len(content)
            if content := file.read(PART_BYTES):
                yield begin, content


def has_data(workspace: "Workspace", run: "Run") -> bool:
    """Whether the files of a run's dataset are where `workspace` looks for them."""
    try:
        return workspace.has_files_of(run)
    except USER_ERRORS:
        return False


def unpack_dataset(run: "Run", parts: Iterable[list[Piece]], workspace: "Workspace") -> None:
    """Write the files of a run's dataset where `workspace` looks for them, unless another process has done so.

    What lies there and is something else, as where a folder for temporary files was tidied up, gives way.
    """
    root = workspace.dataset_root(import_class(run.resolved["dataset"]["class_path"]).name, run.corpus)
    with writing(root):
        root.parent.mkdir(parents=True, exist_ok=True)
        with root.with_name(f".{root.name}.lock").open("a") as mine:
            lock(mine.fileno())
            if has_data(workspace, run):
                return
            for left in (root, *root.parent.glob(f".{root.name}.{COMING}*")):
                if left.is_dir():
                    shutil.rmtree(left)
            coming = root.with_name(f".{root.name}.{COMING}{uuid.uuid4().hex}")
            try:
                for part in parts:
                    for name, begin, content in part:
                        _write_piece(coming, name, begin, content)
                coming.rename(root)
            finally:
                shutil.rmtree(coming, ignore_errors=True)


def _write_piece(folder: Path, name: str, begin: int, content: bytes) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{name}: leads out of the folder of its dataset")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("r+b" if begin else "wb") as file:
        file.seek(begin)
        file.write(content)


# -- results -----------------------------------------------------------------------------------------------------------


def taken_out(folder: Path) -> dict[str, bytes]:
    """The files of a finished run by name; the folder goes."""
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if not path.name.startswith(".")}
    shutil.rmtree(folder, ignore_errors=True)
    return files
