import pytest

from benchmarks.cli.main import run_command_line
from benchmarks.errors import fitted
from benchmarks.reporting.site import print_choice
from benchmarks.runs.plan import Choice
from tests.benchmarks.fabricated_runs import fabricate, workspace_in


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        ("44", ["    a.cell 1 quoted: one two three four five", "        six"]),
        ("200", ["    a.cell 1 quoted: one two three four five six"]),
        ("3", ["    a.cell 1 quoted: one two three four", "        five six"]),
    ],
)
def test_lines_fit_the_terminal_and_no_word_is_cut(monkeypatch, columns, lines):
    monkeypatch.setenv("COLUMNS", columns)
    assert fitted("    a.cell 1 quoted: one two three four five six").split("\n") == lines


def test_tables_headings_and_empty_lines_stay(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    row, word = f"| {'x' * 50} |", "y" * 60
    text = f"## A\n\n{row}\n\n- {'ab ' * 20}c\n{word}"
    head, _, table, _, *bullet, last = fitted(text).split("\n")
    assert (head, table, last) == ("## A", row, word)
    assert len(bullet) == 2 and bullet[1].startswith("  ab") and all(len(line) <= 40 for line in bullet)


@pytest.mark.parametrize("arguments", [["list"], ["list", "mtfa.t1"], ["plan", "acrnn"], ["audit", "pbcnn.t2"]])
def test_commands_for_reading_fit_80_characters_where_no_terminal_tells(arguments, monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(tmp_path / name))
    assert run_command_line(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 5 and max(map(len, lines)) <= 80


def test_what_run_prints_fits_but_for_its_tables(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("COLUMNS", raising=False)
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "base", "esc10", seeds=1)
    print_choice(workspace, "acrnn.t3", Choice())
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(("|", "The pages: "))]
    assert len(lines) > 20 and max(map(len, lines)) <= 80


def test_entries_of_a_list_that_go_on_are_told_from_the_next(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    text = "\n".join([f"paper.yaml:{line}: {'word ' * 12}".strip() for line in (3, 4)])
    lines = fitted(text, hanging=True).split("\n")
    assert max(map(len, lines)) <= 40 and [line for line in lines if line[0] != " "] == lines[:: len(lines) // 2]
    assert " ".join(line.strip() for line in lines) == text.replace("\n", " ")
