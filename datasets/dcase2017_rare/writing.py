"""Writes the official lists around sounds that are there: what miniature and stand-in share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from datasets.dcase2017_rare.layout import EVALUATION, Layout
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.sources import Background, Event


def make_folders(root: Path) -> Layout:
    """The empty folders of both records below `root`."""
    layout = Layout(root)
    for subset in ("devtrain", "evaltest"):
        source, data = layout.source_data(subset), layout.data(subset)
        events = [source / "events" / label for label in CLASSES]
        synthesizer = layout.params_file(subset).parent
        for folder in (source / "bgs" / "audio", source / "cv_setup", data / "mixture_data", synthesizer, *events):
            folder.mkdir(parents=True)
    return layout


def write_lists(
    layout: Layout, subset: str, backgrounds: Sequence[Background], events: Mapping[str, Sequence[Event]]
) -> None:
    """The two lists of `cv_setup`."""
    scenes = sorted({background.classname for background in backgrounds})
    listed_backgrounds = [
        {"classid": scenes.index(one.classname), "classname": one.classname, "filepath": one.filepath}
        for one in backgrounds
    ]
    listed_events = {
        label: [{"audio_filename": one.audio_filename, "segment": list(one.segment)} for one in events[label]]
        for label in CLASSES
    }
    for path, content in zip(layout.lists(subset), (listed_backgrounds, listed_events), strict=True):
        path.write_text(yaml.safe_dump(content, default_flow_style=False))


def write_event_notes(path: Path, segments: Sequence[tuple[float, float]], **notes: Any) -> None:
    """The yaml beside an event's original: where it sounds, and what is known of it."""
    content = {"valid_segments": [list(segment) for segment in segments], **notes}
    path.write_text(yaml.safe_dump(content, default_flow_style=False))


def write_screening(layout: Layout, backgrounds: Sequence[Background], flagged: Mapping[str, Sequence[str]]) -> None:
    """`bg_screening.csv` (flagged: class -> filepaths in which it is heard) and an empty `error.txt`."""
    folder = layout.source_data("devtrain") / "bgs"
    rows = [["file", *CLASSES]]
    for one in backgrounds:
        rows.append(
            [one.filepath.removeprefix("audio/"), *("x" if one.filepath in flagged[c] else "" for c in CLASSES)]
        )
    (folder / "bg_screening.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    (folder / "error.txt").write_text("")


def write_params(layout: Layout, subset: str, params: MixingParams) -> None:
    """The parameter file of a subset, with the comment that the official ones have."""
    lines = (
        f"event_presence_prob: {params.event_presence_prob}",
        f"mixtures_per_class: {params.mixtures_per_class}",
        "ebrs:  # event-to-background ratios, dB",
        *(f"- {ebr}" for ebr in params.ebrs),
        f"seed: {params.seed}",
    )
    layout.params_file(subset).write_text("\n".join(lines) + "\n")


def write_documents(layout: Layout, licence: str, credit: str) -> None:
    """Licence and credits, in the places where the official set has its own."""
    for subset in ("devtrain", "evaltest"):
        (layout.record(subset) / "README.md").write_text(licence)
        (layout.data(subset) / "mixture_data" / "EULA.pdf").write_text(licence)
    (layout.source_data("devtrain") / "bgs" / "EULA.pdf").write_text(licence)
    (layout.root / EVALUATION / "LICENSE.txt").write_text(licence)
    (layout.root / EVALUATION / "FREESOUNDCREDITS.txt").write_text(credit)
