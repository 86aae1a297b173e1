"""Whether every name that one part of a paper file uses is defined in another."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from benchmarks.errors import InputError
from benchmarks.spec.bricks import Protocol
from benchmarks.spec.cells import Cell
from benchmarks.spec.claims import NeverWorst, form_of, links_of
from benchmarks.spec.located_yaml import LocatedYaml, Place
from benchmarks.spec.paper import Claim, Control, Paper, Row, Table
from benchmarks.spec.words import nearest

#: A name, what it must be one of, and where it stands.
Use = tuple[str, Iterable[str], Place]


def wrong_references(paper: Paper, document: LocatedYaml) -> list[InputError]:
    """A line with file and line number for each name that is not known, each fold that is none, id that is double,
    claim whose test has no known form; of columns that are means of themselves alone, where there are any.
    """
    found = list(_circular_means(paper, document))
    if found:  # such a table has no cells
        return found

    def check(work: Callable[..., None], *given: Any) -> None:
        try:
            work(*given, document)
        except InputError as error:
            found.append(error)

    def check_names(uses: Iterable[Use]) -> None:
        for use in uses:
            check(_check_names, [use])

    found += _folds_of_tiers(paper, document)
    for table_id, table in paper.tables.items():
        place: Place = ("tables", table_id)
        check_names(_of_columns(paper, table, place))
        for row_id, row in {**table.rows, **table.controls}.items():
            kind = "rows" if row_id in table.rows else "controls"
            check(_check_row, paper, table_id, row, (*place, kind, row_id))
    check_names(_of_errata(paper))
    check(_check_ids, paper)
    for names in (_of_audit(paper), _of_claims(paper), _of_derived(paper), _of_readings(paper), _of_equivalence(paper)):
        check_names(names)
    check(_check_pairs, paper)
    for position, claim in enumerate(paper.claims):
        if claim.table in paper.tables:
            check(_check_test, paper, claim, ("claims", position, "test"))
    if not found:  # the cells of what is not defined cannot be made
        for table_id in paper.tables:
            check(_check_fitted, paper, table_id)
    return found


def _check_names(uses: Iterable[Use], document: LocatedYaml) -> None:
    for name, known, place in uses:
        if name not in known:
            raise document.error(place, f"unknown name {name!r}{nearest(name, known)}")


def _of_columns(paper: Paper, table: Table, place: Place) -> Iterator[Use]:
    for column_id, column in table.columns.items():
        here = (*place, "columns", column_id)
        if column.dataset is not None:
            yield column.dataset, paper.datasets, (*here, "dataset")
        for part in column.mean_of:
            yield part, [name for name in table.columns if name != column_id], (*here, "mean_of")


def _circular_means(paper: Paper, document: LocatedYaml) -> Iterator[InputError]:
    """The columns that are, directly or through others, means of themselves."""
    for table_id, table in paper.tables.items():
        for column_id in table.columns:
            reached, ahead = set[str](), [column_id]
            while ahead:
                column = table.columns.get(ahead.pop())
                parts = {*column.mean_of} - reached if column else set()
                reached |= parts
                ahead += parts
            if column_id in reached:
                place: Place = ("tables", table_id, "columns", column_id, "mean_of")
                yield document.error(place, f"{column_id} is a mean of itself; name other columns")


def _folds_of_tiers(paper: Paper, document: LocatedYaml) -> Iterator[InputError]:
    """The folds of tiers that no dataset of the paper has, where they stand; a dataset may lack those of another."""
    known = sorted({fold for use in paper.datasets.values() for fold in use.folds})
    for name, setting in paper.settings.items():
        for tier, changes in setting.tiers.items():
            odd = [fold for fold in changes.folds or () if fold not in known]
            if odd and "folds" in document.data["settings"][name].get("tiers", {}).get(tier, {}):
                place: Place = ("settings", name, "tiers", tier, "folds")
                yield document.error(place, f"no fold {odd[0]}: the datasets have {', '.join(map(str, known))}")


def _check_row(paper: Paper, table_id: str, row: Row, place: Place, document: LocatedYaml) -> None:
    """The settings, datasets and folds of a row's cells; every cell that is trained has one of each, or a reason.

    A cell in which nothing is printed needs neither.
    """
    table, empty = paper.tables[table_id], {name for name, printed in paper.published.items() if printed.value is None}
    _check_names(((name, table.columns, (*place, "rounds_in")) for name in row.rounds_in), document)
    if row.dataset is not None:
        _check_names([(row.dataset, paper.datasets, (*place, "dataset"))], document)
    if isinstance(row.setting, dict):
        _check_names(((name, (*table.columns, *paper.datasets), (*place, "setting")) for name in row.setting), document)
    for column_id, column in table.columns.items():
        if column.mean_of or column.audited:
            continue
        setting, dataset = row.setting_for(column_id, column.dataset), row.dataset_in(column)
        if setting is not None:
            _check_names([(setting, paper.settings, (*place, "setting"))], document)
            _check_data_module(paper, setting, dataset, document)
        elif not isinstance(row, Control) and table.kind == "train" and row.quoted is None:
            if f"{paper.id}.{table_id}.{place[-1]}.{column_id}" in empty:
                continue
            raise document.error(place, "needs a setting or a quoted reason")
        if dataset and dataset not in paper.datasets:
            continue  # told of the column or the row
        fold, folds = row.fold_in(column), paper.datasets[dataset].folds if dataset else []
        if fold is not None and fold not in folds:
            at = (*place, "fold") if row.fold is not None else (*place[:2], "columns", column_id, "fold")
            known = f"{dataset} has {', '.join(map(str, folds))}" if dataset else "neither names a dataset"
            raise document.error(at, f"no fold {fold}: {known}")


def _check_data_module(paper: Paper, setting: str, dataset: str | None, document: LocatedYaml) -> None:
    use = paper.datasets.get(dataset or "")
    if use and use.data_module is None and paper.settings[setting].data.class_path is None:
        raise document.error(("datasets", dataset or ""), f"needs a data_module: setting {setting} has none of its own")


def _of_errata(paper: Paper) -> Iterator[Use]:
    for position, erratum in enumerate(paper.errata):
        for cell in erratum.cells:
            yield cell, paper.published, ("errata", position, "cells", cell)


def _check_ids(paper: Paper, document: LocatedYaml) -> None:
    """Ids of errata and claims are those of one list."""
    seen: set[str] = set()
    for kind, ids in (("errata", [item.id for item in paper.errata]), ("claims", [item.id for item in paper.claims])):
        for position, name in enumerate(ids):
            if name in seen:
                raise document.error((kind, position, "id"), f"the id {name} stands twice")
            seen.add(name)


def _of_audit(paper: Paper) -> Iterator[Use]:
    for name, network in paper.audit.networks.items():
        yield network.setting, paper.settings, ("audit", "networks", name, "setting")
    for position, check in enumerate(paper.audit.checks):
        place: Place = ("audit", "checks", position)
        yield check.table, paper.tables, (*place, "table")
        if check.table not in paper.tables:
            continue
        table = paper.tables[check.table]
        known: dict[str, Iterable[str]] = {
            "cell": paper.published, "column": table.columns, "row": table.rows, "network": paper.audit.networks,
        }  # fmt: skip
        for kind, name in check.names():
            yield name, known[kind], place


def _of_equivalence(paper: Paper) -> Iterator[Use]:
    """The cells of the studies, which are trained, and the settings that they speak for."""
    trained = [cell.id for cell in paper.cells() if cell.setting and cell.dataset] if paper.equivalence else []
    for numerics, study in paper.equivalence.items():
        for kind, names, known in (("cells", study.cells, trained), ("speaks_for", study.speaks_for, paper.settings)):
            for position, name in enumerate(names):
                yield name, known, ("equivalence", numerics, kind, position)


def _check_pairs(paper: Paper, document: LocatedYaml) -> None:
    """No run stands twice in a study: counted again it would make an interval narrower without telling anything."""
    cells = {cell.id: cell for cell in paper.cells()} if paper.equivalence else {}
    for numerics, study in paper.equivalence.items():
        for position, name in enumerate(study.cells):
            for other in study.cells[:position]:
                if name in cells and other in cells and _share_runs(cells[name], cells[other]):
                    what = "stands twice" if name == other else f"is fed by the runs of {other}, which stands there too"
                    raise document.error(("equivalence", numerics, "cells", position), f"{name} {what}; take it out")


def _share_runs(one: Cell, other: Cell) -> bool:
    is_same = (one.setting, one.dataset) == (other.setting, other.dataset)
    return is_same and (one.fold is None or other.fold is None or one.fold == other.fold)


def _of_claims(paper: Paper) -> Iterator[Use]:
    for position, claim in enumerate(paper.claims):
        yield claim.table, paper.tables, ("claims", position, "table")
        if claim.table not in paper.tables:
            continue
        table = paper.tables[claim.table]
        if claim.column is not None:
            yield claim.column, table.columns, ("claims", position, "column")
        if claim.row is not None:
            yield claim.row, {**table.rows, **table.controls}, ("claims", position, "row")


def _check_test(paper: Paper, claim: Claim, place: Place, document: LocatedYaml) -> None:
    """The form of a claim's test, and the rows or columns that it names; papers claim what their tables do not show."""
    try:
        links = links_of(claim.id, claim.test)
    except InputError as error:
        raise document.error(place, str(error)) from None
    if claim.of_class is not None and isinstance(form_of(claim.id, claim.test), NeverWorst):
        raise document.error(place, f"claim {claim.id}: is about all classes; leave out of_class, or name another kind")
    table = paper.tables[claim.table]
    known = table.columns if claim.column is None else {**table.rows, **table.controls}
    _check_names(((name, known, place) for link in links for name in link[:2]), document)


