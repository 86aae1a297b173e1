"""The official lists: where they are to be had, and what each is known by."""

from dataclasses import dataclass
from pathlib import Path

from datasets.acquire.hashes import md5_of_file
from datasets.dcase2018_domestic.layout import CLEAN, EVALUATION, ORIGINAL, REMOVED, WEAK

#: Where the files of the official repository are served: by its host, by a mirror of it, and by an archive of public
#: code under the name that git gives to a content. Whatever answers, the md5 below decides. DESED hands on the same
#: lists as tsv, but its `test_dcase2018.tsv` has changed since (897 lines, md5 459c8514...); only that of the commit
#: turpaultn/dcase20_task4@e2f61d7 is byte-equal, so no copy of DESED is asked.
ADDRESSES = (
    "https://raw.githubusercontent.com/DCASE-REPO/dcase2018_baseline/{commit}/task4/dataset/{path}",
    "https://cdn.jsdelivr.net/gh/DCASE-REPO/dcase2018_baseline@{commit}/task4/dataset/{path}",
    "https://archive.softwareheritage.org/api/1/content/sha1_git:{blob}/raw/",
)
#: The commits that are pinned: of August 2019 (`5c5a0f6`), and one that has the test list of the first commit, 860943d.
CURRENT = "5c5a0f6aff27280c0b86d73d90a84bacf51adb24"
FIRST = "4cc506d507f7c768d3bc8a3a5f87a65485e37306"


@dataclass(frozen=True)
class OfficialList:
    """A list: its place below the root, its path in the repository and the commit that has it, and its content.

    size: in bytes, None where it is not known. blob: git's name of the content. is_needed: without it no name is known
    to be official; the others are there to be read.
    """

    place: str
    path: str
    md5: str
    size: int | None
    blob: str
    commit: str = CURRENT
    is_needed: bool = True

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses, in the order in which they are tried."""
        return tuple(one.format(commit=self.commit, path=self.path, blob=self.blob) for one in ADDRESSES)

    def is_in(self, root: Path) -> bool:
        """Whether the list lies in `root` with its official content."""
        return (root / self.place).is_file() and md5_of_file(root / self.place) == self.md5


LISTS = (
    OfficialList(
        WEAK,
        WEAK,
        "e67c0829f5cf578545cca6eb44687f4e",
        72_813,
        blob="6df2f319b3ca31ae22be7c3988b9ef5874a22cfb",
    ),
    OfficialList(
        CLEAN,
        CLEAN,
        "88765586917b71a27c83245fb8dd9dfc",
        48_327,
        blob="6092d4a1e3a117c5c1c2dc021f035d3447d6711d",
    ),
    OfficialList(
        ORIGINAL,
        CLEAN,
        "a8bd6cb0a19e61593d68ba3bd51ccf54",
        52_059,
        blob="672ecee3981908b3fe111894bafaaf5229e04d56",
        commit=FIRST,
    ),
    OfficialList(
        REMOVED,
        REMOVED,
        "a38f8c0b5df6d86720de5a199633dba0",
        1_431,
        blob="88bfcb48de9670b6bf30dc7980fbc5f56a25a006",
        is_needed=False,
    ),
    OfficialList(
        EVALUATION,
        EVALUATION,
        "10ebcd24851d3a92fd7a28bccbb27410",
        173_641,
        blob="97f076030524dbfb274d009dbc6d449ed6c3358a",
        is_needed=False,
    ),
)
