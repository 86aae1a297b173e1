"""The official lists: where they are to be had, and the md5 of each."""

from dataclasses import dataclass
from pathlib import Path

from datasets.acquire.hashes import md5_of_file
from datasets.dcase2018_domestic.layout import CLEAN, EVALUATION, ORIGINAL, REMOVED, WEAK

#: Where the files of the official repository are served from, by commit.
BASE = "https://raw.githubusercontent.com/DCASE-REPO/dcase2018_baseline"
#: The commits that are pinned. `current` (August 2019) is known here by its first digits only, which the server may
#: refuse; so the branch follows, and for lists that had their content before, an older commit comes first. `original`
#: holds the test list of the first commit, 860943d. Whatever answers, the md5 below decides.
COMMITS = {
    "current": "5c5a0f6",
    "corrected": "c46f560d94c59736b892936f91b378e33bcd9524",
    "original": "4cc506d507f7c768d3bc8a3a5f87a65485e37306",
    "branch": "master",
}


@dataclass(frozen=True)
class OfficialList:
    """A list: its place below the root, its path in the repository, its md5, and the commits that have it."""

    place: str
    path: str
    md5: str
    commits: tuple[str, ...] = ("current", "branch")

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses, in the order in which they are tried."""
        return tuple(f"{BASE}/{COMMITS[one]}/task4/dataset/{self.path}" for one in self.commits)

    def is_in(self, root: Path) -> bool:
        """Whether the list lies in `root` with its official content."""
        return (root / self.place).is_file() and md5_of_file(root / self.place) == self.md5


LISTS = (
    OfficialList(WEAK, WEAK, "e67c0829f5cf578545cca6eb44687f4e", ("corrected", "current", "branch")),
    OfficialList(CLEAN, CLEAN, "88765586917b71a27c83245fb8dd9dfc"),
    OfficialList(REMOVED, REMOVED, "a38f8c0b5df6d86720de5a199633dba0", ("corrected", "current", "branch")),
    OfficialList(EVALUATION, EVALUATION, "10ebcd24851d3a92fd7a28bccbb27410"),
    OfficialList(ORIGINAL, CLEAN, "a8bd6cb0a19e61593d68ba3bd51ccf54", ("original",)),
)
