"""What imports of all datasets share: going through folders, choosing among files, and putting them in place."""

import os
import sys

import pytest

from datasets.acquire import importing
from datasets.acquire.importing import Haul, files_below, folders_below, inside, names_in, placed, settle, unusable_in
from datasets.acquire.telling import shown
from datasets.errors import DataError


def written(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_links_are_followed_and_round_ones_end(tmp_path):
    written(tmp_path / "far", {"deep/b": "", "deep/.hidden": "", ".git/config": "", "__MACOSX/b": ""})
    mine = written(tmp_path / "mine", {"a": "", "sub/c": ""})
    (mine / "far").symlink_to(tmp_path / "far")
    (mine / "sub" / "up").symlink_to(mine)
    (mine / "lost").symlink_to("nowhere")
    assert [path.relative_to(mine).as_posix() for path in files_below(mine)] == ["a", "far/deep/b", "lost", "sub/c"]
    assert [path.relative_to(mine).as_posix() for path in folders_below(mine)] == [".", "far", "far/deep", "sub"]


def test_folders_may_be_nested_deeper_than_calls(tmp_path):
    depth, inner = sys.getrecursionlimit() + 10, tmp_path
    try:
        for _ in range(depth):
            inner /= "a"
            inner.mkdir()
        assert len(list(folders_below(tmp_path))) == depth + 1
        assert list(files_below(tmp_path)) == []
    finally:
        while inner != tmp_path:  # shutil, which clears up behind tests, calls itself for each
            inner.rmdir()
            inner = inner.parent


def test_a_folder_tells_its_files_and_what_is_none(tmp_path):
    written(tmp_path, {"a": "", "sub/b": ""})
    (tmp_path / "lost").symlink_to("nowhere")
    assert names_in(tmp_path) == {"a"}
    assert unusable_in(tmp_path) == {"lost": "a link to nothing", "sub": "a folder that is named like a file"}
    assert inside(tmp_path / "sub" / "absent") == []
    with pytest.raises(DataError, match=r"a: cannot be read \(Not a directory\)"):
        names_in(tmp_path / "a")


def test_a_folder_in_the_place_of_a_file_stays(tmp_path):
    root = written(tmp_path / "root", {"a/x/inside": "mine"})
    haul = Haul()
    haul.take("a/x", written(tmp_path / "mine", {"x": "one"}) / "x")
    settled = settle(haul, root, tmp_path / "staged", length)
    assert settled.lines[1] == "left out, 1 x a folder lies in its place, what is here is kept: x"
    assert not (tmp_path / "staged").exists()


def test_names_are_told_in_one_line():
    assert shown(os.fsdecode(b"a\nb\x1b[31m\xff \xc3\xa9.wav")) == r"a\nb\x1b[31m\xff \xe9.wav".replace(r"\xe9", "\xe9")


def length(place, path):
    """The longer a file, the better; an empty one cannot be used."""
    return path.stat().st_size, "" if path.read_text() else "empty"


@pytest.mark.parametrize(
    ("here", "offered", "taken", "said"),
    [
        (None, ["one"], "one", "1 file seen: 1 new"),
        (None, ["", "one", "one"], "one", "3 files seen: 1 new, 1 known and not needed, 1 left out"),
        (None, ["one", "two"], "one", "2 files seen: 1 new, 1 left out"),
        ("one", ["one"], None, "1 file seen: 1 here already"),
        ("one", ["two"], None, "1 file seen: 1 left out"),
        ("one", ["", "longer"], "longer", "2 files seen: 1 in the place of worse ones, 1 left out"),
    ],
)
def test_the_best_file_is_taken_and_nothing_good_gives_way(tmp_path, here, offered, taken, said):
    root = written(tmp_path / "root", {} if here is None else {"a/x": here})
    haul = Haul()
    for number, text in enumerate(offered):
        haul.take("a/x", written(tmp_path / str(number), {"x": text}) / "x")
    settled = settle(haul, root, tmp_path / "staged", length)
    assert settled.lines[0] == said
    assert content(tmp_path / "staged") == ({} if taken is None else {"a/x": taken})


def test_what_is_here_and_cannot_be_read_is_kept_and_told(tmp_path, monkeypatch):
    haul, root = Haul(), written(tmp_path / "root", {"a": "", "b": ""})
    for name in ("a", "b"):
        haul.take(name, written(tmp_path / "mine", {name: "longer"}) / name)
    asked = importing.no_file  # whoever runs this may be allowed to read everything
    refused = "cannot be read (Permission denied)"
    monkeypatch.setattr(importing, "no_file", lambda path: refused if path == root / "a" else asked(path))
    assert settle(haul, root, tmp_path / "staged", length).lines == [
        "2 files seen: 1 in the place of worse ones, 1 left out",
        "in the place of worse ones, 1 x empty: b",
        "left out, 1 x what is here cannot be read (Permission denied) and is kept: a",
    ]


def test_a_clip_that_cannot_be_used_is_not_laid_in_but_a_list_is(tmp_path):
    haul, mine = Haul(), written(tmp_path / "mine", {"bad.wav": "", "good.wav": "x", "list.csv": ""})
    for path in mine.iterdir():
        haul.take(path.name, path)
    settled = settle(haul, tmp_path / "root", tmp_path / "staged", length)
    assert settled.lines == ["3 files seen: 2 new, 1 left out", "left out, 1 x empty: bad.wav"]
    assert content(tmp_path / "staged") == {"good.wav": "x", "list.csv": ""}


def test_an_import_of_nothing_that_can_be_used_is_an_error(tmp_path):
    haul, mine = Haul(), written(tmp_path / "mine", {"a.wav": "", "b.wav": ""})
    for name in ("a.wav", "b.wav"):
        haul.take(name, mine / name)
    with pytest.raises(DataError, match=r"^none of 2 files can be used: 2 x empty: a\.wav, b\.wav$"):
        settle(haul, tmp_path / "root", tmp_path / "staged", length)


def test_what_is_left_out_is_named_up_to_eight_files_a_reason(tmp_path):
    haul = Haul()
    for number in range(9):
        haul.leave(tmp_path / f"{number}.m4a", "neither sound nor a list")
    for number in range(8):
        haul.leave(tmp_path / f"{number}.dat", "neither sound nor a list")
    haul.leave(tmp_path / "slides.pdf", "neither sound nor a list")
    names = [", ".join(f"{number}{suffix}" for number in range(8)) for suffix in (".m4a", ".dat")]
    assert settle(haul, tmp_path, tmp_path / "staged", length).lines == [
        "18 files seen: 1 known and not needed, 17 left out",
        f"left out, 9 x .m4a is not read, convert it to WAV: {names[0]}, ...",
        f"left out, 8 x neither sound nor a list: {names[1]}",
    ]


@pytest.mark.parametrize("there", [None, {"a": "old", "b/c": "kept"}])
def test_where_the_last_check_fails_the_root_is_what_it_was(tmp_path, there):
    root, work = tmp_path / "root", tmp_path / "work"
    if there:
        written(root, there)
    written(work / "staged", {"a": "new", "d/e/f": "new"})

    def failing():
        with placed(work / "staged", root):
            assert content(root) == {**(there or {}), "a": "new", "d/e/f": "new"}
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        failing()
    assert content(root) == (there or {}) and root.exists() == bool(there)
    assert not (root / "d").exists()


def test_where_the_last_check_fails_links_are_what_they_were(tmp_path):
    root, work = written(tmp_path / "root", {"other": "kept"}), tmp_path / "work"
    (root / "lost").symlink_to("nowhere")
    (root / "found").symlink_to("other")
    written(work / "staged", {"lost": "new", "found": "new"})

    def failing():
        with placed(work / "staged", root):
            assert content(root) == {"other": "kept", "lost": "new", "found": "new"}
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        failing()
    assert content(root) == {"other": "kept", "found": "kept"}
    assert [str((root / name).readlink()) for name in ("lost", "found")] == ["nowhere", "other"]
