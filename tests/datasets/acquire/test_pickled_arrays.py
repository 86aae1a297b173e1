import copyreg
import os
import pickle
import random

import numpy as np
import pytest

from datasets.acquire.pickled_arrays import read_array
from datasets.errors import DataError

ARRAY = np.arange(12, dtype=np.float32).reshape(4, 3) - 5.5


def stored(tmp_path, content):
    path = tmp_path / "Y0a8RB5eOGJ4_30.000_40.000.cpickle"
    path.write_bytes(content)
    return path


def refusal(tmp_path, content, limit=1 << 20):
    path = stored(tmp_path, content)
    with pytest.raises(DataError) as caught:
        read_array(path, limit)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < 500
    return message


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<i2", "u1", "?"])
def test_pickles_of_every_protocol_and_number(tmp_path, protocol, dtype):
    array = ARRAY.astype(dtype)
    found = read_array(stored(tmp_path, pickle.dumps(array, protocol)))
    assert found.dtype == array.dtype and found.flags.writeable
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("protocol", [2, 5])
@pytest.mark.parametrize("array", [ARRAY.T, ARRAY[::2], np.array(3.0)], ids=lambda one: str(getattr(one, "shape", one)))
def test_shapes_and_orders_of_axes(tmp_path, protocol, array):
    found = read_array(stored(tmp_path, pickle.dumps(array, protocol)))
    assert found.shape == array.shape
    np.testing.assert_array_equal(found, array)


def test_old_and_new_module_paths_and_python_2(tmp_path):
    content = pickle.dumps(ARRAY, 2)
    other = {True: (b"numpy._core.", b"numpy.core."), False: (b"numpy.core.", b"numpy._core.")}
    old, new = other[b"numpy._core." in content]
    np.testing.assert_array_equal(read_array(stored(tmp_path, content.replace(old, new))), ARRAY)
    by_python_2 = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85cnumpy\n"
        b"dtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x08"
        + np.array([1.5, -2.0], "<f4").tobytes()
        + b"tb."
    )
    np.testing.assert_array_equal(pickle.loads(by_python_2, encoding="latin1"), [1.5, -2.0])
    np.testing.assert_array_equal(read_array(stored(tmp_path, by_python_2)), [1.5, -2.0])


def test_npy_files(tmp_path):
    for array in (ARRAY, ARRAY.T.astype(">f8")):
        np.save(tmp_path / "a.npy", array)
        np.testing.assert_array_equal(read_array(tmp_path / "a.npy"), array)
        content = (tmp_path / "a.npy").read_bytes()
        assert "bytes of content" in refusal(tmp_path, content[:-1])
        assert "bytes of content" in refusal(tmp_path, content + b"?")
        assert "not a .npy file" in refusal(tmp_path, content[:40])
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "objects, not of numbers" in refusal(tmp_path, (tmp_path / "a.npy").read_bytes())
    np.save(tmp_path / "a.npy", np.array(["text"]))
    assert "not of numbers" in refusal(tmp_path, (tmp_path / "a.npy").read_bytes())


class Evil:
    """Pickled, it makes a file when it is loaded."""

    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.mkdir, (str(self.victim),)


def text(value):
    return b"X" + len(value).to_bytes(4, "little") + value


def attacks(victim, other):
    """Pickles that make `victim` when they are loaded without care, and the name that is to be refused."""
    path = str(victim).encode()
    np.save(other, np.array([Evil(victim)], dtype=object), allow_pickle=True)
    return {
        "reduce": (b"cos\nsystem\n(S'mkdir " + path + b"'\ntR.", "os.system"),
        "inst": (b"(S'mkdir " + path + b"'\nios\nsystem\n.", "os.system"),
        "obj": (b"(cos\nsystem\n" + text(b"mkdir " + path) + b"o.", "os.system"),
        "stack_global": (
            b"\x80\x04" + text(b"os") + text(b"system") + b"\x93" + text(b"mkdir " + path) + b"\x85R.",
            "os.system",
        ),
        "builtins": (
            b"\x80\x02cbuiltins\ngetattr\n(cos\npath\n" + text(b"os") + b"tR" + text(b"mkdir") + b"\x86.",
            "builtins.getattr",
        ),
        "eval": (b'c__builtin__\neval\n(S\'__import__("os").mkdir("' + path + b"\")'\ntR.", "__builtin__.eval"),
        "numpy.load": (b"cnumpy\nload\n(" + text(str(other).encode()) + b"N\x88tR.", "numpy.load"),
        "in an object array": (pickle.dumps(np.array([Evil(victim)], dtype=object), 2), f"{os.mkdir.__module__}.mkdir"),
        "in the state": (pickle.dumps(ARRAY, 2)[:-2] + b"cos\nmkdir\n(" + text(path) + b"tR0b.", "os.mkdir"),
        "newline in the name": (
            b"\x80\x04" + text(b"os\nsystem") + text(b"a\nb") + b"\x93.",
            r"os\nsystem.a\nb",
        ),
        "nested name": (b"\x80\x04" + text(b"numpy") + text(b"ndarray.dump") + b"\x93.", "numpy.ndarray.dump"),
        "scalar of an object": (
            b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(" + text(b"O8") + b"K\x00K\x01tR" + text(b"?") + b"tR.",
            "numpy.core.multiarray.scalar",
        ),
        "a subclass": (b"cnumpy\nmatrix\n.", "numpy.matrix"),
    }


ATTACKS = tuple(attacks("/nowhere", os.devnull))
#: Those that really make the file, so that a reader without care would be found out.
EFFECTIVE = ("reduce", "inst", "obj", "stack_global", "eval", "numpy.load", "in an object array", "in the state")


@pytest.mark.parametrize("kind", ATTACKS)
def test_every_other_name_is_refused_and_never_run(tmp_path, kind):
    victim = tmp_path / "made"
    content, name = attacks(victim, tmp_path / "other.npy")[kind]
    message = refusal(tmp_path, content)
    assert f"asks for {name}, which no array needs" in message
    assert not victim.exists()


@pytest.mark.parametrize("kind", EFFECTIVE)
def test_the_attacks_would_work_elsewhere(tmp_path, kind):
    victim = tmp_path / "made"
    content, _ = attacks(victim, tmp_path / "other.npy")[kind]
    try:
        pickle.loads(content)
    except Exception:  # what it makes, it makes before
        assert kind == "in the state"
    assert victim.is_dir()


def test_extension_codes_are_refused_even_where_one_is_registered(tmp_path):
    copyreg.add_extension("os", "mkdir", 0x42)
    try:
        victim = tmp_path / "made"
        content = b"\x80\x02\x82\x42" + text(str(victim).encode()) + b"\x85R."
        pickle.loads(content)  # from now on the function is remembered, and no name is looked up any more
        assert victim.is_dir()
        victim.rmdir()
        for code in (b"\x82\x42", b"\x83\x42\x00", b"\x84\x42\x00\x00\x00"):
            assert "EXT" in refusal(tmp_path, content.replace(b"\x82\x42", code))
        assert not victim.exists()
    finally:
        copyreg.remove_extension("os", "mkdir", 0x42)
        copyreg.clear_extension_cache()


@pytest.mark.parametrize("content", [b"Psomewhere\n.", b"\x80\x02" + text(b"somewhere") + b"Q.", b"\x80\x05\x97."])
def test_persistent_references_and_outside_buffers(tmp_path, content):
    assert "refers to something outside" in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "told"), [(b"r\xff\xff\xff\x7f", "LONG_BINPUT 2147483647"), (b"p99999999999\n", "PUT 99999999999")]
)
def test_a_table_that_would_fill_the_memory(tmp_path, content, told):
    assert f"a broken pickle ({told} in" in refusal(tmp_path, b"\x80\x02]" + content + b".")


