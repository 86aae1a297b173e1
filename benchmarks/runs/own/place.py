"""Where rows that are not the paper's stand in a table: the columns, and whose data and schedule they share."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.errors import InputError
from benchmarks.runs.own.changes import Change, changed, sweep
from benchmarks.runs.own.names import changed_setting
from benchmarks.spec import Cell, DatasetUse, Paper, Setting, load_paper, nearest, paper_ids, select


@dataclass(frozen=True)
class Asked:
    """Cells that are not the paper's, and the paper with the settings that feed them."""

    paper: Paper
    cells: list[Cell] = field(default_factory=list)
    #: the arguments of which several values are tried
    swept: tuple[str, ...] = ()
    #: the words behind `python -m benchmarks` that ask for the same elsewhere
    words: tuple[str, ...] = ()

    def paper_of(self, paper_id: str) -> Paper:
        """The paper of an id, which has these settings if it is theirs."""
        return self.paper if paper_id == self.paper.id else load_paper(paper_id)

    def with_row(self, name: str, setting: Setting, templates: Iterable[Cell], label: str) -> "Asked":
        """The same with a further setting, and a cell of it where each of these cells is."""
        paper = self.paper.model_copy(update={"settings": {**self.paper.settings, name: setting}})
        return replace(self, paper=paper, cells=[*self.cells, *(own_cell(one, name, label) for one in templates)])

    def sweeping(self, changes: Iterable[Change]) -> "Asked":
        """The same, with arguments of which several values are tried."""
        return replace(self, swept=tuple(dict.fromkeys([*self.swept, *(change.place for change in changes)])))


def own_cell(template: Cell, setting: str, label: str) -> Cell:
    """A cell in the place of another one, scored as that is, and fed by another setting; nothing is printed there."""
    paper, table = template.id.split(".")[:2]
    parts = tuple(own_cell(part, setting, label) for part in template.parts)
    update = {
        "id": f"{paper}.{table}.{setting}.{template.column}", "row": setting, "label": label, "setting": setting,
        "published": None, "corrected": None, "erratum": None, "quoted": None, "added": None, "parts": parts,
    }  # fmt: skip
    return template.model_copy(update=update)


def template(paper: Paper, table: str, column: str, setting: str | None = None) -> Cell | None:
    """The cell of a column that others are scored like: of a network, with the metric of most rows, the first one.

    setting: whose cells come first. None where no network is trained in the column.
    """
    cells = _networks(paper, table, column)
    cells = [one for one in cells if one.setting == setting] or cells
    if not cells:
        return None
    most = Counter(_scoring(one) for one in cells).most_common(1)[0][0]
    return next(one for one in cells if _scoring(one) == most)


def _scoring(cell: Cell) -> tuple[object, ...]:
    return tuple((one.metric, one.test_set, one.items) for one in cell.sources)


def _networks(paper: Paper, table: str, column: str) -> list[Cell]:
    """The cells of a column that networks feed; where rows are folds, those that are about all of them."""
    cells = [one for one in paper.table_cells(table) if one.column == column and _is_network(paper, one)]
    fold = paper.tables[table].columns[column].fold
    return [one for one in cells if one.fold == fold] or cells


def _is_network(paper: Paper, cell: Cell) -> bool:
    """Whether a cell is fed by trainings, not by fits."""
    return cell.recipe == "train" and all(one.setting and paper.settings[one.setting].trainer for one in cell.sources)


def places(target: str) -> tuple[Paper, list[Cell]]:
    """The cells whose columns a target names, and whose data and schedule a network of the user's gets.

    A table, a column of it (`acrnn.t3.esc10`), a row or a cell; where it names no row, the recipe is that of most rows.
    Raises InputError with the nearest names, and for columns without networks, or with several recipes.
    """
    paper, table, row, columns = _parted(target)
    found = []
    for column in columns:
        if row is None:
            found += [_of_most(paper, table, column)]
        else:
            cells = [*paper.table_cells(table), *paper.control_cells(table)]
            found += [one for one in cells if (one.row, one.column) == (row, column) and _is_network(paper, one)]
    chosen = [one for one in found if one is not None]
    if not chosen:
        raise InputError(f"{target}: no network is trained there; see `python -m benchmarks list {paper.id}.{table}`")
    settings = list(dict.fromkeys(str(source.setting) for one in chosen for source in one.sources))
    if len(settings) > 1:
        of = dict.fromkeys(source.column for one in chosen for source in one.sources)
        raise InputError(
            f"{target}: is of several recipes ({', '.join(settings)}); name one of the columns {', '.join(of)}"
        )
    return paper, chosen


def _parted(target: str) -> tuple[Paper, str, str | None, list[str]]:
    """Paper, table, row (None: any) and columns of a target."""
    paper_id, _, rest = target.partition(".")
    table, _, place = rest.partition(".")
    if paper_id not in paper_ids() or table not in load_paper(paper_id).tables:
        select(target)  # tells what is unknown
        raise InputError(f"{target}: names no table; see `python -m benchmarks list {paper_id}`")
    paper = load_paper(paper_id)
    columns = list(paper.tables[table].columns)
    if not place:
        return paper, table, None, columns
    rows = {**paper.tables[table].rows, **paper.tables[table].controls}
    if place in columns and place not in rows:
        return paper, table, None, [place]
    row, _, column = place.partition(".")
    if row not in rows or (column and column not in columns):
        cells = [f"{name}.{one}" for name in rows for one in columns]
        known = [f"{paper_id}.{table}.{name}" for name in (*columns, *rows, *cells)]
        raise InputError(
            f"unknown target {target!r}{nearest(target, known)}; see `python -m benchmarks list {paper_id}`"
        )
    return paper, table, row, [column] if column else columns


def _of_most(paper: Paper, table: str, column: str) -> Cell | None:
    """A cell of a column whose data and trainer are those of most rows, the first of these."""
    cells = _networks(paper, table, column)

    def recipe(one: Cell) -> str:
        resolved = [paper.settings[str(source.setting)].resolved("full") for source in one.sources]
        return str([(each["data"], each["trainer"]) for each in resolved])

    counts = Counter(map(recipe, cells))
    return max(cells, key=lambda one: counts[recipe(one)], default=None)


def changed_rows(target: str, changes: Sequence[Change]) -> Asked:
    """The cells of a target with other values of arguments, each setting under a name of its own.

    Raises InputError for a target without trainings, and for arguments that one of its settings does not take.
    """
    cells = [one for one in select(target) if one.recipe == "train" and all(part.setting for part in one.sources)]
    if not cells:
        raise InputError(f"{target}: nothing is trained there that --set could change")
    asked = Asked(load_paper(target.split(".")[0]))
    paper = asked.paper
    by_setting: dict[str, list[Cell]] = {}
    for one in cells:
        settings = {str(part.setting) for part in one.sources}
        if len(settings) > 1:
            raise InputError(f"{one.id}: is a mean over {', '.join(sorted(settings))}; --set takes one of its columns")
        by_setting.setdefault(settings.pop(), []).append(one)
    for name, its in by_setting.items():
        for chosen, swept in sweep(changes, paper.settings[name], use_of(paper, its[0])):
            new = changed_setting(name, [(one.name, one.value) for one in chosen])
            label = " ".join([its[0].label, *(f"{one.name} {one.value}" for one in chosen)])
            asked = asked.with_row(new, changed(paper.settings[name], chosen), its, label).sweeping(swept)
    return asked


def use_of(paper: Paper, cell: Cell) -> DatasetUse:
    """The dataset that a cell's networks are trained on, the first of several."""
    return paper.datasets[str(cell.sources[0].dataset)]
