import errno
import json
import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.runs import files
from benchmarks.runs.ledger import FORMAT, Ledger, Run, load_finished
from benchmarks.runs.scores import Scores
from datasets.acquire import locks
from datasets.acquire.whole import remove_abandoned
from tests.benchmarks.fabricated_results import result_of


def resolved(width: int = 3) -> dict:
    parts = {name: {"class_path": f"toy.{name}", "init_args": {}} for name in ("dataset", "data")}
    return {**parts, "model": {"class_path": "toy.Net", "init_args": {"width": width}}, "trainer": {}}


def make_run(**changes) -> Run:
    fields = {
        "paper": "toy", "setting": "plain", "dataset": "toy", "fold": 1, "seed": 0, "tier": "full", "corpus": "real",
        "numerics": "float32", "resolved": resolved(), "probes": ["mask"],
        "protocol": {"train": "rest"}, "versions": {"toy.Net": 1}, "fingerprint": "0123456789abcdef",
    }  # fmt: skip
    return Run(**{**fields, **changes})


def save_scores(attempt: Path, value: float = 0.5) -> None:
    items = tuple(f"{number}.wav" for number in range(4))
    Scores(items, ("a", "b"), np.full((4, 2), value, dtype=np.float32), "probability").save(attempt / "scores_test.npz")


def publish(ledger: Ledger, run: Run, value: float = 0.5) -> Path:
    attempt = ledger.attempt(run)
    save_scores(attempt, value)
    return ledger.publish(run, attempt, result_of(attempt))


@pytest.mark.parametrize(
    "changes",
    [
        {"fold": 2}, {"seed": 1}, {"tier": "reduced"}, {"numerics": "tf32"}, {"corpus": "miniature"},
        {"fingerprint": "f" * 16}, {"versions": {"toy.Net": 2}}, {"protocol": {"train": "all"}},
        {"resolved": resolved(width=4)},
    ],
)  # fmt: skip
def test_everything_that_moves_numbers_is_in_the_identity(changes):
    assert make_run(**changes).id != make_run().id


def test_probes_move_no_number_and_are_not_in_the_identity():
    assert make_run(probes=[]).id == make_run().id


def test_the_identity_of_stored_runs_stays():
    run = make_run()
    assert (run.recipe, run.id) == ("4157c749536d", "toy-toy-plain-full-f1-s0-efd51d2eaa")


def test_identity_does_not_depend_on_the_order_of_keys():
    one = make_run(resolved={"a": 1, "b": 2})
    assert one.id == make_run(resolved={"b": 2, "a": 1}).id


def test_a_published_run_reads_back_and_is_done(tmp_path):
    ledger, run = Ledger(tmp_path), make_run()
    assert not ledger.is_done(run)
    folder = publish(ledger, run)
    assert ledger.is_done(run)
    assert ledger.is_done(make_run(fingerprint="absent"))  # where the data are not here, any state of them counts
    assert not ledger.is_done(make_run(fingerprint="absent", paper="another"))
    finished = load_finished(folder)
    assert finished.run == run
    finished.verify()
    assert not list((tmp_path / ".attempts").glob("*"))


def test_the_second_publisher_of_a_run_loses_and_the_first_result_stays(tmp_path):
    ledger, run = Ledger(tmp_path), make_run()
    first, second = ledger.attempt(run), tmp_path / ".attempts" / run.id / "other"
    second.mkdir()
    save_scores(first, 0.1)
    made = result_of(first)
    ledger.publish(run, first, made)
    second.mkdir(parents=True, exist_ok=True)
    save_scores(second, 0.2)
    with pytest.raises(InputError, match="vanished while the run was made; run it again"):
        ledger.publish(run, second, made)
    (second / "run.json").write_text(json.dumps(run.to_dict()))
    ledger.publish(run, second, made)
    assert Scores.load(tmp_path / run.id / "scores_test.npz").values[0, 0] == np.float32(0.1)


def test_an_attempt_left_by_a_killed_process_is_taken_over_with_its_checkpoint(tmp_path):
    ledger, run = Ledger(tmp_path), make_run()
    left = ledger.attempt(run)
    (left / "checkpoint.ckpt").write_text("epoch 7")
    bare = left.with_name("0" * 32)
    bare.mkdir()
    assert ledger.attempt(run) == left
    assert not bare.exists()


def test_a_run_that_cannot_be_published_keeps_its_checkpoint(tmp_path):
    def refuse(*of_a_run):
        raise InputError("not today")

    run = make_run()
    ledger = Ledger(tmp_path, check_items=refuse)
    attempt = ledger.attempt(run)
    (attempt / "checkpoint.ckpt").write_text("epoch 7")
    with pytest.raises(InputError, match="not today"):
        publish(ledger, run)
    assert [one["checkpoint"] for one in ledger.attempts()] == [True]
    attempt = Ledger(tmp_path).attempt(run)
    assert (attempt / "checkpoint.ckpt").read_text() == "epoch 7"
    folder = publish(Ledger(tmp_path), run)
    assert not (folder / "checkpoint.ckpt").exists() and not list((tmp_path / ".attempts").iterdir())


def test_a_run_that_is_tried_again_has_not_failed(tmp_path):
    ledger, run = Ledger(tmp_path), make_run()
    ledger.record_failure(run.id, "a full disk", "trace")
    assert list(ledger.failures()) == [run.id]
    ledger.attempt(run)
    assert not ledger.failures()


