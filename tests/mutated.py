"""Modules with one place of their source changed, as a careless edit would change it."""

import importlib.util
import sys
import types
from pathlib import Path


def mutated(monkeypatch, modules, where, old, new):
    """Fresh copies of `modules` (import paths, those that are imported first) in place of themselves for one test.

    In the one called `where` every `old` in the source is `new`. Returns it.
    """
    for name in modules:
        spec = importlib.util.find_spec(name)
        source = Path(spec.origin).read_text()
        if name == where:
            assert old in source, f"{name} has no {old!r} any more: choose another mutation"
            source = source.replace(old, new)
        fresh = types.ModuleType(name)
        fresh.__file__, fresh.__package__, fresh.__spec__ = spec.origin, name.rpartition(".")[0], spec
        monkeypatch.setitem(sys.modules, name, fresh)
        exec(compile(source, spec.origin, "exec"), vars(fresh))
    return sys.modules[where]
