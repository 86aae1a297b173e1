"""The commands that are killed: fetch and import of every dataset, of miniatures packed as the real sites pack them."""

import hashlib
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import datasets.chime_home.acquire as chime
import datasets.dcase2016_asc.acquire as scenes
import datasets.dcase2017_rare.acquire as rare
import datasets.dcase2018_domestic.acquire as domestic
import datasets.esc50.acquire as esc50
import datasets.maestro_real.acquire as maestro
from datasets.acquire.checksums import token
from datasets.acquire.download import ResumingDownloader
from datasets.acquire.records import Archive
from datasets.dcase2016_asc import layout as scenes_layout
from datasets.dcase2016_asc import miniature as scenes_miniature
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION
from datasets.dcase2018_domestic import official
from datasets.esc50.dataset import ESC50
from datasets.maestro_real import archives as maestro_archives
from datasets.maestro_real import layout as maestro_layout
from tests.conftest import written

#: What each miniature archive of the rare events holds, below its official folder.
RARE = {
    f"{DEVELOPMENT}.doc.zip": ("README.md",),
    f"{DEVELOPMENT}.source_data_bgs_and_cvsetup.1.zip": ("data/source_data/bgs", "data/source_data/cv_setup"),
    f"{DEVELOPMENT}.source_data_events.zip": ("data/source_data/events",),
    f"{EVALUATION}.mixture_data.1.zip": ("data", "TUT_Rare_sound_events_mixture_synthesizer"),
}
#: What each miniature archive of the scenes holds, below its official folder.
SCENES = {
    f"{scenes_layout.DEVELOPMENT}.doc.zip": ("README.md",),
    f"{scenes_layout.DEVELOPMENT}.meta.zip": ("meta.txt", "evaluation_setup"),
    f"{scenes_layout.DEVELOPMENT}.error.zip": ("error.txt",),
    f"{scenes_layout.DEVELOPMENT}.audio.1.zip": ("audio",),
    f"{scenes_layout.EVALUATION}.meta.zip": ("meta.txt", "evaluation_setup"),
    f"{scenes_layout.EVALUATION}.audio.1.zip": ("audio",),
}
MIRRORS = ("", "/mirror")


@dataclass(frozen=True)
class Command:
    """What is run with the address of a site and a root, the files of that site, and the folder that it imports."""

    name: str
    run: Callable[[str, Path], None]
    files: dict[str, bytes]
    source: Path | None = None


def commands(folder: Path, miniatures: Path) -> Iterator[Command]:
    """All commands; archives are written into `folder`, and miniatures that are not there yet into `miniatures`."""
    (folder / "packed").mkdir(parents=True)
    yield from _chime(folder, written(miniatures, "chime_home"))
    yield from _scenes(folder)
    yield from _rare(folder, written(miniatures, "dcase2017_rare"))
    yield from _domestic(written(miniatures, "dcase2018_domestic"))
    yield from _esc50(folder, written(miniatures, "esc50"))
    yield from _maestro(folder, written(miniatures, "maestro_real"))


def _chime(folder: Path, miniature: Path) -> Iterator[Command]:
    path = folder / "packed" / "chime" / "chime_home.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(miniature, "chime_home")
    content = path.read_bytes()
    md5 = hashlib.md5(content).hexdigest()

    def fetch(site: str, root: Path) -> None:
        urls = tuple(f"{site}{mirror}/chime_home.tar.gz" for mirror in MIRRORS)
        chime.fetch(root, _quiet, urls, md5, len(content), _impatient(root))

    yield Command("fetch chime_home", fetch, _mirrored({"/chime_home.tar.gz": content}))
    yield _import("chime_home", path.parent, chime.import_folder)


def _scenes(folder: Path) -> Iterator[Command]:
    miniature = folder / "small" / "dcase2016_asc"
    scenes_miniature.write(miniature, clip_seconds=0.1)
    packed = folder / "packed" / "scenes"
    _pack(folder, miniature, SCENES, packed)
    content = {path.name: path.read_bytes() for path in sorted(packed.iterdir())}

    def fetch(site: str, root: Path) -> None:
        scenes.fetch(root, _quiet, _listed(content, site), _impatient(root))

    yield Command("fetch dcase2016_asc", fetch, _mirrored({f"/{name}": one for name, one in content.items()}))
    yield _import("dcase2016_asc", packed, partial(scenes.import_folder, archives=_listed(content)))


def _rare(folder: Path, miniature: Path) -> Iterator[Command]:
    packed = folder / "packed" / "rare"
    _pack(folder, miniature, RARE, packed)
    (packed / "LICENSE.txt").write_text("terms")
    content = {path.name: path.read_bytes() for path in sorted(packed.iterdir())}

    def known(site: str = "") -> list[Archive]:
        listed = _listed(content, site)
        return [one if one.name in RARE else replace(one, folder=EVALUATION) for one in listed]

    def fetch(site: str, root: Path) -> None:
        rare.fetch(root, _quiet, known(site), _impatient(root))

    yield Command("fetch dcase2017_rare", fetch, _mirrored({f"/{name}": one for name, one in content.items()}))
    yield _import("dcase2017_rare", packed, partial(rare.import_folder, archives=known()))


