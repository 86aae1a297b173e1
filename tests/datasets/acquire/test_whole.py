import os
import stat
import time

import pytest

from datasets.acquire.whole import filled, remove_abandoned, whole, work_folder, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_leaves_only_the_file(tmp_path):
    folder = tmp_path / "new"
    assert write_whole(folder / "a.txt", "one") == folder / "a.txt"
    write_whole(folder / "a.txt", b"two")
    assert names(folder) == ["a.txt"]
    assert (folder / "a.txt").read_text() == "two"


def test_text_is_utf_8(tmp_path):
    assert write_whole(tmp_path / "a.txt", "é\n").read_bytes() == "é\n".encode()


@pytest.mark.parametrize("durable", [False, True])
def test_what_fails_leaves_the_old_content(tmp_path, durable):
    path = write_whole(tmp_path / "a.txt", "old")

    def write_half():
        with whole(path, durable) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert names(tmp_path) == ["a.txt"]
    assert path.read_text() == "old"


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_that_could_not_be_filled_is_as_before(tmp_path, is_there):
    folder = tmp_path / "new"
    if is_there:
        folder.mkdir()

    def fill_half():
        with filled(folder):
            (folder / "sub").mkdir()
            for path in (folder / "c.txt", folder / "sub" / "b.txt"):
                path.touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_half()
    assert folder.exists() == is_there and names(tmp_path) == ["new"] * is_there
    assert not is_there or names(folder) == []
    with filled(folder):
        (folder / "a.txt").touch()
    assert names(folder) == ["a.txt"]
    with pytest.raises(KeyboardInterrupt):
        fill_half()
    assert names(folder) == ["a.txt"]  # which was there before


def test_readers_see_the_old_content_until_the_end(tmp_path):
    path = write_whole(tmp_path / "a.txt", "old")
    with whole(path, durable=True) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_what_a_kill_has_left_is_removed_when_it_is_old_and_nothing_else_is(tmp_path):
    for folder in (tmp_path, tmp_path / "sub"):
        write_whole(folder / ".a.txt", "a hidden file of somebody")
        for age in (0, 100_000):
            with whole(folder / "a.txt") as temporary:
                temporary.write_text("half")
                (tmp_path / "left").hardlink_to(temporary)
            (tmp_path / "left").rename(temporary)
            os.utime(temporary, (time.time() - age,) * 2)
    remove_abandoned(tmp_path, below=False)
    assert [len(names(folder)) for folder in (tmp_path, tmp_path / "sub")] == [4, 4]
    remove_abandoned(tmp_path)
    assert names(tmp_path / "sub")[0] == ".a.txt"
    assert [len(names(folder)) for folder in (tmp_path, tmp_path / "sub")] == [
        4,
        3,
    ]  # of two each, the younger one stays
    remove_abandoned(tmp_path / "nowhere")


def test_folders_that_a_kill_has_left_go_with_what_is_in_them(tmp_path):
    def left(age, newest):
        with work_folder(tmp_path / "sets") as folder:
            write_whole(folder / "sub" / "0-0", "half")
            folder.rename(tmp_path / "kept")
        (tmp_path / "kept").rename(folder)
        for path in (folder / "sub" / "0-0", folder / "sub", folder):
            os.utime(path, (time.time() - age,) * 2)
        os.utime(folder / "sub" / "0-0", (time.time() - newest,) * 2)
        return folder

    old, young, busy = left(100_000, 100_000), left(0, 0), left(100_000, 0)
    remove_abandoned(tmp_path, below=False)
    assert [one.exists() for one in (old, young, busy)] == [False, True, True]
    with work_folder(tmp_path / "sets") as folder:
        assert folder.is_dir() and folder.parent == tmp_path
    assert not folder.exists()


def test_rights_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    mode = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE(write_whole(tmp_path / "a.txt", "").stat().st_mode) == mode
