import pytest

from datasets.dcase2017_rare import yaml_style
from datasets.errors import DataError

NO_EVENT = {"ebr": float("-inf"), "event_present": False}


@pytest.mark.parametrize(
    ("place", "scene", "md5"),
    [
        ("audio/a012_30_60.wav", "residential_area", "71268bdc57bb18f02637aeb63ae1ce00"),
        ("audio/a131_210_240.wav", "city_center", "48703813b6307ecd546ad49af284628a"),
        ("audio/79.wav", "beach", "35c7bc20a21ec8fbb7097c6fb71487b5"),
    ],
)
def test_digest_is_the_one_in_published_names(place, scene, md5):
    assert yaml_style.digest({"bg_path": place, "bg_classname": scene, **NO_EVENT}) == md5


def test_dump_is_that_of_old_pyyaml():
    value = {"b": 0.1, "a": [1, -6.0], "c": 1e-07, "d": True, "e": float("-inf"), "f": 1e20}
    assert yaml_style.dump(value) == "a: [1, -6.0]\nb: 0.1\nc: 1.0e-07\nd: true\ne: -.inf\nf: 1.0e+20\n"


def written(folder, text):
    path = folder / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_reads_plain_values_and_knows_their_lines(tmp_path):
    read = yaml_style.read(
        written(tmp_path, "a: 1\nb: [-.inf, 1.5, ~, no, x]\n# comment\nc: {d: !!python/unicode 'é'}\n")
    )
    assert read == {"a": 1, "b": [float("-inf"), 1.5, None, False, "x"], "c": {"d": "é"}}
    assert read.line == 1 and read.lines == {"a": 1, "b": 2, "c": 4} and read["c"].line == 4


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "plain values"),
        ("a: 1\nb: !!python/name:os.system ''\n", 2, "plain values"),
        ("a: !thing {x: 1}\n", 1, "plain values"),
        ("a: 2017-06-30\n", 1, "timestamp"),
        ("a: &x [1]\nb: *x\n", 1, "anchor"),
        ("a: *x\n", 1, "alias"),
        ("a: 1\nb: 2\na: 3\n", 3, "stands twice (first on line 1)"),
        ("a: [1\nb: 2\n", 2, "did not find"),
        ("a: 1\n---\nb: 1\n", 3, "second document"),
        ("a: !!int x\n", 1, "is no int"),
        ("[" * 30 + "]" * 30, 1, "nested"),
        ("[" * 100_000, 1, "nested"),
    ],
)
def test_refuses_in_one_line_what_is_not_plain(tmp_path, text, line, word):
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        yaml_style.read(path)
    assert f"{path}:{line}: " in str(caught.value) and word in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \x00", None])
def test_refuses_what_is_no_text(tmp_path, content):
    path = written(tmp_path, content) if content is not None else tmp_path / "absent.yaml"
    with pytest.raises(DataError, match=path.name):
        yaml_style.read(path)


def test_skips_what_is_not_wanted_but_follows_its_anchors(tmp_path):
    text = "- meta: {when: 2017-06-30, what: !!python/object:a.b {}, all: [&s [0, 1.5]]}\n  segment: *s\n  n: f\n"
    read = yaml_style.read(written(tmp_path, text), keys=("segment", "n"), aliases=True)
    assert read == [{"segment": [0, 1.5], "n": "f"}]


def test_refuses_what_holds_itself(tmp_path):
    with pytest.raises(DataError, match="before its anchor ends"):
        yaml_style.read(written(tmp_path, "a: &x [1, *x]\n"), aliases=True)
