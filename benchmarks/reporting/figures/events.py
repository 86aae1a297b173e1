"""Figures of tables of sound events: error rates, thresholds, and what networks attend to in a clip."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.judge.evidence import Scored
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.metrics.decisions import Rule
from benchmarks.metrics.events import threshold_curve
from benchmarks.reporting import wording
from benchmarks.reporting.drawing import events as drawing_events
from benchmarks.reporting.drawing import maps as drawing_maps
from benchmarks.reporting.drawing import style as drawing
from benchmarks.reporting.drawing.figure import Figure, published_label
from benchmarks.reporting.probes.event import EventProbe, event_probe
from benchmarks.runs.files import canonical_hash, read_json, write_json
from benchmarks.runs.scores import Scores
from benchmarks.runs.truth import listed
from benchmarks.spec import Cell

#: Where error rate and F1 are computed for the curves.
THRESHOLDS = np.arange(1, 100) / 100
#: What stands around an event in the excerpts, in seconds.
AROUND = 0.5


@dataclass(frozen=True)
class Judging:
    """How a cell judges events: the collar of onsets in milliseconds, and the rule that makes frames active."""

    collar_ms: int
    rule: Rule


def judging(cell: Cell) -> Judging | None:
    """How the cell's error rate is computed; None where it is not an error rate of events."""
    found = re.fullmatch(r"event_er_onset_([1-9]\d*)ms_(.+)", cell.metric or "")
    rule = Rule.named(found[2]) if found else None
    return Judging(int(found[1]), rule) if found and rule else None


def is_of_events(cell: Cell) -> bool:
    """Whether the cell is about events, by its metric."""
    return (cell.metric or "").startswith("event_")


def error_rate_chart(result: TableResult, variant: Variant, done: Sequence[CellResult]) -> Figure:
    """The error rates of a table: a panel per class, and in it a bar per row and side (development, evaluation)."""
    panels: dict[str, dict[str, list[drawing.Mark]]] = {}
    paper = published_label(variant)
    for one in done:
        if judging(one.cell.sources[0]) and one.mean is not None and one.evidence is not None:
            side, panel = _place(result.table.columns[one.cell.column].label)
            seeds = tuple(one.evidence.seed_values.values())
            mark = drawing.Mark(one.cell.label, one.mean, seeds, one.cell.target if paper else None)
            panels.setdefault(panel, {}).setdefault(side, []).append(mark)
    plain = {panel: {side: [vars(mark) for mark in marks] for side, marks in sides.items()}
             for panel, sides in panels.items()}  # fmt: skip
    return Figure(
        f"errors_{result.table_id}_{variant.name}",
        f"Error rates (lower is better), mean and each seed; {result.table.title}; {wording.conditions(variant)}",
        [paper, plain],
        lambda: drawing_events.draw_error_rates(panels, paper),
    )


def threshold_figures(
    result: TableResult, variant: Variant, done: Sequence[CellResult], cache: Path
) -> Iterator[Figure]:
    """Error rate and F1 against the threshold: a figure per test set, in it a panel per class, in it a line per row."""
    by_set: dict[str, dict[str, list[drawing_events.Line]]] = {}
    for one in done:
        if (how := judging(one.cell)) and not one.cell.parts:
            panel = result.table.columns[one.cell.column].label.rpartition(", ")[0]
            line = _line(one, how, cache)
            by_set.setdefault(one.cell.test_set, {}).setdefault(panel, []).append(line)
    for test_set, panels in by_set.items():
        plain = {panel: [_plain(line) for line in lines] for panel, lines in panels.items()}
        yield Figure(
            f"thresholds_{result.table_id}_{test_set}_{variant.name}",
            f"Error rate and F1 against the threshold on {test_set}: mean and range over seeds; the mark is the "
            f"threshold of the row, the vertical line stands at 0.5; {wording.conditions(variant)}",
            plain,
            partial(drawing_events.draw_thresholds, panels, THRESHOLDS),
        )


def _line(one: CellResult, how: Judging, cache: Path) -> drawing_events.Line:
    """The curves of a cell, (seeds, thresholds); of each seed the mean over folds."""
    assert one.evidence is not None
    by_seed = []
    for seed in one.evidence.complete_seeds:
        runs = [scored for scored in one.evidence.scored if scored.seed == seed]
        by_seed.append(np.mean([_curve(scored, one.cell, how, cache) for scored in runs], axis=0))
    error_rate, f1 = np.stack(by_seed, axis=1)
    return drawing_events.Line(one.cell.label, how.rule.threshold, error_rate, f1)


