"""The official names of mixtures."""

import re
from dataclasses import dataclass

from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS
from datasets.errors import DataError

_FORM = re.compile(rf"mixture_({'|'.join(SUBSETS)})_({'|'.join(CLASSES)})_(\d{{3,}})_([0-9a-f]{{32}})\.wav")


@dataclass(frozen=True)
class MixtureName:
    """The parts of `mixture_<subset>_<class>_<number>_<md5>.wav`."""

    subset: str
    label: str
    number: int
    md5: str

    @classmethod
    def parse(cls, name: str) -> "MixtureName":
        """Take an official name apart. Raises DataError for another form."""
        match = _FORM.fullmatch(name)
        if match is None:
            raise DataError(f"{name!r} is no mixture's name; expected mixture_<subset>_<class>_NNN_<md5>.wav")
        return cls(match[1], match[2], int(match[3]), match[4])