def _of_derived(paper: Paper) -> Iterator[Use]:
    for table_id, table in paper.tables.items():
        for name, line in table.derived.items():
            place: Place = ("tables", table_id, "derived", name)
            yield line.table, paper.tables, (*place, "table")
            for best in line.best_of if line.table in paper.tables else ():
                yield best, paper.tables[line.table].rows, (*place, "best_of")


def _of_readings(paper: Paper) -> Iterator[Use]:
    """The rows of which controls are another reading, and the datasets that single fields of protocols concern."""
    for table_id, table in paper.tables.items():
        for name, control in table.controls.items():
            if control.reading_of is not None:
                yield control.reading_of, table.rows, ("tables", table_id, "controls", name, "reading_of")
    for place, protocol in _protocols(paper):
        for field, item in protocol.items():
            for dataset in item.concerns:
                yield dataset, paper.datasets, (*place, field, "concerns")


def _protocols(paper: Paper) -> Iterator[tuple[Place, Mapping[str, Protocol]]]:
    """All protocols of a paper file, with where they stand."""
    yield ("training",), paper.training
    for name, setting in paper.settings.items():
        yield ("settings", name, "protocol"), setting.protocol
    for table_id, table in paper.tables.items():
        yield ("tables", table_id, "protocol"), table.protocol
        for column_id, column in table.columns.items():
            yield ("tables", table_id, "columns", column_id, "protocol"), column.protocol
        for kind, rows in (("rows", table.rows), ("controls", table.controls)):
            for row_id, row in rows.items():
                yield ("tables", table_id, kind, row_id, "protocol"), row.protocol


def _check_fitted(paper: Paper, table_id: str, document: LocatedYaml) -> None:
    """Where the published values had a say in how a row is read, a control shows what else was tried."""
    shown = {control.reading_of for control in paper.tables[table_id].controls.values()}
    for cell in paper.table_cells(table_id):
        fitted = [name for name, item in cell.protocol.items() if item.status == "fitted"]
        if fitted and cell.recipe == "train" and cell.row not in shown:
            what = f"its {fitted[0]} is fitted, so the table needs a control with `reading_of: {cell.row}`"
            raise document.error(("tables", table_id, "rows", cell.row), f"{what}, which shows what else was tried")
