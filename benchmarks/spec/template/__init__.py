"""The template of a paper's folder: it loads as it is, and its first table runs on a miniature of ESC-10."""

import re
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.spec import load
from datasets.acquire.whole import filled, write_whole

FILES = Path(__file__).parent / "files"
ID, FOLDER = "@ID@", "@FOLDER@"
#: What an id may be: it is part of the names of cells, of folders and of a module.
PATTERN = re.compile(r"[a-z][a-z0-9_]{0,39}")


def write_template(place: Path, paper_id: str | None = None) -> tuple[str, list[Path]]:
    """Write the files of a new paper to the folder `place`, or, for an id that is not its name, to one below it.

    Returns the id and the files. Raises InputError for an id that is none or that another paper has, and for a folder
    in which something lies already.
    """
    name = paper_id or place.resolve().name
    folder = place if place.resolve().name == name else place / name
    if not PATTERN.fullmatch(name):
        said = f"--id {name}" if paper_id else f"{place}: its name would be the paper's id"
        raise InputError(f"{said}: an id has small letters, digits and _, a letter first; give such an --id")
    if folder.resolve().parent == load.PAPERS.resolve():
        raise InputError(f"{folder}: would be a built-in paper, whose networks are in models/; choose another folder")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: there already, and not empty; nothing was written, choose another folder")
    if name in load.TAKEN_BY_REPORTS:
        raise InputError(f"{folder}: an id cannot be {name}, which other pages are called; give another --id")
    if name in load.paper_ids():
        raise InputError(f"{load.paper_folder(name)}: is a paper of the id {name}, too; give another --id")
    words = {ID: name, FOLDER: str(folder)}
    written = []
    with filled(folder):
        for source in sorted(FILES.iterdir()):
            text = source.read_text(encoding="utf-8")
            for mark, word in words.items():
                text = text.replace(mark, word)
            target = f"{name}_network.py" if source.name == "network.py.txt" else source.name
            written.append(write_whole(folder / target, text))
    return name, written