def pickled(shape=b"K\x02\x85", code=b"f4", order=b"<", raw=b"\x00" * 8):
    """A pickle of an array, part by part."""
    return (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01" + shape
        + b"cnumpy\ndtype\n" + text(code) + b"K\x00K\x01\x87R(K\x03" + text(order)
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89B" + len(raw).to_bytes(4, "little") + raw + b"tb."
    )  # fmt: skip


def test_parts_that_do_not_go_together(tmp_path):
    assert read_array(stored(tmp_path, pickled())).shape == (2,)
    for content, message in {
        pickled(shape=b"J\xff\xff\xff\x7f\x85"): "8 bytes of content for an array of shape",
        pickled(shape=b"J\xff\xff\xff\xff\x85"): "without a shape",
        pickled(shape=b"K\x02"): "without a shape",
        pickled(shape=b"G@\x00\x00\x00\x00\x00\x00\x00\x85"): "without a shape",
        pickled(code=b"O8"): "array of objects, not of numbers",
        pickled(code=b"V8"): "not of numbers",
        pickled(code=b"f4,O8"): "not of numbers",
        pickled(order=b"?"): "not of numbers",
    }.items():
        assert message in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("found", "kind"), [({"a": ARRAY}, "dict"), ([ARRAY], "list"), (None, "NoneType"), (ARRAY.dtype, "DType")]
)
def test_other_things_than_an_array(tmp_path, found, kind):
    assert f"another thing than an array ({kind})" in refusal(tmp_path, pickle.dumps(found, 2))


def test_an_encoding_is_not_chosen_by_the_file(tmp_path):
    content = b"\x80\x02c_codecs\nencode\n(" + text(b"x" * 10) + text(b"zlib") + b"tR."
    assert "encoding zlib" in refusal(tmp_path, content)


def test_no_file_alters_the_reading_of_the_next(tmp_path):
    """BUILD may write into a function that stands for a name; it is another function next time."""
    content = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nN}" + text(b"__defaults__") + b"K\x01\x85s\x86b."
    assert "another thing" in refusal(tmp_path, content)
    np.testing.assert_array_equal(read_array(stored(tmp_path, pickle.dumps(ARRAY, 2))), ARRAY)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_damaged_files(tmp_path, protocol):
    content = pickle.dumps(ARRAY, protocol)
    for end in range(0, len(content), 3):
        refusal(tmp_path, content[:end])
    assert "3 bytes after the end" in refusal(tmp_path, content + b"abc")
    assert f"more than the {len(content) - 1} bytes" in refusal(tmp_path, content, limit=len(content) - 1)
    assert "0 bytes" in refusal(tmp_path, b"")


def test_bytes_changed_at_random_never_do_more_than_be_refused(tmp_path):
    draw, found = random.Random(0), []
    for protocol in (0, 2, 4, 5):
        content = pickle.dumps(ARRAY, protocol)
        for _ in range(150):
            changed = bytearray(content)
            for _ in range(draw.choice((1, 1, 2, 5))):
                changed[draw.randrange(len(changed))] = draw.randrange(256)
            try:
                found.append(read_array(stored(tmp_path, bytes(changed))).dtype.kind)
            except DataError as error:
                found.append(str(error).count("\n"))
    assert set(found) <= {0, *"biuf"} and found.count(0) > 150


def test_absent_file(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_array(tmp_path / "nothing.npy")


@pytest.mark.real
def test_released_arrays_are_those_of_numpy(data_root):
    paths = sorted((data_root / "dcase2018_domestic" / "sample_log_mel").rglob("*.npy"))
    if not paths:
        pytest.skip("no released arrays here")
    assert len(paths) == 27
    for path in paths:
        np.testing.assert_array_equal(read_array(path), np.load(path))
