from tests.benchmarks.fabricated_stores import STANDIN


def test_error_rates_stand_side_by_side_with_every_seed(event_figures, two_classes_table):
    _, panels = event_figures["errors_t1_reduced-standin"].data
    assert list(panels) == ["babycry", "glassbreak"]  # no average without the third class
    assert all(list(sides) == ["dev", "eval"] for sides in panels.values())
    one = next(one for one in two_classes_table.others[STANDIN] if one.cell.id == "mtfa.t1.mtfa.eval.glassbreak.er")
    mark = next(mark for mark in panels["glassbreak"]["eval"] if mark["label"] == one.cell.label)
    assert mark["mean"] == one.mean and mark["folds"] == tuple(one.evidence.seed_values.values())


def test_error_rates_of_stand_in_files_are_never_drawn_beside_published_ones(event_figures):
    paper, panels = event_figures["errors_t1_reduced-standin"].data
    marks = [mark for sides in panels.values() for marks in sides.values() for mark in marks]
    assert paper == "" and {mark["published"] for mark in marks} == {None}
