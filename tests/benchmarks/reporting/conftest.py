from functools import cache

import pytest

from benchmarks.audit.checks import checks
from benchmarks.judge.results import Results
from benchmarks.judge.table import TableResult, Variant
from benchmarks.reporting.figures import Figure, table_figures
from benchmarks.reporting.site import write_site
from benchmarks.runs.memo import Memo
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper
from tests.benchmarks import fabricated_stores as stores
from tests.benchmarks.fabricated_scene_runs import four_networks
from tests.benchmarks.fabricated_soft_runs import soft_activity
from tests.benchmarks.fabricated_stores import FULL, STANDIN, Judged, judged_without_audit, written_once


@pytest.fixture(scope="session")
def clips(session_folder) -> Workspace:
    """120 stored runs of clips with one class, and their report."""
    return written_once(session_folder, "clips_with_one_class", stores.clips_with_one_class)


@pytest.fixture(scope="session")
def three_classes(session_folder) -> Workspace:
    """Stored runs of events of three classes."""
    return written_once(session_folder, "three_classes", stores.three_classes)


@pytest.fixture(scope="session")
def three_classes_table(three_classes) -> TableResult:
    return Results(three_classes).table("mtfa.t1")


@pytest.fixture(scope="session")
def three_classes_pages(three_classes, three_classes_table, tmp_path_factory) -> dict[str, str]:
    """The pages of their report by name; figures have tests of their own."""
    out = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.reporting.pages.table.table_figures", lambda *_: [])
        write_site(three_classes, "mtfa.t1", out, Judged(three_classes_table))
    return {name: (out / name).read_text() for name in ("README.md", "mtfa/t1.md", "report.json")}


@pytest.fixture(scope="session")
def two_classes(session_folder) -> Workspace:
    """Stored runs of events of two classes, with probes."""
    return written_once(session_folder, "two_classes", stores.two_classes)


@pytest.fixture(scope="session")
def two_classes_table(two_classes) -> TableResult:
    return Results(two_classes).table("mtfa.t1")


@pytest.fixture(scope="session")
def event_figures(two_classes, two_classes_table) -> dict[str, Figure]:
    """The figures of two classes on stand-in files, by name."""
    results = two_classes_table.others[STANDIN]
    return {one.name: one for one in table_figures(two_classes_table, STANDIN, results, Memo(two_classes.cache))}


@pytest.fixture(scope="session")
def tagged(session_folder) -> Workspace:
    """Stored runs of clips with tags, some with probes."""
    return written_once(session_folder, "tags_with_probes", stores.tags_with_probes)


@pytest.fixture(scope="session")
def tag_tables(tagged) -> dict[str, TableResult]:
    """Two tables of them; that of the sweep with its audit."""
    from dataclasses import replace

    found = judged_without_audit(tagged, "edc.t1", "edc.t3")
    audited = replace(found["edc.t1"], checks=tuple(checks(load_paper("edc"), "t1")))
    return {"t1": audited, "t3": found["edc.t3"]}


@pytest.fixture(scope="session")
def tag_figures(tagged, tag_tables) -> dict[str, Figure]:
    """The figures of both tables, by name."""
    memo, found = Memo(tagged.cache), {}
    for table in tag_tables.values():
        for variant in (FULL, STANDIN):
            results = table.main if variant == FULL else table.others[variant]
            found |= {one.name: one for one in table_figures(table, variant, results, memo)}
    return found


@pytest.fixture(scope="session")
def tag_drawing(tagged, tag_figures):
    """Draws one of them."""

    @cache
    def drawn(name: str) -> bytes:
        return tag_figures[name].svg(Memo(tagged.cache))

    return drawn


@pytest.fixture(scope="session")
def controlled(session_folder) -> Workspace:
    """Stored runs of clips with tags and of controls."""
    return written_once(session_folder, "tags_with_controls", stores.tags_with_controls)


@pytest.fixture(scope="session")
def controlled_pages(controlled, tmp_path_factory) -> dict[str, str]:
    """The pages of their report by name, without figures."""
    out = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        for drawing in ("table_figures", "fact_figures"):
            patch.setattr(f"benchmarks.reporting.pages.table.{drawing}", lambda *_: [])
        write_site(controlled, "edc", out)
    return {name: (out / name).read_text() for name in ("report.json", "edc/t1.md", "edc/t2.md", "edc/t3.md")}


@pytest.fixture(scope="session")
def scenes(session_folder) -> Workspace:
    """Stored runs of the networks of scenes, some with probes."""
    return written_once(session_folder, "four_networks", four_networks)


@pytest.fixture(scope="session")
def scene_table(scenes) -> TableResult:
    return judged_without_audit(scenes, "pbcnn.t2")["pbcnn.t2"]


@pytest.fixture(scope="session")
def scene_figures(scenes, scene_table) -> dict[str, Figure]:
    """The figures of their table, by name."""
    memo, shown = Memo(scenes.cache), {FULL: scene_table.main, STANDIN: scene_table.others[STANDIN]}
    return {
        one.name: one for variant, results in shown.items()
        for one in table_figures(scene_table, variant, results, memo)
    }  # fmt: skip


@pytest.fixture(scope="session")
def soft(session_folder) -> Workspace:
    """Stored runs of networks of soft activity, some with probes."""
    return written_once(session_folder, "soft_activity", soft_activity)


@pytest.fixture(scope="session")
def soft_table(soft) -> TableResult:
    return judged_without_audit(soft, "maestro.t1")["maestro.t1"]


@pytest.fixture(scope="session")
def soft_figures(soft, soft_table) -> dict[str, Figure]:
    """The figures of their table, by name; the places of embeddings are any."""
    memo, shown = Memo(soft.cache), {FULL: soft_table.main, STANDIN: soft_table.others[STANDIN]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.reporting.probes.tsne._tsne", lambda vectors: vectors[:, :2])
        return {
            one.name: one for variant, results in shown.items()
            for one in table_figures(soft_table, variant, results, memo)
        }  # fmt: skip


@pytest.fixture
def cell_of():
    """Finds a cell of a table by row and column, also among controls."""

    def found(table: TableResult, row: str, column: str, variant: Variant = STANDIN):
        results = (*table.main, *(one for of in (table.others, table.controls) for one in of.get(variant, ())))
        return next(
            one for one in results
            if (one.cell.row, one.cell.column, one.variant) == (row, column, variant)
        )  # fmt: skip

    return found


@pytest.fixture
def images():
    """The images that an SVG file holds."""
    import base64
    import io
    import re

    from PIL import Image

    def found(svg: bytes) -> list[Image.Image]:
        held = re.findall(rb'data:image/png;base64,([^"]+)', svg)
        return [Image.open(io.BytesIO(base64.b64decode(one))) for one in held]

    return found