def _domestic(miniature: Path) -> Iterator[Command]:
    content = {one.blob: (miniature / one.place).read_bytes() for one in official.LISTS}
    lists = [
        replace(one, md5=hashlib.md5(content[one.blob]).hexdigest(), size=len(content[one.blob]), is_needed=True)
        for one in official.LISTS
    ]

    def fetch(site: str, root: Path) -> None:
        official.ADDRESSES = tuple(f"{site}{mirror}/{{blob}}" for mirror in MIRRORS)
        domestic.fetch(root, _quiet, lists, _impatient(root))

    yield Command("fetch dcase2018_domestic", fetch, _mirrored({f"/{blob}": one for blob, one in content.items()}))
    yield _import("dcase2018_domestic", miniature, partial(domestic.import_folder, lists=lists))


def _esc50(folder: Path, miniature: Path) -> Iterator[Command]:
    staged = folder / "staged" / "ESC-50-master"
    shutil.copytree(miniature, staged, ignore=shutil.ignore_patterns("miniature.json"))
    shutil.make_archive(str(folder / "packed" / "esc50" / "ESC-50-master"), "zip", staged.parent)
    tokens = frozenset(token(*pair) for pair in ESC50(staged).hashes().items())
    shutil.rmtree(staged.parent)
    path = folder / "packed" / "esc50" / "ESC-50-master.zip"

    def fetch(site: str, root: Path) -> None:
        urls = tuple(f"{site}{mirror}/{path.name}" for mirror in MIRRORS)
        esc50.fetch(root, _quiet, urls, tokens, _impatient(root))

    yield Command("fetch esc50", fetch, _mirrored({f"/{path.name}": path.read_bytes()}))
    yield _import("esc50", path, esc50.import_folder)


def _maestro(folder: Path, miniature: Path) -> Iterator[Command]:
    packed = folder / "packed" / "maestro"
    for name in (maestro_layout.ANNOTATION, maestro_layout.DEVELOPMENT, maestro_layout.EVALUATION):
        shutil.make_archive(str(packed / name), "zip", miniature, name)
    content = {path.name: path.read_bytes() for path in sorted(packed.iterdir())}
    texts = {one.place: (miniature / one.place).read_bytes() for one in maestro_archives.LISTS}
    for place, text in texts.items():
        (packed / place).parent.mkdir(exist_ok=True)
        (packed / place).write_bytes(text)

    def fetch(site: str, root: Path) -> None:
        maestro_archives.ADDRESSES = tuple(f"{site}{mirror}/{{path}}" for mirror in MIRRORS)
        lists = [
            replace(one, md5=hashlib.md5(texts[one.place]).hexdigest(), size=len(texts[one.place]))
            for one in maestro_archives.LISTS
        ]
        maestro.fetch(root, _quiet, _listed(content, site), lists, {}, _impatient(root), evaluation=True)

    files = {f"/{name}": one for name, one in {**content, **texts}.items()}
    yield Command("fetch maestro_real", fetch, _mirrored(files))
    yield _import("maestro_real", packed, partial(maestro.import_folder, archives=_listed(content)))


def _listed(content: Mapping[str, bytes], site: str = "") -> list[Archive]:
    """The archives of a site as their record lists them; each is called after its folder."""
    return [
        Archive(
            name,
            len(one),
            hashlib.md5(one).hexdigest(),
            name.split(".")[0],
            tuple(f"{site}{mirror}/{name}" for mirror in MIRRORS),
        )
        for name, one in content.items()
    ]


def _import(name: str, source: Path, import_folder: Callable[..., None]) -> Command:
    return Command(f"import {name}", lambda site, root: import_folder(source, root, _quiet), {}, source)


def _impatient(root: Path) -> ResumingDownloader:
    """As a command's own downloader, but for the length of waits."""
    work = root.with_name(f".{root.name}.download")
    return ResumingDownloader(work, _quiet, pause=0.0, timeout=0.2, sleep=lambda wait: time.sleep(min(wait, 0.01)))


def _quiet(line: str) -> None:
    pass


def _mirrored(files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{mirror}{name}": content for mirror in MIRRORS for name, content in files.items()}


def _pack(folder: Path, miniature: Path, archives: Mapping[str, Sequence[str]], packed: Path) -> None:
    """Write archives into `packed`, each with some parts of a record's folder, which its name begins with."""
    for name, parts in archives.items():
        record = name.split(".")[0]
        for part in parts:
            shutil.copytree(
                miniature / record,
                folder / "staged" / record,
                ignore=_all_but(miniature / record, part),
                dirs_exist_ok=True,
            )
        shutil.make_archive(str(packed / name.removesuffix(".zip")), "zip", folder / "staged")
        shutil.rmtree(folder / "staged")


def _all_but(base: Path, part: str) -> Callable[[str, list[str]], list[str]]:
    """For copytree: leave out what is neither in `part` of `base` nor on the way to it."""
    wanted = (base / part).parts

    def ignored(folder: str, names: list[str]) -> list[str]:
        paths = {name: (Path(folder) / name).parts for name in names}
        return [name for name, path in paths.items() if wanted[: len(path)] != path and path[: len(wanted)] != wanted]

    return ignored
