"""Kinds of tasks: what scores mean, what a reference holds, and how values of folds become the value of a cell.

Whoever needs to know what a cell is about asks the kind of its metric, never the metric's name. A further kind is one
more object, here or beside the metrics that name it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.errors import InputError
from benchmarks.runs.scores import ScoreKind, Scores

_PLURAL: dict[ScoreKind, str] = {
    "probability": "probabilities",
    "logit": "logits",
    "decision": "decisions",
    "linear": "linear outputs",
    "log_likelihood": "log-likelihoods",
}


@dataclass(frozen=True)
class Kind:
    """What all metrics of one kind of task have in common."""

    name: str
    #: what is judged, in the plural, for messages
    things: str
    #: the kinds of scores that its metrics take, the most usual first
    takes: tuple[ScoreKind, ...]
    #: whether there is a score per frame (with a hop), and not per clip or segment
    per_frame: bool = False
    #: whether scores are of one class at a time
    one_class: bool = False
    #: whether an item may have any number of the classes, so that a test list may have none with some class
    any_number: bool = False
    #: what a reference has beside label, unit and fold
    columns: tuple[str, ...] = ()
    #: whether a value is one statistic of the scores of all folds together, and not the mean of one per fold
    pooled: bool = False
    #: the figures (files of benchmarks/reporting/figures/) that a table has which names none
    figures: tuple[str, ...] = ()

    def check(self, scores: Scores, source: str) -> None:
        """Raise InputError, naming `source`, for scores whose classes or frames cannot be of this kind."""
        if self.one_class and len(scores.classes) != 1:
            named = ", ".join(scores.classes[:3]) + (", ..." if len(scores.classes) > 3 else "")
            raise InputError(
                f"{source}: {len(scores.classes)} classes ({named}), but {self.things} are judged one class at a time; "
                "write one file per class"
            )
        if self.per_frame and scores.hop is None:
            shape, last = " x ".join(map(str, scores.values.shape)), "1" if self.one_class else "classes"
            raise InputError(
                f"{source}: no hop, so its {shape} scores are not per frame; write an npz of items x frames x {last} "
                "scores with `hop`, the seconds from frame to frame"
            )


def in_words(kinds: Sequence[ScoreKind]) -> str:
    """Kinds of scores for a sentence: "probabilities or logits"."""
    return " or ".join(_PLURAL[one] for one in kinds)


ONE_CLASS_PER_CLIP = Kind(
    name="one class per clip",
    things="clips",
    takes=("probability", "logit", "log_likelihood", "decision"),
    figures=("values", "curves", "steps", "confusion"),
)

TAGS_PER_CLIP = Kind(
    name="tags per clip",
    things="clips",
    takes=("probability", "logit"),
    any_number=True,
    figures=("values", "curves"),
)

EVENTS_OF_ONE_CLASS = Kind(
    name="events of one class in frames",
    things="events",
    takes=("probability", "logit"),
    per_frame=True,
    one_class=True,
    columns=("onset", "offset"),
    figures=("errors", "thresholds", "excerpts", "curves", "maps"),
)
