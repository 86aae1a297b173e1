"""The faults of `make mutants` can still be made, and what they are held against is there."""

from fnmatch import fnmatchcase

import pytest

from benchmarks import spec
from benchmarks.errors import InputError
from benchmarks.regression import mutants
from benchmarks.regression.cases import load_cases
from benchmarks.regression.check import _asked, names_of
from benchmarks.regression.mutants import ROOT, TABLE, Caught, Mutation

MUTATIONS = mutants.load()


@pytest.fixture(scope="module")
def check_names():
    return [name for paper_id in spec.paper_ids() for name in names_of(load_cases(paper_id))]


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_fault_can_be_made_and_somebody_is_named_to_notice(name, check_names):
    mutation = MUTATIONS[name]
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1
    assert mutation.new != mutation.old
    assert mutation.tests or mutation.checks
    assert all((ROOT / path).is_file() for path in mutation.tests)
    for pattern in mutation.checks:
        assert any(fnmatchcase(one, pattern) for one in check_names), pattern


def test_the_table_tells_of_the_faults_that_there_are():
    lines = [line.split(" ")[1] for line in TABLE.read_text().splitlines() if line.startswith("| ")][2:]
    assert [name for name in MUTATIONS if name in lines] == lines
    assert "**nothing**" not in TABLE.read_text()


def tree(tmp_path):
    """A tree with one module, one test of it, and no regression."""
    (tmp_path / "adding.py").write_text("def add(a, b):\n    return a + b\n")
    (tmp_path / "test_adding.py").write_text(
        "import adding\n\n\ndef test_sum():\n    assert adding.add(2, 3) == 5\n\n\n"
        "def test_order():\n    assert adding.add(2, 2) == 4\n"
    )
    return tmp_path


def test_a_fault_is_in_the_tree_for_as_long_as_it_is_tried(tmp_path):
    root = tree(tmp_path)
    whole = (root / "adding.py").read_text()
    caught, missed = mutants.run(
        {
            "minus": Mutation(file="adding.py", old="a + b", new="a - b", tests=["test_adding.py"]),
            "turned": Mutation(file="adding.py", old="a + b", new="b + a", tests=["test_adding.py"]),
        },
        root,
    )
    assert (caught.test, caught.is_complete) == ("test_adding.py::test_sum", True)
    assert (missed.test, missed.is_complete) == (None, False)
    assert "| **nothing** |" in missed.line and "| test_adding.py::test_sum |  |" in caught.line
    assert (root / "adding.py").read_text() == whole


def test_a_text_that_is_gone_and_a_tree_that_is_red_are_errors(tmp_path):
    root = tree(tmp_path)
    gone = Mutation(file="adding.py", old="a * b", new="a / b", tests=["test_adding.py::test_sum"])
    with pytest.raises(InputError, match=r"adding.py: 'a \* b' stands there 0 times"):
        list(mutants.run({"gone": gone}, root))
    (root / "adding.py").write_text("def add(a, b):\n    return 0\n")
    with pytest.raises(InputError, match=r"test_adding\.py::test_sum: fails without any mutation"):
        list(mutants.run({"gone": gone}, root))


def test_an_unknown_name_is_told_with_the_nearest():
    assert list(mutants.choose([], MUTATIONS)) == list(MUTATIONS)
    assert list(mutants.choose(["no_skip"], MUTATIONS)) == ["no_skip"]
    with pytest.raises(InputError, match="unknown mutation 'no_skp'; did you mean no_skip"):
        mutants.choose(["no_skp"], MUTATIONS)


def test_new_lines_replace_old_ones_and_lines_of_what_is_gone_go():
    one = Mutation(file="a.py", old="1", new="2", tests=["t.py"])
    first = mutants.updated(
        "", [Caught(name, one, "t.py::old", None, 1.0) for name in ("b", "a", "gone")], ["a", "b", "gone"]
    )
    second = mutants.updated(first, [Caught("b", one, "t.py::new", None, 2.4)], ["a", "b", "c"])
    assert second == mutants.HEAD + "| a | a.py | t.py::old |  | 1 |\n| b | a.py | t.py::new |  | 2 |\n"


def test_a_paper_stands_for_all_of_its_checks():
    cases = load_cases("edc")
    assert _asked(cases, ["edc"]) == set(names_of(cases)) and not _asked(cases, ["acrnn"])
