"""Ways in which a stored run may be other than it says it is, each a change of its folder."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.runs.files import file_sha256, read_json, write_json
from benchmarks.runs.ledger import Run
from benchmarks.runs.scores import Scores
from tests.benchmarks.fabricated_runs import items_of


def rewrite(folder: Path, scores: Scores | None = None, **data: object) -> None:
    """Change a run's scores, and its result so that all checksums fit."""
    if scores is not None:
        scores.save(folder / "scores_test.npz")
    result = read_json(folder / "result.json")
    files = {name: file_sha256(folder / name) for name in result["files"]}
    write_json(folder / "result.json", {**result, "files": files, "data": {**result["data"], **data}})


def on_items(folder: Path, items: tuple[str, ...]) -> Scores:
    """The scores of a run, as many as there are items, under these names."""
    said = Scores.load(folder / "scores_test.npz")
    return Scores(items, said.classes, said.values[: len(items)], said.kind)


def counted(used: int, expected: int) -> dict[str, dict[str, int]]:
    return {"test": {"used": used, "expected": expected}}


# -- scores of other items ---------------------------------------------------------------------------------------------


def one_item(folder: Path) -> None:
    rewrite(folder, on_items(folder, items_of("esc10", 1)[:1]))


def one_item_that_is_said_to_be_all(folder: Path) -> None:
    rewrite(folder, on_items(folder, items_of("esc10", 1)[:1]), items=counted(1, 1))


def one_item_of_nobody_knows_how_many(folder: Path) -> None:
    items = {"test": {"used": 1, "expected": None}}
    rewrite(folder, on_items(folder, items_of("esc10", 1)[:1]), items=items)


def another_fold(folder: Path) -> None:
    rewrite(folder, on_items(folder, items_of("esc10", 2)))


def invented_names(folder: Path) -> None:
    rewrite(folder, on_items(folder, tuple(f"clip {number}.wav" for number in range(80))))


def too_many(folder: Path) -> None:
    said = Scores.load(folder / "scores_test.npz")
    items = (*said.items, "1-99999-A-0.wav")
    rewrite(folder, Scores(items, said.classes, said.values[[*range(80), 0]], said.kind), items=counted(81, 81))


def one_item_twice(folder: Path) -> None:
    with np.load(folder / "scores_test.npz") as file:
        arrays = dict(file)
    arrays["items"][1] = arrays["items"][0]
    np.savez_compressed(folder / "scores_test.npz", **arrays)
    rewrite(folder)


# -- scores of another form --------------------------------------------------------------------------------------------


def fewer_classes(folder: Path) -> None:
    said = Scores.load(folder / "scores_test.npz")
    rewrite(folder, replace(said, classes=said.classes[:5], values=said.values[..., :5]))


def another_class(folder: Path) -> None:
    said = Scores.load(folder / "scores_test.npz")
    rewrite(folder, replace(said, classes=(*said.classes[:-1], "Dog")))


def another_kind(folder: Path) -> None:
    rewrite(folder, replace(Scores.load(folder / "scores_test.npz"), kind="linear"))


def frames_of_clips(folder: Path) -> None:
    said = Scores.load(folder / "scores_test.npz")
    rewrite(folder, replace(said, values=said.values.reshape(len(said.items), -1, len(said.classes)), hop=0.02))


# -- other files -------------------------------------------------------------------------------------------------------


def damaged(folder: Path) -> None:
    path = folder / "scores_test.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def altered_run(folder: Path) -> None:
    run = read_json(folder / "run.json")
    write_json(folder / "run.json", {**run, "seed": 7})


def altered_run_with_checksums(folder: Path) -> None:
    altered_run(folder)
    rewrite(folder)


def scores_are_not_listed(folder: Path) -> None:
    result = read_json(folder / "result.json")
    write_json(folder / "result.json", {**result, "files": {"run.json": result["files"]["run.json"]}})


def run_is_not_listed(folder: Path) -> None:
    result = read_json(folder / "result.json")
    del result["files"]["run.json"]
    write_json(folder / "result.json", result)


def a_test_set_is_not_listed(folder: Path) -> None:
    result = read_json(folder / "result.json")
    rewrite(folder, items={**result["data"]["items"], "evaluation": {"used": 9, "expected": 9}})


def a_file_that_nobody_lists(folder: Path) -> None:
    (folder / "checkpoint.partial").write_text("left behind")


def a_listed_file_elsewhere(folder: Path) -> None:
    result = read_json(folder / "result.json")
    (folder.parent / "secret.txt").write_text("not of this run")
    digest = file_sha256(folder.parent / "secret.txt")
    write_json(folder / "result.json", {**result, "files": {**result["files"], "../secret.txt": digest}})


def a_link(folder: Path) -> None:
    elsewhere = folder.parent.parent / "elsewhere.npz"
    (folder / "scores_test.npz").rename(elsewhere)
    (folder / "scores_test.npz").symlink_to(elsewhere)


def a_linked_folder(folder: Path) -> None:
    elsewhere = folder.parent.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


def a_folder_inside(folder: Path) -> None:
    (folder / "lightning_logs").mkdir()


def another_name(folder: Path) -> None:
    folder.rename(folder.with_name(folder.name[:-1] + "x"))


def a_file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("nothing")


def a_link_to_nothing(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to(folder.with_name("nothing"))


def no_result(folder: Path) -> None:
    (folder / "result.json").unlink()


def describe(folder: Path, **dataset: object) -> None:
    """Make it a run of another dataset, with name, recipe and checksums that fit."""
    run = Run.from_dict(read_json(folder / "run.json"))
    run = replace(run, resolved={**run.resolved, "dataset": {**run.resolved["dataset"], **dataset}})
    write_json(folder / "run.json", run.to_dict())
    write_json(folder / "result.json", {**read_json(folder / "result.json"), "id": run.id})
    rewrite(folder)
    folder.rename(folder.with_name(run.id))


def of_no_dataset(folder: Path) -> None:
    describe(folder, class_path="datasets.seeds.derive")


def of_a_dataset_with_odd_arguments(folder: Path) -> None:
    describe(folder, init_args={"subset": "esc10", "test_set": "all"})


OTHERS: list[Callable[[Path], None]] = [
    one_item, one_item_that_is_said_to_be_all, one_item_of_nobody_knows_how_many, another_fold, invented_names,
    too_many, one_item_twice, fewer_classes, another_class, another_kind, frames_of_clips, damaged, altered_run,
    altered_run_with_checksums, scores_are_not_listed, run_is_not_listed, a_test_set_is_not_listed,
    a_file_that_nobody_lists, a_listed_file_elsewhere, a_link, a_linked_folder, a_folder_inside,
    a_file_in_its_place, a_link_to_nothing, no_result, another_name, of_no_dataset, of_a_dataset_with_odd_arguments,
]  # fmt: skip
