"""Figures of tables of whole clips: values by fold, confusions, what networks show of the steps of a clip."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.metrics.accuracy import confusion_matrix
from benchmarks.reporting import wording
from benchmarks.reporting.drawing import style as drawing
from benchmarks.reporting.drawing.figure import Figure, published_label, stored_probes
from benchmarks.reporting.sections.classes import is_of_tags
from benchmarks.runs.build import import_class
from benchmarks.runs.files import canonical_hash, read_json, write_json
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import reference

#: Metrics of tasks with one class per clip, whose decisions can be counted in a confusion matrix.
ONE_CLASS_PER_CLIP = ("accuracy_clip_mean_probability", "accuracy_clip_decision")
#: Up to so many rows a table is drawn as bars, above as dots; one of tagging always.
MOST_BARS = 6


@dataclass(frozen=True)
class Confusion:
    """Clip decisions of one seed, pooled over folds."""

    counts: np.ndarray
    classes: tuple[str, ...]
    seed: int

    @property
    def recall(self) -> np.ndarray:
        """Share of each class that was found: (classes,)."""
        return np.diag(self.counts) / np.maximum(self.counts.sum(axis=1), 1)

    def worst(self, most: int = 8) -> list[tuple[int, str, str, int]]:
        """The most frequent confusions: (count, true, decided, clips of the true class)."""
        wrong = self.counts - np.diag(np.diag(self.counts))
        totals = self.counts.sum(axis=1)
        pairs = [
            (int(wrong[i, j]), self.classes[i], self.classes[j], int(totals[i]))
            for i, j in zip(*np.nonzero(wrong), strict=True)
        ]
        return sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:most]


def headline(results: Sequence[CellResult]) -> CellResult | None:
    """The row of a column whose confusions are shown: of those that ran, the one that the paper praises most."""
    of_clips = [one for one in results if one.cell.metric in ONE_CLASS_PER_CLIP and not one.cell.parts]
    able = [one for one in of_clips if one.cell.published is not None]
    return max(able, key=lambda one: one.cell.published or 0.0) if able else None


def confusion(result: TableResult, one: CellResult, cache: Path) -> Confusion:
    """The confusions of the first complete seed of a cell, kept by the checksums of its scores."""
    import pandas as pd

    evidence, cell = one.evidence, one.cell
    assert evidence is not None
    seed = evidence.complete_seeds[0]
    of_seed = [scored for scored in evidence.scored if scored.seed == seed]
    paths = [scored.finished.scores_path(cell.test_set) for scored in of_seed]
    digests = [scored.finished.result["files"][path.name] for scored, path in zip(of_seed, paths, strict=True)]
    asked = [result.paper.id, cell.dataset, cell.items, digests]
    kept = cache / "confusions" / f"{canonical_hash(asked, 20)}.json"
    if not kept.exists():
        items = [list(scored.value.items) for scored in of_seed]
        scores = [Scores.load(path).select(chosen) for path, chosen in zip(paths, items, strict=True)]
        counts = confusion_matrix(scores, pd.concat([scored.truth for scored in of_seed]))
        write_json(kept, {"counts": counts.tolist(), "classes": scores[0].classes})
    content = read_json(kept)
    return Confusion(np.array(content["counts"]), tuple(content["classes"]), seed)


def chart(result: TableResult, variant: Variant, done: Sequence[CellResult]) -> Figure:
    """The values of a table, a panel per column; beside published ones only where the files are the real ones."""
    paper = published_label(variant)
    columns = {
        described.label: [_mark(one, bool(paper)) for one in done if one.cell.column == column]
        for column, described in result.table.columns.items()
    }
    panels = {label: marks for label, marks in columns.items() if marks}
    unit = done[0].cell.unit
    kind, draw = ("bars", drawing.draw_bars)
    if max(map(len, panels.values())) > MOST_BARS or is_of_tags(done[0].cell):  # areas begin at 50, not at nothing
        kind, draw = ("dots", drawing.draw_dots)
    each = "each seed" if all(one.evidence and len(one.evidence.folds) == 1 for one in done) else "each fold"
    plain = {label: [vars(mark) for mark in marks] for label, marks in panels.items()}
    return Figure(
        f"{kind}_{result.table_id}_{variant.name}",
        f"{result.table.title}; {wording.conditions(variant)}",
        [unit, paper, each, plain],
        lambda: draw(panels, unit, paper, each),
    )


def _mark(one: CellResult, with_published: bool) -> drawing.Mark:
    assert one.evidence is not None and one.mean is not None
    by_fold, by_seed = one.evidence.fold_values, one.evidence.seed_values
    values = tuple((by_fold if len(by_fold) > 1 else by_seed).values())
    return drawing.Mark(one.cell.label, one.mean, values, one.cell.target if with_published else None)


def step_figures(result: TableResult, variant: Variant, done: Sequence[CellResult]) -> Iterator[Figure]:
    """What networks were asked to show, where it is one number per step: for the clips of one fold."""
    for one in done:
        cell = one.cell
        assert one.evidence is not None and cell.setting is not None and cell.dataset is not None
        setting, run = result.paper.settings[cell.setting], one.evidence.scored[0].finished
        shown = stored_probes(run.folder / "probes.npz")
        for name in [name for name in setting.probes if name in shown and shown[name].ndim == 2]:
            truth = reference(result.paper, cell.dataset, [str(item) for item in shown["items"]])
            labels = [label.replace("_", " ") for label in truth["label"]]
            values = shown[name].astype(np.float64)
            place = f"{result.paper.datasets[cell.dataset].title}, fold {run.run.fold}, seed {run.run.seed}"
            title = f"{setting.title}: {place}"
            yield Figure(
                f"{name}_{cell.setting}_{cell.dataset}_{variant.name}",
                f"{name.capitalize()} over the steps of a clip's first segment, one clip per class; {title}, "
                f"{wording.conditions(variant)}",
                [title, labels, values.round(6).tolist()],
                partial(drawing.draw_steps, values, labels, title, name),
            )


def confusion_figure(result: TableResult, variant: Variant, one: CellResult, cache: Path) -> Figure:
    """The confusions of a cell's first complete seed."""
    assert one.cell.dataset is not None and one.cell.setting is not None
    use = result.paper.datasets[one.cell.dataset]
    found = confusion(result, one, cache)
    all_groups = getattr(import_class(use.class_path), "groups", {})
    sizes = {name: sum(label in found.classes for label in members) for name, members in all_groups.items()}
    groups = sizes if len(found.classes) > 15 else {}
    title = f"{use.title}: {result.paper.settings[one.cell.setting].title}, {wording.conditions(variant)}"
    data = {"title": title, "counts": found.counts.tolist(), "classes": found.classes, "groups": groups}
    return Figure(
        f"confusion_{one.cell.setting}_{one.cell.dataset}_{variant.name}",
        f"Clip decisions, seed {found.seed}, all folds; {title}",
        data,
        lambda: drawing.draw_confusion(found.counts, found.classes, groups, title),
    )
