"""What the official lists and annotations are known by, whatever their line ends: the md5 of what they say.

Computed from a public copy of the archive's lists and annotations, whose votes and refined lists come out of the
annotators' letters without an error; the archive itself was not at hand.
"""

import hashlib
from collections.abc import Iterable, Mapping

from datasets.chime_home.annotations import Annotation
from datasets.chime_home.layout import CROSSVALIDATION, DEVELOPMENT, DEVELOPMENT_RAW, EVALUATION, EVALUATION_RAW

#: Of the chunks of each list and their sets, see digest_of_list.
LISTS_MD5 = {
    DEVELOPMENT_RAW: "b1e258d92684376322f7a86d0ff3dc45",
    DEVELOPMENT: "26aa5026398f9ed38e037b8abddd018f",
    CROSSVALIDATION: "3f2d88bbef4a926e2d8535ec2feb02fa",
    EVALUATION_RAW: "9b675fcf95be38bae6efe49b1fefc67e",
    EVALUATION: "3511a0f75104643e22d7d9da771c16db",
}
#: Of the annotations of all 2762 chunks of the refined lists, see digest_of_annotations.
ANNOTATIONS_MD5 = "e1c37d9c055b59d7aa3fe5f71e8f3c0d"


def digest_of_list(sets: Mapping[str, int]) -> str:
    """The md5 of a list's chunks with their sets (0 in a list without), in its order."""
    return _md5(f"{chunk},{one}\n" for chunk, one in sets.items())


def digest_of_annotations(annotations: Iterable[Annotation]) -> str:
    """The md5 of what annotators heard and voted, in the order of the chunks' names."""
    by_name = sorted(annotations, key=lambda one: one.chunk)
    return _md5(f"{one.chunk},{','.join(one.annotators)},{one.majority}\n" for one in by_name)


def _md5(lines: Iterable[str]) -> str:
    return hashlib.md5("".join(lines).encode(), usedforsecurity=False).hexdigest()
