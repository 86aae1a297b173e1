"""What networks were asked to show, where it is one number per step: for the clips of one fold."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.reporting import wording
from benchmarks.reporting.drawing.maps import matrices
from benchmarks.reporting.figures import Asked, Figure, FigureKind
from benchmarks.reporting.probes.kept import stored_probes
from benchmarks.runs.truth import reference


class Steps(FigureKind):
    """A row per clip, for each row of the table whose runs keep such numbers."""

    by_dataset = True

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for each setting and each of its probes (clips, steps)."""
        paper = asked.result.paper
        for one in asked.cells:
            assert one.evidence is not None and one.cell.setting is not None
            setting, run = paper.settings[one.cell.setting], one.evidence.scored[0].finished
            shown = stored_probes(run.folder)
            for name in [name for name in setting.probes if name in shown and shown[name].ndim == 2]:
                truth = reference(paper, asked.dataset, [str(item) for item in shown["items"]])
                labels = [label.replace("_", " ") for label in truth["label"]]
                values = shown[name].astype(np.float64)
                place = f"{paper.datasets[asked.dataset].title}, fold {run.run.fold}, seed {run.run.seed}"
                title = f"{setting.title}: {place}"
                yield Figure(
                    f"{name}_{one.cell.setting}_{asked.dataset}_{asked.variant.name}",
                    f"{wording.capital(name)} over the steps of a clip's first segment, one clip per class; {title}, "
                    f"{wording.conditions(asked.variant)}",
                    [title, labels, values.round(6).tolist()],
                    partial(matrices.draw_steps, values, labels, title, name),
                )
