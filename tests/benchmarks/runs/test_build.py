import pytest

import benchmarks.metrics
from benchmarks.errors import InputError
from benchmarks.runs.build import import_class, instantiate, is_installed, is_users, modules_of, places_of


def test_arguments_that_do_not_fit_are_one_line(toy_workspace):
    with pytest.raises(InputError, match=r"toy_parts.ToyModule: its arguments do not fit its signature: .*pauze"):
        instantiate("toy_parts.ToyModule", {"pauze": 1.0})


def test_a_module_registers_itself_by_being_a_file_of_the_package(tmp_path, monkeypatch):
    assert {"accuracy", "events"} <= set(modules_of(benchmarks.metrics))
    (tmp_path / "toy_metric.py").write_text("NUMBER = 7\n")
    (tmp_path / "_helper.py").write_text("raise RuntimeError\n")
    monkeypatch.setattr(benchmarks.metrics, "__path__", [*benchmarks.metrics.__path__, str(tmp_path)])
    found = modules_of(benchmarks.metrics)
    assert found["toy_metric"].NUMBER == 7
    assert "_helper" not in found


def test_arguments_that_a_data_module_passes_on_are_checked_like_its_own(miniature_esc50, tmp_path):
    path, own = "datasets.esc50.ESC50DataModule", {"root": str(miniature_esc50), "cache": str(tmp_path)}
    made = instantiate(path, {**own, "segment_frames": 41, "batch_size": 5, "train_folds": "three"})
    assert (made.segment_frames, made.batch_size, made.train_folds) == (41, 5, "three")
    for wrong in ({"batchsize": 5}, {"batch_size": "five"}, {"dataset": None}, {"segment_mode": "some"}):
        with pytest.raises(InputError, match=rf"{path}: its arguments do not fit its signature: .*{next(iter(wrong))}"):
            instantiate(path, {**own, **wrong})


@pytest.mark.parametrize("content", ["class B(:\n", "import nosuchmodule\n", "1 / 0\n"])
def test_a_file_of_a_package_that_cannot_be_imported_is_named(tmp_path, monkeypatch, content):
    import benchmarks.metrics

    (tmp_path / "odd.py").write_text(content)
    monkeypatch.setattr(benchmarks.metrics, "__path__", [*benchmarks.metrics.__path__, str(tmp_path)])
    with pytest.raises(InputError, match=r"^benchmarks.metrics.odd: cannot be imported \(.*; mend or remove it$"):
        modules_of(benchmarks.metrics)


@pytest.mark.parametrize(
    "path", ["os.system", "subprocess.Popen", "builtins.exec", "torch.hub.load", "shutil.rmtree", "__main__.main"]
)
def test_what_is_neither_ours_nor_the_users_is_refused(path):
    with pytest.raises(InputError, match=rf"^{path}: `{path.split('.')[0]}` is neither a package of the project nor"):
        import_class(path)


def test_what_our_modules_have_from_elsewhere_is_refused(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "import os\nfrom os import system\nfrom torch.nn import Linear\n\nclass Own: ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert import_class("mine.Own").__name__ == "Own"
    with pytest.raises(InputError, match=r"^mine.Linear, which is torch.nn.modules.linear.Linear: `torch` is neither"):
        import_class("mine.Linear")
    with pytest.raises(InputError, match=r"^mine.system, which is \w+.system: `\w+` is neither"):
        import_class("mine.system")
    with pytest.raises(InputError, match=r"^mine.os: is a module; name a class or a function of it$"):
        import_class("mine.os")


def test_nothing_outside_is_imported_to_be_refused(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "somebodys.py").write_text("raise SystemExit('it ran')\n")
    monkeypatch.syspath_prepend(str(installed))
    with pytest.raises(InputError, match=r"^somebodys.Network: `somebodys` is neither"):
        import_class("somebodys.Network")


def test_a_module_lies_in_its_folders_or_in_its_file(tmp_path, monkeypatch):
    for name in ("one/toy_plain", "two/toy_plain", "one/toy_package"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("one/toy_package/__init__.py", "one/toy_file.py"):
        (tmp_path / name).touch()
    for folder in ("two", "one"):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
    one, two = tmp_path / "one", tmp_path / "two"
    assert places_of("toy_plain") == [one / "toy_plain", two / "toy_plain"]
    assert places_of("toy_package") == [one / "toy_package"] and places_of("toy_file") == [one / "toy_file.py"]
    assert places_of("sys") == places_of("toy_nowhere") == places_of("") == []
    assert is_users("toy_plain") and is_users("toy_file") and not is_users("toy_nowhere")


@pytest.mark.parametrize("place", ["venv/lib/site-packages", ".local/lib/site-packages", "usr/lib/dist-packages"])
def test_what_is_installed_is_no_module_of_the_user_wherever_it_is(tmp_path, monkeypatch, place):
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "toy_installed.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / place))
    assert is_installed("toy_installed") and not is_users("toy_installed")


@pytest.mark.parametrize("name", ["sys", "os", "json", "test", "torch"])
def test_what_comes_with_python_is_installed(name):
    assert is_installed(name) and not is_users(name)


def test_arguments_may_not_name_classes_outside_either(toy_workspace):
    for name in ("class_path", "extractor"):
        with pytest.raises(InputError, match=r"^os.system: `os` is neither"):
            instantiate(
                "toy_parts.ToyModule", {"pause": [{"deep": {name: "os.system", "init_args": {"command": "true"}}}]}
            )
