"""Where the files of MAESTRO Real are to be had, and the md5 that each is known by.

The archives of the two records with the md5 that soundata has of them (their sizes are not told), the record's papers,
and the lists of the official baseline's repository at the commit that first had them; none has changed since.
"""

from dataclasses import dataclass
from pathlib import Path

from datasets.acquire.checksums import official_tokens, token
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.records import Archive
from datasets.maestro_real.layout import ANNOTATION, DEVELOPMENT, DURATIONS, EVALUATION, FOLD_LISTS, HARD

#: Addresses of the records' files, the present form and the old one.
BASES = {
    DEVELOPMENT: ("https://zenodo.org/records/7244360/files/", "https://zenodo.org/record/7244360/files/"),
    EVALUATION: ("https://zenodo.org/records/7870026/files/", "https://zenodo.org/record/7870026/files/"),
}
#: What tells about the data; nobody has recorded their md5.
PAPERS = ("README.md", "LICENSE.txt")
#: Tokens of the official files by their paths (datasets.acquire.checksums): 75 recordings and 49 label files.
CHECKSUMS = Path(__file__).with_name("checksums") / "records.txt"
#: Where the repository's files are served: by its host in two ways, by a mirror of it, and by an archive of public code
#: under the name that git gives to a content. Whatever answers, the md5 decides.
ADDRESSES = (
    "https://raw.githubusercontent.com/marmoi/dcase2023_task4b_baseline/{commit}/{path}",
    "https://github.com/marmoi/dcase2023_task4b_baseline/raw/{commit}/{path}",
    "https://cdn.jsdelivr.net/gh/marmoi/dcase2023_task4b_baseline@{commit}/{path}",
    "https://archive.softwareheritage.org/api/1/content/sha1_git:{blob}/raw/",
)
COMMIT = "2812b195fdba35b4dc057bd9babbb71fa9f5d2ac"
_MD5 = {
    DEVELOPMENT: "3de7cb4f92a115a6f5cc077a41ca07b3",
    ANNOTATION: "e6a3f84f8020725d559b38ccb494ef3d",
    EVALUATION: "f18a036f5d8d3b5d4e810cae75da308e",
}
#: The small one first. The evaluation audio has no public labels, and is fetched for who asks.
ARCHIVES = tuple(
    Archive(
        f"{folder}.zip",
        None,
        _MD5[folder],
        folder,
        tuple(f"{base}{folder}.zip" for base in BASES[EVALUATION if folder == EVALUATION else DEVELOPMENT]),
    )
    for folder in (ANNOTATION, DEVELOPMENT, EVALUATION)
)


@dataclass(frozen=True)
class OfficialList:
    """A list: its place below the root, which is its path in the repository, and its content.

    size: in bytes. blob: git's name of the content.
    """

    place: str
    size: int
    md5: str
    blob: str

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses, in the order in which they are tried."""
        return tuple(one.format(commit=COMMIT, path=self.place, blob=self.blob) for one in ADDRESSES)

    def is_in(self, root: Path) -> bool:
        """Whether the list lies in `root` with its official content."""
        return (root / self.place).is_file() and md5_of_file(root / self.place) == self.md5


LISTS = tuple(
    OfficialList(*one)
    for one in (
        (DURATIONS, 1801, "253a7f5e2db3b01f7025dff43ca5015c", "228e51ee8e0360ec7eae2bd759d8df0df2f3d812"),
        (
            f"{FOLD_LISTS}/fold1_train.csv",
            857,
            "5dae6693031cd7ea32fa5add8b38d4f5",
            "1c0b10e873556728f0d505decd23c7668394fd68",
        ),
        (
            f"{FOLD_LISTS}/fold1_val.csv",
            387,
            "80afe8cdabcb8993483600b6cd132307",
            "c570666da2437ddbf6994a7b0937584f33281030",
        ),
        (
            f"{FOLD_LISTS}/fold1_test.csv",
            368,
            "5f99e5193c39b01e49d5fb4f041346f2",
            "6f9ad183ad9d49893d70da04b2e35239f012bb14",
        ),
        (
            f"{FOLD_LISTS}/fold2_train.csv",
            894,
            "b745d196059848f247c1fdc692dfade4",
            "b7710051150d108e9710482e016336e390975079",
        ),
        (
            f"{FOLD_LISTS}/fold2_val.csv",
            387,
            "f8fe10509190b9d3f06ce07e32f2548b",
            "622a0e97b62ad851ac630533c3b70464f72c96f2",
        ),
        (
            f"{FOLD_LISTS}/fold2_test.csv",
            331,
            "fcbd14625a5f4b9d0977ae98efeadc93",
            "ad5017df239e6725ca0edd6c8b67fde2cc7b4b53",
        ),
        (
            f"{FOLD_LISTS}/fold3_train.csv",
            898,
            "e0f7eaed6e3cea9f6cefafb7e26c3707",
            "5190b64a3aea9343b40f6138575303bd1e7c090a",
        ),
        (
            f"{FOLD_LISTS}/fold3_val.csv",
            383,
            "5f6afbe2f07dff477e772a48681022ef",
            "f7901f7aac7e2fce6cf4fc2bde9bac307421caf3",
        ),
        (
            f"{FOLD_LISTS}/fold3_test.csv",
            331,
            "6d7190bf5c38d0fa406eb0b8ef0353a1",
            "0f9ef762f161a119108ab8276d44ee2735efc399",
        ),
        (
            f"{FOLD_LISTS}/fold4_train.csv",
            880,
            "acf9211e46abff6e83e25cf4d9722dc5",
            "eaed22e7164c8aef07573fb2f4a9f08d9426c868",
        ),
        (
            f"{FOLD_LISTS}/fold4_val.csv",
            401,
            "25d71d99c1a8a46ace1098ebe0cd7c51",
            "695438afaf36c7b90cbae22253a02ad88e9c052e",
        ),
        (
            f"{FOLD_LISTS}/fold4_test.csv",
            331,
            "a40d183eaafabeb248f2c46d30abe324",
            "d86948b730fa017e228e684f4ad35518bacc98ea",
        ),
        (
            f"{FOLD_LISTS}/fold5_train.csv",
            917,
            "7d8cb0788ec887c9fbf89df7da7ebb61",
            "3b73d83a17e1ee8628935aa0109c831422677d3f",
        ),
        (
            f"{FOLD_LISTS}/fold5_val.csv",
            426,
            "5ec65201c6f0ca04ed2a4e12444fc85b",
            "533d69247751f47d721409fa6ce9a3ce5c25a04b",
        ),
        (
            f"{FOLD_LISTS}/fold5_test.csv",
            269,
            "454f0644dfcbd57700fc535219552a68",
            "92aeb7f1df4ac0c59d497274b4524c6493e06c9a",
        ),
        (HARD, 627635, "139b7651bf44d6b93f6160f1e7063ae3", "04e3c6e6b8165f46d8794517ee81087de71889cc"),
    )
)


def is_official(place: str, md5: str) -> bool:
    """Whether a file has the content of the official one of its place below the root."""
    if any(one.place == place for one in LISTS):
        return any((one.place, one.md5) == (place, md5) for one in LISTS)
    return token(place, md5) in official_tokens(CHECKSUMS)
