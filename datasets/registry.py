"""The datasets by name; their modules are imported when asked for."""

import importlib
from typing import Any

from datasets.errors import DataError

#: Import path of each dataset's class.
DATASETS: dict[str, str] = {
    "esc50": "datasets.esc50.ESC50",
    "dcase2017_rare": "datasets.dcase2017_rare.DCASE2017Rare",
    "dcase2018_domestic": "datasets.dcase2018_domestic.DCASE2018Domestic",
    "chime_home": "datasets.chime_home.CHiMEHome",
}


def get(name: str) -> Any:
    """The class of a dataset. Raises DataError for a name that is not known."""
    if name not in DATASETS:
        raise DataError(f"unknown dataset {name!r}; known: {', '.join(DATASETS)}")
    module, _, class_name = DATASETS[name].rpartition(".")
    return getattr(importlib.import_module(module), class_name)
