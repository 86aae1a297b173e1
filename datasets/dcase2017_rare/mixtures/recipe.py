"""One recipe: what a mixture is made of."""

from dataclasses import dataclass, replace
from typing import Any

from datasets.dcase2017_rare.mixtures import yaml_style


@dataclass(frozen=True)
class Recipe:
    """One mixture. The fields are the official ones: times in seconds, `ebr` in dB (-inf without an event)."""

    bg_path: str
    bg_classname: str
    ebr: float
    mixture_audio_filename: str
    event_path: str | None = None
    event_class: str | None = None
    event_start_in_mixture_seconds: float | None = None
    event_length_seconds: float | None = None
    scaling_factor: float | None = None
    segment_start_seconds: float | None = None
    segment_end_seconds: float | None = None

    @property
    def name(self) -> str:
        """The official name of the mixture's audio file."""
        return self.mixture_audio_filename

    @property
    def event_present(self) -> bool:
        """Whether the mixture has an event."""
        return self.event_path is not None

    @property
    def onset(self) -> float | None:
        """When the event begins in the mixture."""
        return self.event_start_in_mixture_seconds

    @property
    def offset(self) -> float | None:
        """When the event ends in the mixture."""
        if self.event_start_in_mixture_seconds is None or self.event_length_seconds is None:
            return None
        return self.event_start_in_mixture_seconds + self.event_length_seconds

    @property
    def segment(self) -> tuple[float, float] | None:
        """Where the event lies in its original."""
        if self.segment_start_seconds is None or self.segment_end_seconds is None:
            return None
        return self.segment_start_seconds, self.segment_end_seconds

    @property
    def annotation_string(self) -> str:
        """The mixture's line in the event list."""
        if not self.event_present:
            return self.name
        return f"{self.name}\t{self.onset}\t{self.offset}\t{self.event_class}"

    def ingredients(self) -> dict[str, Any]:
        """The fields that the hash in the name is made of: all but the name and what follows from it."""
        given = {key: value for key, value in vars(self).items() if value is not None}
        del given["mixture_audio_filename"]
        return {**given, "event_present": self.event_present}

    def named(self, subset: str, label: str, number: int) -> "Recipe":
        """The same recipe under the name that its ingredients and number give it."""
        name = f"mixture_{subset}_{label}_{number:03d}_{yaml_style.digest(self.ingredients())}.wav"
        return replace(self, mixture_audio_filename=name)
