import json

import pytest

from datasets.errors import DataError
from datasets.generated import count_files, has_its_files, read_declaration, write_once

DECLARED = {"corpus": "miniature", "seed": 0}


def write(root, text="one", **changes):
    filled = []

    def fill(folder):
        filled.append(folder)
        (folder / "audio").mkdir()
        (folder / "audio" / "a.txt").write_text(text)
        return {"files": count_files(folder) + 1}

    write_once(root, "miniature.json", {**DECLARED, **changes}, fill, has_its_files)
    return len(filled)


def test_a_corpus_is_written_once_and_again_where_it_is_another_or_not_whole(tmp_path):
    root = tmp_path / "corpus"
    assert write(root) == 1
    assert json.loads((root / "miniature.json").read_text()) == {**DECLARED, "files": 2}
    assert write(root) == 0
    assert write(root, text="two", seed=1) == 1
    assert (root / "audio" / "a.txt").read_text() == "two"
    (root / "audio" / "a.txt").unlink()
    assert write(root, text="three", seed=1) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_what_fails_half_way_leaves_the_old_corpus(tmp_path):
    root = tmp_path / "corpus"
    write(root)

    def fill(folder):
        (folder / "half").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_once(root, "miniature.json", {"seed": 1}, fill, has_its_files)
    assert write(root) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]


def test_hidden_files_do_not_count(tmp_path):
    (tmp_path / ".note").write_text("")
    (tmp_path / "a").write_text("")
    assert count_files(tmp_path) == 1


def checked(declared):
    float(declared["clip_seconds"])
    return declared


@pytest.mark.parametrize("name", ["miniature", "standin"])
def test_a_declaration_is_read(tmp_path, name):
    assert read_declaration(tmp_path, "some", checked) == {}
    (tmp_path / f"{name}.json").write_text('{"clip_seconds": 1}')
    assert read_declaration(tmp_path, "some", checked) == {"clip_seconds": 1}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"clip_seconds": "long"}', '{"clip_seconds": null}'])
def test_a_bad_declaration_is_one_line_that_tells_the_way_out(tmp_path, text):
    (tmp_path / "standin.json").write_text(text)
    with pytest.raises(DataError, match=r"not a declaration of a standin; delete .* data standin some`") as caught:
        read_declaration(tmp_path, "some", checked)
    assert "\n" not in str(caught.value)
