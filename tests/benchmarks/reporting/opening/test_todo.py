from benchmarks.judge.results import Results
from benchmarks.reporting.opening.todo import Todo, plain_todo, todo_from, todo_of, todo_sentence, together
from tests.benchmarks.fabricated_runs import fabricate, workspace_in
from tests.benchmarks.judge.numerics.test_study import of_study


def test_a_table_says_which_runs_it_lacks_how_long_they_take_and_on_what(tmp_path):
    workspace = workspace_in(tmp_path)
    table = Results(workspace).table("acrnn.t3")
    before = todo_of(table, workspace)
    assert len(before.missing) == len(before.of) == 120  # four rows, two sets, five folds, three seeds
    told = todo_sentence(table, before)
    assert told.startswith("To run what is missing: `python -m benchmarks run acrnn.t3 --yes` (120 runs, about ")
    assert " h on one GPU (guessed)); it goes on" in told
    assert plain_todo(todo_from(plain_todo(before))) == plain_todo(before)
    assert " h on two CPU cores" in told and "(`python -m benchmarks data check esc50`)" in told


def test_what_has_run_is_no_longer_missing_and_tells_how_long_the_rest_takes(tmp_path):
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att_aug", "esc10", fingerprint="absent")
    after = todo_of(Results(workspace).table("acrnn.t3"), workspace)
    assert len(after.missing) == 105 and len(after.of) == 120
    assert not any(setting == "att_aug" and dataset == "esc10" for _, setting, dataset, _, _ in after.missing)
    assert "(105 of 120 runs, about " in todo_sentence(Results(workspace).table("acrnn.t3"), after)


def test_what_ran_in_numerics_that_give_the_same_is_told_beside_what_the_command_would_run(tmp_path):
    """`run acrnn.t3` trains in float32, whatever is there in bf16."""
    workspace = workspace_in(tmp_path)
    fabricate(workspace, "att", "esc10", numerics="bf16")
    assert len(todo_of(Results(workspace).table("acrnn.t3"), workspace).missing) == 120
    for numerics in ("float32", "bf16"):
        of_study(workspace, numerics)
    table = Results(workspace).table("acrnn.t3")
    after = todo_of(table, workspace)
    assert len(after.missing) == 120 and [*after.otherwise.values()] == 15 * ["bf16"]
    told = todo_sentence(table, after)
    assert (
        "(120 runs, " in told
        and "With `--numerics bf16`, which counts as float32 does ([numerics](numerics.md)), it" in told
    )
    assert "there are instructions for it, and 15 of them are there." in told
    assert todo_from(plain_todo(after)) == after == together([after, after])
    first = Results(workspace).table("acrnn.t1")
    missing = todo_of(first, workspace)
    assert "piczak_long" in {setting for _, setting, *_ in missing.missing}
    assert "--numerics" not in todo_sentence(first, missing), "of other networks nothing is shown"


def test_runs_that_tables_share_are_counted_once(tmp_path):
    workspace = workspace_in(tmp_path)
    results = Results(workspace)
    third, fourth = (todo_of(results.table(name), workspace) for name in ("acrnn.t3", "acrnn.t4"))
    both = together([third, fourth])
    assert len(both.of) < len(third.of) + len(fourth.of) and set(both.missing) == {*third.missing, *fourth.missing}
    assert list(both.datasets) == ["esc50"]


def test_nothing_is_told_where_nothing_is_missing_or_no_time_is_known(tmp_path):
    table = Results(workspace_in(tmp_path)).table("acrnn.t2")
    assert todo_sentence(table, todo_of(table, workspace_in(tmp_path))) == ""
    key = ("acrnn", "base", "esc10", 1, 0)
    lone = Todo({key: {}}, frozenset([key]), {"esc50": "ESC-50"})
    assert "(1 run); it goes on" in todo_sentence(table, lone) and lone.on("cuda") == ""


def test_times_are_told_as_everywhere():
    key = ("acrnn", "base", "esc10", 1, 0)
    times = {minutes: Todo({key: {"cpu": minutes}}).on("cpu") for minutes in (0.1, 119.0, 150.0, 6000.0)}
    guess = {device: Todo({key: {"cpu": 3.0}}, guessed={key: {device}}) for device in ("cpu", "cuda")}
    assert guess["cpu"].on("cpu") == "3 min, guessed" and guess["cuda"].on("cpu") == "3 min"
    more = {key: {"cpu": 3.0}, (*key[:-1], 1): {"cpu": 1.0}}
    assert Todo(more, guessed={key: {"cpu"}}).hours() == "about 4 min on two CPU cores (partly guessed)"
    assert times == {0.1: "6 s", 119.0: "2.0 h", 150.0: "2.5 h", 6000.0: "100 h"}
