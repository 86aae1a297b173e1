"""Where things lie in the two official folders, and how a miniature or a stand-in says what it holds instead."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS, MixingParams
from datasets.dcase2017_rare.synthesis import event_list_path, recipe_path, subset_folder
from datasets.errors import DataError
from datasets.generated import DECLARATIONS, Declared, read_declaration

DEVELOPMENT = "TUT-rare-sound-events-2017-development"
EVALUATION = "TUT-rare-sound-events-2017-evaluation"
#: The subsets of each record.
RECORDS = {DEVELOPMENT: ("devtrain", "devtest"), EVALUATION: ("evaltest",)}
SYNTHESIZER = "TUT_Rare_sound_events_mixture_synthesizer"
#: The parameter file of each subset, in the synthesizer's folder.
PARAMS_FILES = {
    "devtrain": "mixing_params.yaml",
    "devtest": "mixing_params_devtest_dcase_fixed.yaml",
    "evaltest": "mixing_params_evaltest.yaml",
}
OFFICIAL_PARAMS = {"devtrain": MixingParams(), "devtest": MixingParams(), "evaltest": MixingParams(seed=13)}


@dataclass(frozen=True)
class Expected:
    """How many backgrounds, events and ready-made mixtures there should be.

    events: by subset and class. `optional` names the subsets whose lists may be absent: of the evaluation record the
    ready-made mixtures are fetched, and an archive of the 83 recordings with their source events; its lists and its
    backgrounds (of TUT Acoustic Scenes 2016, evaluation: Zenodo record 165995; record 1040168, which the README cites,
    is that of 2017) are in archives whose md5 nobody recorded (archives.py).
    """

    backgrounds: dict[str, int]
    events: dict[str, dict[str, int]]
    mixtures: dict[str, int] = field(default_factory=dict)
    background_seconds: float = 30.0
    optional: tuple[str, ...] = ()


#: From the READMEs of the records; the evaluation README does not say how many backgrounds there are.
OFFICIAL = Expected(
    backgrounds={"devtrain": 844, "devtest": 277},
    events={
        "devtrain": dict(zip(CLASSES, (106, 96, 134), strict=True)),
        "devtest": dict(zip(CLASSES, (42, 43, 53), strict=True)),
        "evaltest": dict(zip(CLASSES, (61, 58, 76), strict=True)),
    },
    mixtures={"evaltest": 1500},
    optional=("evaltest",),
)


@dataclass(frozen=True)
class Layout:
    """The files of a dataset's root."""

    root: Path

    def record(self, subset: str) -> Path:
        """The official folder that a subset belongs to. Raises DataError for an unknown subset."""
        if subset not in SUBSETS:
            raise DataError(f"unknown subset {subset!r} of dcase2017_rare; known: {', '.join(SUBSETS)}")
        return self.root / next(record for record, subsets in RECORDS.items() if subset in subsets)

    def data(self, subset: str) -> Path:
        """The `data` folder of a subset's record."""
        return self.record(subset) / "data"

    def source_data(self, subset: str) -> Path:
        """The folder of a subset's sources."""
        return self.data(subset) / "source_data"

    def lists(self, subset: str) -> tuple[Path, Path]:
        """The lists of a subset's backgrounds and events."""
        setup = self.source_data(subset) / "cv_setup"
        return setup / f"bgs_{subset}.yaml", setup / f"events_{subset}.yaml"

    def params_file(self, subset: str) -> Path:
        """The parameter file of a subset."""
        return self.record(subset) / SYNTHESIZER / PARAMS_FILES[subset]

    def params(self, subset: str) -> MixingParams:
        """The mixing parameters of a subset: of its file, where that is there, else the official ones."""
        path = self.params_file(subset)
        return MixingParams.read(path) if path.is_file() else OFFICIAL_PARAMS[subset]

    def mixtures(self, subset: str) -> Path:
        """The folder of a subset's published mixtures."""
        return subset_folder(self.data(subset), subset, self.params(subset))

    def recipes(self, subset: str, label: str) -> Path:
        """The published recipes of a class."""
        return recipe_path(self.mixtures(subset), subset, label)

    def event_list(self, subset: str, label: str) -> Path:
        """The published event list of a class."""
        return event_list_path(self.mixtures(subset), subset, label)

    def ready_audio(self, subset: str) -> list[Path]:
        """The published audio of a subset."""
        return sorted(path for path in (self.mixtures(subset) / "audio").glob("mixture_*.wav*"))

    def documents(self) -> list[Path]:
        """Licences, credits and declarations."""
        names = ("README*", "LICENSE*", "*CREDITS*", "EULA*", *DECLARATIONS)
        folders = (self.root, self.root / DEVELOPMENT, self.root / EVALUATION)
        return sorted({path for folder in folders for name in names for path in folder.glob(name) if path.is_file()})

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What `miniature.json` or `standin.json` says; nothing for the real set. Raises DataError for a bad one."""
        return read_declaration(self.root, "dcase2017_rare", _checked)

    @property
    def corpus(self) -> str:
        """Which corpus lies here: real, miniature or standin."""
        return str(self.declared.get("corpus", "real"))

    @property
    def expected(self) -> Expected:
        """What should be here: the official counts, or those that a generated corpus declares."""
        return Expected(**self.declared["expected"]) if self.declared else OFFICIAL


def _checked(declared: Declared) -> Declared:
    expected = Expected(**declared["expected"])
    for counts in (expected.backgrounds, expected.mixtures, *(expected.events[subset] for subset in SUBSETS)):
        sum(int(count) for count in counts.values())
    float(expected.background_seconds)
    return declared
