"""How much of what they attend to the modules of networks add to their maps, where that is learned."""

from collections.abc import Iterator

from benchmarks.judge.table import CellResult
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.lines.modules import draw_module_lines
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.probes.kept import stored_probes
from benchmarks.reporting.told import ProbeName
from benchmarks.spec.bricks import Name


class GammaWords(Words):
    """What the number is called."""

    axis: str = "gamma"


class Gammas(FigureKind):
    """A number per module of every network whose runs keep it: a panel per setting, a line per fold."""

    words: GammaWords = GammaWords()
    #: the array that runs keep, (modules,)
    shows: ProbeName = "gammas"
    #: the network's argument that is a number where nothing is learned; such networks are left out
    argument: Name = "gamma"

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One for the table, controls included."""
        panels: dict[str, dict[str, list[float]]] = {}
        for one in (*asked.cells, *asked.controls):
            if learned := self._learned(one):
                panels.setdefault(_title(asked, one), {}).update(learned)
        if panels:
            yield Figure(
                f"gammas_{asked.result.table_id}_{asked.variant.name}",
                f"{self.words.axis} of each module, first to last, as learned: a line per fold, seed 0; "
                f"{wording.conditions(asked.variant)}",
                [self.words.axis, panels],
                lambda: draw_module_lines(panels, self.words.axis),
            )

    def _learned(self, one: CellResult) -> dict[str, list[float]]:
        """The numbers of the modules of the first seed's runs behind a cell, by fold; only these keep arrays."""
        found = {}
        for scored in one.evidence.scored if one.evidence else ():
            run = scored.finished.run
            kept = stored_probes(scored.finished.folder)
            if self.shows in kept and not isinstance(
                run.resolved["model"]["init_args"].get(self.argument), int | float
            ):
                found[f"fold {run.fold}"] = [round(float(value), 6) for value in kept[self.shows]]
        return dict(sorted(found.items()))


def _title(asked: Asked, one: CellResult) -> str:
    """The setting's; for another dataset than that of most cells with the dataset's."""
    paper, cell = asked.result.paper, one.cell
    title = paper.settings[str(cell.setting)].title
    usual = next(iter(paper.datasets))
    return title if cell.dataset == usual else f"{title} ({paper.datasets[str(cell.dataset)].title})"
