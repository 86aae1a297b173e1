import csv
import json
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from datasets.dcase2018_domestic import standin as standin
from datasets.dcase2018_domestic.standin_plan import (
    AMBIENCE,
    CLASSES,
    LEVELS,
    RATE,
    RATIOS,
    SHARES,
    Event,
    Plan,
    Stock,
    plans,
)
from datasets.errors import DataError
from datasets.sounds.collections import Collections, Recording, shared_out

#: Enough for tests: 0.9 MB each.
FEW = {"train": 14, "validation": 4, "test": 10}
PAIRS = (("train", "validation"), ("train", "test"), ("validation", "test"))


@pytest.fixture(scope="module")
def data(miniature_esc50, tmp_path_factory):
    """A folder of collections with a miniature ESC-50."""
    root = tmp_path_factory.mktemp("data")
    (root / "esc50").symlink_to(miniature_esc50)
    return root


@pytest.fixture(scope="module")
def stock(data):
    return Stock(Collections(data))


@pytest.fixture(scope="module")
def root(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("standin") / "domestic"
    standin.write(root, data, clips=FEW, jobs=1)
    return root


def declared(root):
    return json.loads((root / "standin.json").read_text())


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def decibel(samples):
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def plans_of(root):
    """The plans that a corpus declares, by path."""
    found = declared(root)
    planned = {}
    for part, files in found["origins"].items():
        for path in files:
            item = path.rsplit("/", 1)[1]
            one = found["mixed"][item]
            events = tuple(Event(*event) for event in one["events"])
            planned[path] = Plan(part, item, one["scene"], one["level"], events)
    return planned


def check_events(root, stock):
    """Hold each clip with one event to what is told of it: what is left after its background is the event.

    The oracle is the background alone, mixed anew; the file's gain comes from where no event is annotated.
    """
    checked = 0
    for path, plan in plans_of(root).items():
        if len(plan.events) == 1:
            samples, _ = soundfile.read(root / path)
            background = standin.render(stock, replace(plan, events=()))[0]
            event = plan.events[0]
            heard = slice(round(event.onset * RATE), round(event.offset * RATE) + 1)
            outside = np.ones(len(samples), bool)
            outside[heard] = False
            gain = samples[outside] @ background[outside] / np.square(background[outside]).sum()
            left = samples / gain - background
            assert abs(decibel(left[heard]) - decibel(background) - event.ratio) < 1
            assert decibel(left[outside]) < decibel(left[heard]) - 40  # rounding to 16 bit
            checked += 1
    assert checked >= 4


def test_parts_share_no_source_recording(root):
    origins = declared(root)["origins"]
    assert {part: len(files) for part, files in origins.items()} == FEW
    sources = {
        part: {name.split("-")[1] for names in files.values() for name in names} for part, files in origins.items()
    }
    assert not any(sources[one] & sources[other] for one, other in PAIRS)
    assert all(sources.values())
    assert {path for files in origins.values() for path in files} == {
        path.relative_to(root).as_posix() for path in root.rglob("*.wav")
    }


def test_weak_labels_are_what_was_mixed(root):
    found = declared(root)
    listed = {row["filename"]: row["event_labels"].split(",") for row in rows(root / "metadata/train/weak.csv")}
    assert len(listed) == FEW["train"] + FEW["validation"] and len(found["validation"]) == FEW["validation"]
    assert {f"audio/train/weak/{item}" for item in found["validation"]} == set(found["origins"]["validation"])
    for item, labels in listed.items():
        assert labels == sorted(label for label, *_ in found["mixed"][item]["events"])
        assert (root / "audio/train/weak" / item).is_file()


def test_strong_annotation_is_what_was_mixed(root):
    table = rows(root / "metadata/test/test.csv")
    assert list(table[0]) == ["filename", "onset", "offset", "event_label"]
    assert all(re.fullmatch(r"\d+\.\d{3}", row[column]) for row in table for column in ("onset", "offset"))
    told = {(row["filename"], row["event_label"], float(row["onset"]), float(row["offset"])) for row in table}
    found = declared(root)
    items = {path.rsplit("/", 1)[1] for path in found["origins"]["test"]}
    mixed = {(item, event[0], event[2], event[3]) for item in items for event in found["mixed"][item]["events"]}
    assert told == mixed and {item for item, *_ in told} == items == {p.name for p in (root / "audio/test").iterdir()}
    assert all(0 <= onset < offset <= 10 and 0.25 < offset - onset <= 5 + 1e-9 for *_, onset, offset in told)


def test_recordings_of_a_clip_are_of_its_classes_and_its_scene(root, stock):
    origins = declared(root)["origins"]
    for path, plan in plans_of(root).items():
        names = {kind: {one.name for one in some} for kind, some in stock.parts[plan.part].items()}
        events = {event.recording for event in plan.events}
        assert all(event.recording in names[event.label] for event in plan.events)
        assert events < set(origins[plan.part][path]) <= events | names[plan.scene]


def test_formats_are_those_of_the_official_set(root):
    for path in root.rglob("*.wav"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype, info.frames) == (44100, 1, "PCM_16", 441000)
        name = re.fullmatch(r"Y[A-Za-z0-9_-]{11}_(\d+\.000)_(\d+\.000)\.wav", path.name)
        assert name and float(name[2]) - float(name[1]) == 10
    found = declared(root)
    assert found["classes"] == list(CLASSES) == sorted(CLASSES) and found["clip_seconds"] == 10.0


def test_levels_are_drawn_from_a_wide_range_and_nothing_clips(root):
    levels = []
    for path, plan in plans_of(root).items():
        samples, _ = soundfile.read(root / path)
        levels.append(decibel(samples))
        is_as_drawn = abs(levels[-1] - plan.level) < 0.05
        is_at_its_peak = levels[-1] < plan.level and abs(np.abs(samples).max() - 0.9) < 1e-3
        assert is_as_drawn or is_at_its_peak
        assert LEVELS[0] - 0.05 < levels[-1] < LEVELS[1] + 0.05
    assert np.ptp(levels) > 15


def test_events_are_as_loud_as_drawn_and_where_annotated(root, stock):
    check_events(root, stock)


def test_is_the_same_whatever_the_number_of_threads_and_written_once(root, data, tmp_path):
    told = []
    standin.write(root, data, lambda *pair: told.append(pair), clips=FEW)
    assert not told
    standin.write(tmp_path / "again", data, lambda *pair: told.append(pair), clips=FEW, jobs=5)
    assert told[-1] == (28, 28) and len(told) == 28
    paths = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
    assert paths == sorted(path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*.*"))
    assert all((root / path).read_bytes() == (tmp_path / "again" / path).read_bytes() for path in paths)
    assert len(paths) == declared(root)["files"]


def test_a_corpus_that_lacks_a_clip_is_written_anew(data, tmp_path):
    one = {"train": 1, "validation": 1, "test": 1}
    standin.write(tmp_path / "domestic", data, clips=one)
    lost = next((tmp_path / "domestic").rglob("audio/test/*.wav"))
    lost.unlink()
    standin.write(tmp_path / "domestic", data, clips=one)
    assert lost.is_file()


def test_credits_name_every_recording(root):
    used = {name for files in declared(root)["origins"].values() for names in files.values() for name in names}
    lines = [line.split("\t") for line in (root / "CREDITS.txt").read_text().splitlines()[3:]]
    assert {line[0] for line in lines} == used and all(len(line) == 4 and line[1] for line in lines)


def test_absent_collections_are_one_line(miniature_esc50, tmp_path):
    with pytest.raises(DataError, match="esc50: no such folder"):
        standin.write(tmp_path / "domestic", tmp_path)
    (tmp_path / "esc50" / "audio").mkdir(parents=True)
    (tmp_path / "esc50" / "meta").symlink_to(miniature_esc50 / "meta")
    (tmp_path / "esc50" / "miniature.json").symlink_to(miniature_esc50 / "miniature.json")
    for path in (miniature_esc50 / "audio").iterdir():
        if not path.stem.endswith("-36"):
            (tmp_path / "esc50" / "audio" / path.name).symlink_to(path)
    with pytest.raises(DataError, match="vacuum_cleaner: too few recordings") as caught:
        standin.write(tmp_path / "domestic", tmp_path)
    assert "\n" not in str(caught.value) and not (tmp_path / "domestic").exists()


@pytest.mark.parametrize(
    ("part", "sizes", "positives"),
    [("train", (298, 158, 24), 60), ("validation", (74, 40, 6), 15), ("test", (198, 106, 16), 30)],
)
def test_plans_are_balanced(stock, part, sizes, positives):
    planned = plans(stock, part, standin.CLIPS[part])
    assert planned == plans(stock, part, standin.CLIPS[part])
    assert tuple(Counter(len(plan.labels) for plan in planned)[size] for size in (1, 2, 3)) == sizes
    assert all(len(plan.labels) == len(plan.events) for plan in planned)
    assert len({plan.item for plan in planned}) == len(planned)
    counts = Counter(label for plan in planned for label in plan.labels)
    assert set(counts) == set(CLASSES) and positives <= min(counts.values()) >= max(counts.values()) - 1
    scenes = Counter(plan.scene for plan in planned)
    assert set(scenes) == set(AMBIENCE) and max(scenes.values()) - min(scenes.values()) <= 1
    uses = Counter(event.recording for plan in planned for event in plan.events)
    for label in CLASSES:
        times = [uses[one.name] for one in stock.parts[part][label]]
        assert max(times) - min(times) <= 1
    ratios = [event.ratio for plan in planned for event in plan.events]
    assert RATIOS[0] <= min(ratios) < RATIOS[0] + 0.5 and RATIOS[1] - 0.5 < max(ratios) <= RATIOS[1]
    levels = [plan.level for plan in planned]
    assert LEVELS[0] <= min(levels) < LEVELS[0] + 1 and LEVELS[1] - 1 < max(levels) <= LEVELS[1]


def test_one_source_goes_to_one_part_whatever_the_kind():
    def recordings(kind, sizes):
        return [
            Recording(f"{kind}/{source}-{take}", f"source {source}", None, "CC0")
            for source, size in enumerate(sizes)
            for take in range(size)
        ]

    kinds = {"dog": recordings("dog", [7, 3, 2, 2, *[1] * 26]), "cat": recordings("cat", [1] * 30)}
    shared = shared_out(kinds, SHARES, seed=0)
    assert {part: len(some["dog"]) for part, some in shared.items()} == {"train": 22, "validation": 6, "test": 12}
    assert sorted(one for some in shared.values() for one in some["dog"]) == sorted(kinds["dog"])
    sources = {part: {one.source for some in kinds.values() for one in some} for part, kinds in shared.items()}
    assert not any(sources[one] & sources[other] for one, other in PAIRS)
    with pytest.raises(DataError, match="cow: too few recordings"):
        shared_out({"cow": recordings("cow", [1, 3])}, SHARES, seed=0)


@pytest.mark.real
def test_real_recordings_are_shared_out_as_told(data_root):
    stock = Stock(Collections(data_root))
    for part, count in (("train", 22), ("validation", 6), ("test", 12)):
        assert all(len(stock.parts[part][label]) == count for label in CLASSES)
        assert all(len({one.source for one in stock.parts[part][label]}) >= 4 for label in CLASSES)
    sources = {part: {one.source for some in kinds.values() for one in some} for part, kinds in stock.parts.items()}
    assert not any(sources[one] & sources[other] for one, other in PAIRS)
    assert all(one.licence.startswith("CC") for one in stock.recordings.values())


@pytest.mark.real
def test_real_events_are_as_loud_as_drawn_and_where_annotated(data_root, tmp_path):
    standin.write(tmp_path / "domestic", data_root, clips={"train": 6, "validation": 2, "test": 4})
    check_events(tmp_path / "domestic", Stock(Collections(data_root)))
