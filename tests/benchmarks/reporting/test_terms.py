from benchmarks.audit.origins import changed, stated
from benchmarks.reporting.terms import TERMS, named, term
from benchmarks.spec import TIERS, load_paper, paper_ids


def names_of_papers() -> set[str]:
    """Every argument and constant that a setting of any tier has."""
    found = set()
    for paper in map(load_paper, paper_ids()):
        for name, setting in paper.settings.items():
            found |= {one.name for one in stated(paper, name)}
            found |= {one.name for tier in TIERS[1:] if tier in setting.tiers for one in changed(paper, name, tier)}
    return found


def test_every_term_is_of_a_name_that_a_paper_has():
    assert {name if isinstance(name, str) else name[1] for name in TERMS} <= names_of_papers()


def test_names_of_libraries_and_of_ours_have_the_terms_of_the_field():
    assert term("norm_momentum") == "batch-norm momentum" and term("n_mels") == "mel bands"
    assert term("patience", "trainer") != term("patience", "model")
    assert (
        named("norm_momentum") == "`norm_momentum`, batch-norm momentum" and named("learning_rate") == "`learning_rate`"
    )


def test_no_name_is_told_with_underscores_or_in_capitals():
    told = [term(name) for name in names_of_papers()]
    assert len(told) > 200 and not [one for one in told if "_" in one or (one.isupper() and len(one) > 4)]
