import pytest

from datasets.acquire.folders import check_source, download_work, import_work, move_into
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


def test_an_interrupted_import_leaves_nothing(tmp_path):
    def interrupted():
        with import_work(tmp_path / "source", tmp_path / "set") as work:
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