def _curve(scored: Scored, cell: Cell, how: Judging, cache: Path) -> np.ndarray:
    """Error rate and F1 of a run at all thresholds (2, thresholds), kept by the checksums of scores and reference."""
    run, files = scored.finished, scored.finished.result["files"]
    digests = [
        files.get(f"{kind}_{cell.test_set}.{ending}") for kind, ending in (("scores", "npz"), ("reference", "csv"))
    ]
    asked = [*digests, cell.items, how.rule.median_ms, how.collar_ms, THRESHOLDS.tolist()]
    kept = cache / "thresholds" / f"{canonical_hash(asked, 20)}.json"
    if not kept.exists():
        scores = Scores.load(run.scores_path(cell.test_set))
        truth = listed(scored.truth, cell.items, run)
        found = threshold_curve(
            scores.select(list(truth.index.unique())), truth, THRESHOLDS, how.rule.median_ms, how.collar_ms / 1000
        )
        write_json(kept, {"error_rate": found.error_rate.tolist(), "f1": found.f1.tolist()})
    content = read_json(kept)
    return np.array([content["error_rate"], content["f1"]])


def map_figures(result: TableResult, variant: Variant, done: Sequence[CellResult]) -> Iterator[Figure]:
    """Fig. 4 of the MTFA paper for one run of each setting that keeps probes: input, masks, frame probabilities."""
    for one in {one.cell.setting: one for one in reversed(done)}.values():
        probe = _probe(result, variant, one, done)
        if probe is None:
            continue
        run = probe.run
        use, setting = result.paper.datasets[run.dataset], result.paper.settings[run.setting]
        title = f"{setting.title}: {use.title}, seed {run.seed}"
        threshold = next((how.rule.threshold for each in done if each.cell.setting == run.setting
                          and (how := judging(each.cell))), 0.5)  # fmt: skip
        masks = ", masks (mean over channels, each from white, its least value, to black)" if probe.masks else ""
        yield Figure(
            f"maps_{run.setting}_{run.dataset}_{variant.name}",
            f"{title}, {wording.conditions(variant)}: input (log mel, standardised by band){masks} and probability of "
            f"the event in {probe.item}; green: the event; pink, dashed: the loudest second elsewhere, found in the "
            "input and not by ear",
            [title, threshold, probe.digest, probe.item, probe.event, probe.competing],
            partial(drawing_maps.draw_maps, probe, threshold, title),
        )


def excerpt_figures(result: TableResult, variant: Variant, done: Sequence[CellResult]) -> Iterator[Figure]:
    """Fig. 1 of the MTFA paper: an event of each class, as the network of the paper's best row gets it."""
    for row in sorted({one.cell.row: None for one in done}, key=partial(_published_mean, done)):
        of_row = [one for one in done if one.cell.row == row and one.cell.dataset is not None]
        firsts = {one.cell.dataset: one for one in reversed(of_row)}
        found = [_probe(result, variant, firsts[name], of_row) for name in result.paper.datasets if name in firsts]
        probes = [probe for probe in found if probe is not None and probe.event is not None]
        if not probes:
            continue
        title = f"{firsts[probes[0].run.dataset].cell.label}, {wording.conditions(variant)}"
        yield Figure(
            f"excerpts_{result.table_id}_{variant.name}",
            f"An event of each class with {AROUND:g} s around it, in the background it was mixed with: log mel, "
            f"standardised by band, on one scale; the lines are onset and offset; input of {title}",
            [title, [[probe.digest, probe.item, probe.event] for probe in probes], AROUND],
            partial(drawing_maps.draw_excerpts, probes, AROUND),
        )
        return


def _published_mean(done: Sequence[CellResult], row: str) -> float:
    """The mean published error rate of a row, infinite without any: the smaller, the more the paper praises it."""
    values = [one.cell.published for one in done if one.cell.row == row and judging(one.cell.sources[0])]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else np.inf


def _probe(result: TableResult, variant: Variant, one: CellResult, done: Sequence[CellResult]) -> EventProbe | None:
    """What the first run behind a cell shows of a clip; its truth is looked for in every test set of `done`."""
    assert one.evidence is not None
    of_dataset = [each for each in done if each.cell.dataset == one.cell.dataset and each.evidence]
    references = {each.cell.test_set: each.evidence.scored[0].truth for each in of_dataset if each.evidence}
    return event_probe(one.evidence.scored[0].finished, references)


def _place(label: str) -> tuple[str, str]:
    """Side and panel of a column by its label: "dev, babycry, ER" is ("dev", "babycry")."""
    before, _, _ = label.rpartition(", ")
    side, _, panel = before.rpartition(", ")
    return side, panel


def _plain(line: drawing_events.Line) -> list[Any]:
    return [line.label, line.threshold, line.error_rate.round(6).tolist(), line.f1.round(6).tolist()]
