import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from datasets.acquire.folders import check_source, clear_download, download_work, import_work, move_into
from datasets.errors import DataError


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_an_interrupted_download_keeps_what_came_and_a_finished_one_leaves_nothing(tmp_path):
    def interrupted():
        with download_work(tmp_path / "set") as work:
            (work / "part").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with download_work(tmp_path / "set") as work:
        assert (work / "part").read_text() == "half"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("root", ["set", "not/there/yet/set"])
def test_an_interrupted_import_leaves_nothing(tmp_path, root):
    def interrupted():
        with import_work(tmp_path / "source", tmp_path / root) as work:
            work.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("work", "message"), [(download_work, "make room"), (import_work, "is untouched, repeat")])
def test_a_disk_that_refuses_is_one_line(tmp_path, work, message):
    (tmp_path / "file").write_text("")
    names = [tmp_path / "source", tmp_path / "file" / "set"][-1 if work is download_work else 0 :]

    def refused():
        with work(*names) as folder:
            folder.mkdir(parents=True)

    with pytest.raises(DataError, match=f"cannot be written .*{message}") as caught:
        refused()
    assert "\n" not in str(caught.value)


def test_nothing_is_imported_from_nowhere(tmp_path):
    with pytest.raises(DataError, match="no such folder or archive"):
        check_source(tmp_path / "source")
    (tmp_path / "1-100032-A-0.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"1-100032-A-0\.wav: a file alone that is no archive; name the folder"):
        check_source(tmp_path / "1-100032-A-0.wav")


@pytest.mark.parametrize("there", [None, {}, {"a": "old", "c": "other"}])
def test_a_folder_takes_its_place_or_its_files_do(tmp_path, there):
    source, root = tmp_path / "source", tmp_path / "deep" / "set"
    for folder, content in ((source, {"a": "new", "b/b": "new"}), (root, there)):
        if content is not None:
            folder.mkdir(parents=True)
        for name, text in (content or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
    move_into(source, root)
    assert files(root) == {**(there or {}), "a": "new", "b/b": "new"}


WORKS = {"fetch": download_work, "import": lambda root: import_work(root.parent / "source", root)}


@pytest.mark.parametrize("second", WORKS)
@pytest.mark.parametrize("first", WORKS)
def test_two_commands_never_work_on_one_dataset_at_once(tmp_path, first, second):
    """Two fetches that began at once left a root that both had broken, and one of them said that all was well."""
    root = tmp_path / "set"

    def other():
        with WORKS[second](root):
            pass

    with WORKS[first](root) as work:
        work.mkdir(exist_ok=True)
        (work / "part").write_text("half")
        with pytest.raises(DataError, match=f"{root}: another command fetches or imports it at this moment; wait"):
            other()
        clear_download(root)  # of a third command, which finds the dataset complete
        assert (work / "part").read_text() == "half"
    other()
    assert list(tmp_path.iterdir()) == []


def end_in(root):
    with download_work(root):
        os._exit(9)


def test_a_file_system_without_locks_is_worked_on_all_the_same(tmp_path, monkeypatch):
    """Nobody can tell there who else is at work."""
    fcntl = pytest.importorskip("fcntl")

    def without(descriptor, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", without)
    with download_work(tmp_path / "data") as work:
        assert work.parent == tmp_path


def test_a_command_that_was_killed_holds_nothing(tmp_path):
    process = multiprocessing.get_context("fork").Process(target=end_in, args=(tmp_path / "set",))
    process.start()
    process.join()
    assert process.exitcode == 9
    with download_work(tmp_path / "set"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("work", WORKS)
@pytest.mark.parametrize("kind", ["a file", "a link to nothing"])
def test_a_root_that_can_be_no_folder_is_told_before_any_work(tmp_path, work, kind):
    root = tmp_path / "set"
    root.write_text("") if kind == "a file" else root.symlink_to("nowhere")
    with pytest.raises(DataError, match=f"{root}: is {kind} where the dataset's folder should be"), WORKS[work](root):
        pytest.fail("it began")


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_root_that_is_a_link_or_another_disk_is_filled(tmp_path, monkeypatch, is_elsewhere):
    (tmp_path / "big").mkdir()
    (tmp_path / "set").symlink_to("big")
    (tmp_path / "source" / "b").mkdir(parents=True)
    (tmp_path / "source" / "b" / "b").write_text("new")
    replace = Path.replace

    def refused(path, place):
        if path.is_relative_to(tmp_path / "source") and is_elsewhere:
            raise OSError(18, "Invalid cross-device link")
        return replace(path, place)

    monkeypatch.setattr(Path, "replace", refused)
    move_into(tmp_path / "source", tmp_path / "set")
    assert files(tmp_path / "big") == {"b/b": "new"} and (tmp_path / "set").is_symlink()


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_a_source_whose_name_no_system_takes_is_one_line(tmp_path, name):
    with pytest.raises(DataError, match="no such folder or archive"):
        check_source(tmp_path / name)
