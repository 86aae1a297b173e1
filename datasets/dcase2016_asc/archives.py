"""The files of the two Zenodo records, with names, sizes and md5 as dcase_util lists them (datasets/tut.py)."""

from datasets.acquire.records import Archive
from datasets.dcase2016_asc.layout import DEVELOPMENT, EVALUATION

#: What archives bring, by the part of their name after the record's.
PAPERS, LISTS, FLAWS, SOUND = "doc", "meta", "error", "audio"
#: Addresses of the records, the present form and the old one. (Record 1040168 is the evaluation set of 2017.)
BASES = {
    DEVELOPMENT: ("https://zenodo.org/records/45739/files/", "https://zenodo.org/record/45739/files/"),
    EVALUATION: ("https://zenodo.org/records/165995/files/", "https://zenodo.org/record/165995/files/"),
}
_SMALL = (
    (DEVELOPMENT, PAPERS, 69671, "f94ad46eb36325d9fbce5d60f7fc9926"),
    (DEVELOPMENT, LISTS, 28815, "779b33da2ebbf8bde494b3c981827251"),
    (DEVELOPMENT, FLAWS, 1283, "a0d3e0d81b0a36ece87d0f3a9124a386"),
    (EVALUATION, PAPERS, 69217, "ef315bf912d1124050646888cc3ceba2"),
    (EVALUATION, LISTS, 5962, "0d5c131fc3f50c682de62e0e648aceba"),
)
_LARGE = (
    (DEVELOPMENT, f"{SOUND}.1", 1070981236, "e39546e65f2e72517b6335aaf0c8323d"),
    (DEVELOPMENT, f"{SOUND}.2", 1067186166, "d36cf3253e2c041f68e937a3fe804807"),
    (DEVELOPMENT, f"{SOUND}.3", 1073644405, "0393a9620ab882b1c26d884eccdcffdd"),
    (DEVELOPMENT, f"{SOUND}.4", 1072111347, "fb3e4e0cd7ea82120ec07031dee558ce"),
    (DEVELOPMENT, f"{SOUND}.5", 1069681513, "a19cf600b33c8f88f6ad607bafd74057"),
    (DEVELOPMENT, f"{SOUND}.6", 1072890150, "591aad3219d1155342572cc1f6af5680"),
    (DEVELOPMENT, f"{SOUND}.7", 1069265197, "9e6c1897789e6bce13ac69c6caedb7ab"),
    (DEVELOPMENT, f"{SOUND}.8", 528461098, "c4718354f48fcc9dfc7305f6cd8325c8"),
    (EVALUATION, f"{SOUND}.1", 1067685684, "7c6c2e54b8a9c4c37a803b81446d16fe"),
    (EVALUATION, f"{SOUND}.2", 1068308900, "7930f1dc26707ab3ba9526073af87333"),
    (EVALUATION, f"{SOUND}.3", 538894804, "17187d633d6402aee4b481122a1b28f0"),
)
#: In the order in which they are fetched: what is small, and tells on which terms the rest is had, comes first.
ARCHIVES = tuple(
    Archive(
        f"{folder}.{part}.zip",
        size,
        md5,
        folder,
        tuple(f"{base}{folder}.{part}.zip" for base in BASES[folder]),
        is_text=part in (PAPERS, FLAWS),
    )
    for folder, part, size, md5 in (*_SMALL, *_LARGE)
)


def part_of(archive: Archive) -> str:
    """What an archive brings: PAPERS, LISTS, FLAWS or SOUND."""
    return archive.name.removeprefix(f"{archive.folder}.").split(".")[0]