def test_damage_is_found(tmp_path):
    folder = publish(Ledger(tmp_path), make_run())
    (folder / "scores_test.npz").write_text("scoreS")
    with pytest.raises(InputError, match=r"scores_test.npz: damaged .* to redo it"):
        load_finished(folder).verify()
    (folder / "scores_test.npz").unlink()
    with pytest.raises(InputError, match="missing from a finished run"):
        load_finished(folder)


def test_a_result_cut_short_is_one_line(tmp_path):
    folder = publish(Ledger(tmp_path), make_run())
    content = (folder / "result.json").read_text()
    (folder / "result.json").write_text(content[: len(content) // 2])
    with pytest.warns(UserWarning, match=r"left out: .*result.json: cut short or not JSON; remove the folder"):
        assert list(Ledger(tmp_path).finished()) == []


def test_a_newer_store_and_a_newer_result_are_refused(tmp_path):
    folder = publish(Ledger(tmp_path), make_run())
    result = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**result, "format": FORMAT + 1}))
    with pytest.warns(UserWarning, match="left out: .*newer version of the harness"):
        assert list(Ledger(tmp_path).finished()) == []
    (tmp_path / "ledger.json").write_text(json.dumps({"format": FORMAT + 1}))
    with pytest.raises(InputError, match="newer version of the harness"):
        Ledger(tmp_path)


@pytest.mark.parametrize("content", ["[1]", '{"format": "x"}', "{"])
def test_a_mark_of_another_form_is_one_line_that_never_advises_to_delete_the_store(tmp_path, content):
    (tmp_path / "ledger.json").write_text(content)
    with pytest.raises(InputError) as caught:
        Ledger(tmp_path)
    assert "ledger.json" in str(caught.value) or str(tmp_path) in str(caught.value)
    assert "remove the folder" not in str(caught.value)


def test_an_older_store_and_an_older_result_name_the_command_that_helps(tmp_path):
    folder = publish(Ledger(tmp_path), make_run())
    result = json.loads((folder / "result.json").read_text())
    command = f"`python -m benchmarks migrate {tmp_path}`"
    older = f": written by an older version of the harness; {command} brings it up to date$"
    (folder / "result.json").write_text(json.dumps({**result, "format": FORMAT - 1}))
    with pytest.warns(UserWarning, match="result.json" + older):
        assert list(Ledger(tmp_path).finished()) == []
    (tmp_path / "ledger.json").write_text(json.dumps({"format": FORMAT - 1}))
    with pytest.raises(InputError, match=f"ledger.json{older}"):
        Ledger(tmp_path)


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    target = tmp_path / "deep" / "result.json"

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left on device"):
        files.write_json(target, {})
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def _hold(path, holding, release):
    with files.claimed(path) as held:
        assert held
        holding.set()
        release.wait(20)


def test_a_claim_is_exclusive_and_goes_with_its_process(tmp_path):
    claim = tmp_path / "claim"
    context = multiprocessing.get_context("spawn")
    holding, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(claim, holding, release))
    holder.start()
    assert holding.wait(20)
    with files.claimed(claim) as held:
        assert not held
    assert files.is_claimed(claim)
    holder.kill()
    holder.join()
    assert not files.is_claimed(claim)
    with files.claimed(claim) as held:
        assert held


def test_a_look_at_a_claim_does_not_refuse_it(tmp_path, monkeypatch):
    """A look shares the lock for a moment; here it ends when the claim has just been refused."""
    claim = tmp_path / "claim"
    claim.touch()
    refused: list[bool] = []
    with claim.open("rb") as look:
        assert files.try_lock(look.fileno(), shared=True)

        def try_lock(handle: int, shared: bool = False) -> bool:
            is_had = locks.try_lock(handle, shared)
            if not is_had:
                refused.append(shared)
                look.close()
            return is_had

        monkeypatch.setattr(files, "try_lock", try_lock)
        with files.claimed(claim) as held:
            assert held and refused == [False] and files.is_claimed(claim)


def test_what_a_kill_has_left_of_a_finished_run_is_removed(tmp_path):
    ledger, run, other = Ledger(tmp_path), make_run(), make_run(seed=1)
    attempts = tmp_path / ".attempts"
    publish(ledger, run)
    for one in (run, other):
        (attempts / one.id / "1").mkdir(parents=True)
        files.write_json(tmp_path / ".failures" / f"{one.id}.json", {"message": "out of luck", "trace": ""})
    ledger.tidy()
    assert [path.name for path in attempts.iterdir()] == [other.id]
    assert [path.stem for path in (tmp_path / ".failures").iterdir()] == [other.id]


def test_what_a_kill_has_left_half_written_is_found_wherever_files_of_ours_are_written(tmp_path):
    ledger, half = Ledger(tmp_path), f".one.json.{'0' * 32}"
    publish(ledger, make_run())
    ours = [tmp_path / name for name in (".slurm/sweep", ".sweeps", ".background", ".logs", make_run().id)]
    theirs = [tmp_path / name for name in ("logs/of/lightning", "of_somebody")]
    for folder in (*ours, *theirs):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / half).touch()
        os.utime(folder / half, (0, 0))
    for place in ledger.places():
        remove_abandoned(place)
    assert [path.parent for path in sorted(tmp_path.rglob(half))] == theirs


def test_failures_are_kept_until_the_run_succeeds(tmp_path):
    ledger, run = Ledger(tmp_path), make_run()
    ledger.record_failure(run.id, "out of luck", "trace")
    assert ledger.failures()[run.id]["message"] == "out of luck"
    publish(ledger, run)
    assert ledger.failures() == {}
    ledger.record_failure(run.id, "another worker came too late", "trace")
    assert not list((ledger.root / ".failures").iterdir())
