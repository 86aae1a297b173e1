import os

import pytest

from benchmarks.errors import InputError
from benchmarks.spec.located_yaml import LocatedYaml


def written(folder, text):
    path = folder / "paper.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_an_alias_is_a_copy_of_what_it_stands_for(tmp_path):
    data = LocatedYaml(written(tmp_path, "a: &x {n: [1]}\nb: *x\n")).data
    assert data == {"a": {"n": [1]}, "b": {"n": [1]}}
    data["a"]["n"].append(2)
    assert data["b"] == {"n": [1]}


def test_knows_the_line_of_a_place_or_of_what_is_around_it(tmp_path):
    document = LocatedYaml(written(tmp_path, "# title\na: 1\nb:\n- c: x\n-\n  d: y\n"))
    assert [document.line(place) for place in [(), ("a",), ("b", 0), ("b", 1, "d"), ("b", 7), ("z",)]] == [
        *(2, 2, 4, 6, 3, 2)
    ]
    assert str(document.error(("b", 1, "d"), "is wrong")) == f"{document.path}:6: b.1.d: is wrong"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n- b: 1\n  b: 2\n", ":3: a.0.b: stands twice (first on line 2)"),
        ("a: 1\nb: !!python/name:os.system ''\n", ":2: a value of kind"),
        ("a: [1\nb: 2\n", ":2: did not find expected ',' or ']'"),
        (b"\xff", ": cannot be read (not UTF-8 text)"),
        (b"a: \x00", ":1: "),
        ('a: 1\nb: ["x", "\\e[31mred"]\n', ":2: b.1: has the control character \\x1b; remove it"),
        ('a:\n  "\\u202ekey": 1\n', ":1: a: has the control character \\u202e; remove it"),
        ("a: 1".encode("utf-16"), ": cannot be read (not UTF-8 text)"),
        ("a: 0x" + "f" * 100_000, ":1: '0xffff"),
        ("#" * (4 << 20) + "\n", ": 4194305 bytes are no paper file"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_line(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        LocatedYaml(path)
    assert str(caught.value).startswith(f"{path}{message}") and "\n" not in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "paper.yaml")
    with pytest.raises(InputError, match=r"paper\.yaml: is no file; put the paper file there"):
        LocatedYaml(tmp_path / "paper.yaml")


def test_an_empty_file_has_no_fields(tmp_path):
    assert LocatedYaml(written(tmp_path, "")).data == {}
