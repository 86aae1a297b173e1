import pytest

from datasets.acquire.safe_yaml import NotPlain, parse


def test_reads_plain_values_and_knows_their_lines():
    read = parse("a: 1\nb: [-.inf, 1.5, ~, no, x]\n# comment\nc: {d: !!python/unicode 'é'}\n")
    assert read == {"a": 1, "b": [float("-inf"), 1.5, None, False, "x"], "c": {"d": "é"}}
    assert read.line == 1 and read.lines == {"a": 1, "b": 2, "c": 4} and read["c"].line == 4


def test_knows_the_lines_of_list_values():
    read = parse("- a\n-\n  - b\n- c\n")
    assert read.lines == {0: 1, 1: 3, 2: 4} and read[1].line == 3


def test_keys_are_words_as_they_are_written():
    assert parse("no: 1\n1.50: 2\n'x': 3\n") == {"no": 1, "1.50": 2, "x": 3}


def test_an_empty_text_is_nothing():
    assert parse("# nothing\n") is None


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "plain values"),
        ("a: 1\nb: !!python/name:os.system ''\n", 2, "plain values"),
        ("a: !thing {x: 1}\n", 1, "plain values"),
        ("a: 2017-06-30\n", 1, "timestamp"),
        ("a: &x [1]\nb: *x\n", 1, "anchor"),
        ("a: *x\n", 1, "alias"),
        ("a: 1\nb: 2\na: 3\n", 3, "a stands twice (first on line 1)"),
        ("a: [1\nb: 2\n", 2, "did not find"),
        ("a: 1\n---\nb: 1\n", 3, "second document"),
        ("a: !!int x\n", 1, "is no int"),
        ("[" * 30 + "]" * 30, 1, "nested"),
        ("[" * 100_000, 1, "nested"),
        ("? " * 100_000, 1, "nested"),
        ("a: 1\nb: " + "9" * 5000, 2, "'9999999999999999999999999999999999999999...' is longer than any number"),
        ("a: 0x" + "f" * 5000, 1, "is longer than any number"),
        ("a: " + ":".join("1" * 5000), 1, "is longer than any number"),
        ("a: !!float " + "x" * 5000, 1, "...' is no float"),
    ],
)
def test_refuses_in_one_line_what_is_not_plain(text, line, word):
    with pytest.raises(NotPlain) as caught:
        parse(text)
    assert caught.value.line == line and word in str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 120


def test_says_where_a_key_stands_twice():
    with pytest.raises(NotPlain) as caught:
        parse("a:\n- x\n- b: 1\n  b: 2\n")
    assert caught.value.place == ("a", 1, "b")


def test_skips_what_is_not_wanted_but_follows_its_anchors():
    text = "- meta: {when: 2017-06-30, what: !!python/object:a.b {}, all: [&s [0, 1.5]]}\n  segment: *s\n  n: f\n"
    assert parse(text, keys=("segment", "n"), aliases=True) == [{"segment": [0, 1.5], "n": "f"}]


def test_refuses_what_holds_itself():
    with pytest.raises(NotPlain, match="before its anchor ends"):
        parse("a: &x [1, *x]\n", aliases=True)


def test_refuses_a_short_text_that_stands_for_very_much():
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 15))
    with pytest.raises(NotPlain, match="aliases stand for more than"):
        parse(text, aliases=True)
