import pytest

from datasets.acquire.census import Census, NotedCensus, by_kind, decoding_faults, remembered
from datasets.audio import ClipFault

FAULTS = {"silent": {"a.wav": "all zeros"}}


def counted(faults):
    def check():
        check.calls += 1
        return faults

    check.calls = 0
    return check


def test_faults_are_remembered_by_name(tmp_path):
    check = counted(FAULTS)
    assert [remembered(tmp_path, name, check) for name in ("one", "one", "two")] == [FAULTS] * 3
    assert check.calls == 2


@pytest.mark.parametrize("text", ["", "{", "\x00", "{}"])
def test_a_memory_that_is_cut_short_or_another_is_made_again(tmp_path, text):
    check = counted(FAULTS)
    remembered(tmp_path, "one", check)
    next((tmp_path / "census").iterdir()).write_text(text)
    assert remembered(tmp_path, "one", check) == remembered(tmp_path, "one", check) == FAULTS
    assert check.calls == 2


def test_without_a_cache_or_where_none_can_be_written_nothing_is_kept(tmp_path):
    check = counted(FAULTS)
    (tmp_path / "file").write_text("")
    assert remembered(None, "one", check) == remembered(tmp_path / "file", "one", check) == FAULTS
    assert check.calls == 2 and [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_cannot_be_decoded_is_told_in_order_with_its_kind():
    def load(item):
        if item != "b":
            raise ClipFault(f"{item}: no sound", "silent" if item == "a" else "rate")

    done = []
    found = decoding_faults(["c", "b", "a"], load, lambda now, of: done.append((now, of)))
    assert found == [("c", "rate", "c: no sound"), ("a", "silent", "a: no sound")]
    assert by_kind(found) == {"rate": {"c": "c: no sound"}, "silent": {"a": "a: no sound"}}
    assert done == [(1, 3), (2, 3), (3, 3)]


def test_a_census_is_complete_with_extra_files_but_not_with_faults():
    assert Census("x", "real", expected=2, found=2, extra={"b": "in no list"}).complete
    assert not Census("x", "real", expected=2, found=1, missing={"b": "not here"}).complete
    faulty = Census("x", "real", expected=2, found=2, faults=FAULTS)
    assert not faulty.complete and "1 silent" in faulty.summary() and "- silent: a.wav" in faulty.to_markdown()


def test_what_is_noted_does_no_harm_and_is_told_last():
    plain = NotedCensus("x", "real", expected=2, found=2)
    noted = NotedCensus("x", "real", expected=2, found=2, notes={"mono": {"b": "one channel", "a": "one channel"}})
    assert noted.complete and (plain.noted, noted.noted) == ("", "noted: 2 mono")
    notes = "- noted, mono: a: one channel\n- noted, mono: b: one channel\n"
    assert noted.to_markdown() == plain.to_markdown() + notes
