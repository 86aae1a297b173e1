"""How names of classes are found that are spelled otherwise than the official ones."""

import pytest

from benchmarks.judge.elsewhere.names import official_names

KNOWN = ("dog", "door_wood_knock", "cutlery and dishes", "Speech")


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("dog", "dog"), ("DOG", "dog"), (" Dog ", "dog"), ("Door wood knock", "door_wood_knock"),
        ("door-wood-knock", "door_wood_knock"), ("cutlery_and_dishes", "cutlery and dishes"),
        ("Cutlery  and\tdishes", "cutlery and dishes"), ("speech", "Speech"),
    ],
)  # fmt: skip
def test_case_spaces_and_underscores_do_not_matter(given, name):
    assert official_names([given], KNOWN) == ({given: name}, None)


def test_what_is_like_no_class_is_left_out():
    assert official_names(["dogs", "dog", "do g"], KNOWN) == ({"dog": "dog"}, None)


def test_a_name_that_may_be_several_is_told():
    assert official_names(["Dog"], ["dog", "DOG"])[1] == (
        "the class 'Dog' may be dog or DOG; spell it as the official name is"
    )
    assert official_names(["dog", "DOG"], ["dog", "DOG"]) == ({"dog": "dog", "DOG": "DOG"}, None)
    assert official_names(["Dog", "dog"], KNOWN)[1] == "the classes 'Dog' and 'dog' are both dog; leave one out"
    assert official_names(["Dog", "dog"], KNOWN, are_columns=False) == ({"Dog": "dog", "dog": "dog"}, None)
