from benchmarks.reporting.figures import wanted
from benchmarks.reporting.probes.conditioner import Conditioner, Over, conditioner_of


def of(**params) -> Conditioner:
    return Conditioner("models.edc.EventConditioning", {"alpha": 7.0, "rounding": "trunc", **params}, {}, 0)


def test_kinds_of_conditioning_are_told_by_their_parameters(tag_tables):
    over = next(one.over for one in wanted(tag_tables["t1"], ()) if hasattr(one, "over"))
    assert over.name(of()) == "α = 7" and over.kind(of(renormalise_decay=False, similarity_input="minmax")) == ""
    both = of(renormalise_decay=True, similarity_input="raw")
    assert over.kind(both) == "decay renormalised, similarity of raw frames"
    assert over.family(of()) == over.family(of(alpha=10.0)) != over.family(of(rounding="none"))


def test_a_parameter_may_be_given_by_its_name_alone():
    over = Over.model_validate("alpha")
    assert over.name(of(rounding="none")) == "alpha = 7" and over.name(None) == ""


def test_the_rescaling_alone_has_no_number(tag_tables, cell_of):
    over = Over.model_validate("alpha")
    how = {row: conditioner_of(cell_of(tag_tables["t3"], row, "om_dcase")) for row in ("1_none", "minmax", "6_edc")}
    assert how["1_none"] is None and over.name(how["minmax"]) == "" and over.value(how["minmax"]) is None
    assert over.value(how["6_edc"]) == 7.0
