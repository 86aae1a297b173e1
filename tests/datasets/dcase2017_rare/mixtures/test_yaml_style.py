import pytest

from datasets.dcase2017_rare.mixtures import yaml_style
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


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \x00", None])
def test_refuses_what_is_no_text(tmp_path, content):
    path = tmp_path / "some.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"some\.yaml"):
        yaml_style.read(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: !thing {}\n", ":2: a value of kind '!thing'; only plain values"),
        ("a: 1\nb: 2\na: 3\n", ":3: a stands twice (first on line 1)"),
        ("a: [1\nb: 2\n", ":2: did not find expected ',' or ']'"),
    ],
)
def test_refuses_what_is_not_plain_in_one_line_with_file_and_line(tmp_path, text, message):
    path = tmp_path / "some.yaml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        yaml_style.read(path)
    assert str(caught.value).startswith(f"{path}{message}") and "\n" not in str(caught.value)
