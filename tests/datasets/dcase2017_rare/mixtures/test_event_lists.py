import pytest

from datasets.dcase2017_rare.mixtures.event_lists import EventLine, read_event_list, write_event_list
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.errors import DataError

FIRST = Recipe("audio/a.wav", "home", float("-inf"), "").named("devtest", "gunshot", 0)
SECOND = Recipe("audio/b.wav", "home", 6.0, "", "gunshot/1.wav", "gunshot", 0.1, 0.2, 1.5, 0, 0.2).named(
    "devtest", "gunshot", 1
)


def test_the_list_has_the_official_form(tmp_path):
    write_event_list(tmp_path / "list.csv", [FIRST, SECOND])
    text = (tmp_path / "list.csv").read_text()
    assert text == f"{FIRST.name}\n{SECOND.name}\t0.1\t0.30000000000000004\tgunshot\n"
    assert read_event_list(tmp_path / "list.csv") == (
        EventLine(FIRST.name),
        EventLine(SECOND.name, 0.1, 0.30000000000000004, "gunshot"),
    )
    assert not (tmp_path / "list.csv_old_dontuse").exists()


def test_the_patch_keeps_the_whole_list_beside(tmp_path):
    write_event_list(tmp_path / "list.csv", [FIRST, SECOND], {SECOND.name})
    assert (tmp_path / "list.csv").read_text() == f"{FIRST.name}\n"
    assert [line.name for line in read_event_list(tmp_path / "list.csv_old_dontuse")] == [FIRST.name, SECOND.name]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("mixture.wav", "is no mixture's name"),
        (f"../{FIRST.name}", "is no mixture's name"),
        (f"{SECOND.name}\t1.0\t2.0", "3 fields"),
        (f"{SECOND.name}\tNone\t2.0\tgunshot", "is no number"),
        (f"{SECOND.name}\t2.0\t1.0\tgunshot", "ends before it begins"),
        (f"{SECOND.name}\t-1\t1.0\tgunshot", "ends before it begins"),
        (f"{SECOND.name}\t0\tinf\tgunshot", "ends before it begins"),
        (f"{SECOND.name}\t0\tnan\tgunshot", "ends before it begins"),
        (f"{SECOND.name}\t0\t1.0\tbang", "unknown class 'bang'"),
        (FIRST.name, "stands twice"),
    ],
)
def test_refuses_bad_lines_by_number(tmp_path, line, word):
    path = tmp_path / "list.csv"
    path.write_text(f"{FIRST.name}\n{line}\n")
    with pytest.raises(DataError) as caught:
        read_event_list(path)
    assert f"{path}:2: " in str(caught.value) and word in str(caught.value) and "\n" not in str(caught.value)
