import pytest

from benchmarks.audit.origins import changed, stated
from benchmarks.reporting.terms import TERMS, VALUES, coded, meant, named, term
from benchmarks.reporting.wording import value
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


def test_every_value_in_words_is_one_that_a_paper_has():
    found = set()
    for paper in map(load_paper, paper_ids()):
        for name, setting in paper.settings.items():
            tiers = [tier for tier in TIERS[1:] if tier in setting.tiers]
            every = [*stated(paper, name), *(one for tier in tiers for one in changed(paper, name, tier))]
            found |= {(one.name, value(one.sourced.value)) for one in every}
    assert set(VALUES) <= found


def test_values_that_are_words_of_the_code_are_told_in_sentences():
    assert meant("spec_augment", "code") == "as the authors' code has it" and meant("dropout", 0.3) == "0.3"
    assert coded("spec_augment", "code") == "`code`, as the authors' code has it" and coded("keep", "best") == "best"


@pytest.mark.parametrize("paper", paper_ids())
def test_no_contradiction_is_told_by_a_word_of_the_code_alone(paper):
    """What the text says against our reading stands in a sentence: every value there is a word that readers know."""
    known = load_paper(paper)
    told = {
        meant(one.name, one.sourced.value)
        for name in known.settings for one in stated(known, name) if one.sourced.contradicts
    }  # fmt: skip
    assert told.isdisjoint({"minmax", "raw", "trunc", "code", "own", "dot", "mse", "vector"})
