"""What is shown of long work: on a terminal which part is being worked on, and nothing where nobody looks."""

import io
import sys

import pytest

from benchmarks.launch.display import naming


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
def test_names_pass_through_and_are_shown_on_a_terminal_alone(monkeypatch, is_terminal):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Stream(is_terminal))
    with naming("reading", ["a.t1", "a.t2", "b.t1"]) as named:
        assert list(named(["a.t1", "a.t2"])) == ["a.t1", "a.t2"]
        assert list(named(["b.t1"])) == ["b.t1"]
    shown = sys.stderr.getvalue()
    assert ("reading b.t1" in shown and "2/3" in shown) if is_terminal else shown == ""
