"""Tiny releases of ESC-50 in every official layout, made of tones."""

import numpy as np
import soundfile

from datasets.esc50.layout import CATEGORIES, COLUMNS, ESC10_TARGETS

RATE, FRAMES = 44100, 220500
#: fold, source, take, target; a source with two takes, and one that lies in two folds as in the real set.
CLIPS = (
    *((1, 101, "A", 0), (2, 102, "A", 0), (2, 102, "B", 0), (3, 103, "A", 14), (4, 104, "A", 38), (5, 105, "C", 49)),
    *((2, 106, "A", 6), (3, 106, "B", 1)),
)
FOLDERS = {0: "101 - Dog", 14: "205 - Chirping birds", 38: "409 - Clock tick", 49: "510 - Hand saw"} | {
    6: "107 - Hen",
    1: "102 - Rooster",
}
ESC10_FOLDERS = {0: "001 - Dog bark", 38: "005 - Clock tick", 1: "009 - Rooster"}
ITEMS = sorted(f"{fold}-{source}-{take}-{target}.wav" for fold, source, take, target in CLIPS)
ESC10_ITEMS = [item for item in ITEMS if int(item.split("-")[3].removesuffix(".wav")) in ESC10_TARGETS]


def sound(seed, frames=FRAMES):
    time = np.arange(frames) / RATE
    return np.rint(3000 * np.sin(2 * np.pi * (300 + 100 * seed) * time)).astype(np.int16)


def list_text(clips=CLIPS, true="True", false="False", end="\n"):
    rows = [",".join(COLUMNS)]
    for fold, source, take, target in clips:
        name, is_esc10 = f"{fold}-{source}-{take}-{target}.wav", true if target in ESC10_TARGETS else false
        rows.append(f"{name},{fold},{target},{CATEGORIES[target]},{is_esc10},{source},{take}")
    return end.join(rows) + end


def write_clip(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound(seed), RATE, **({"format": "OGG"} if path.suffix == ".ogg" else {}))


def write_v2(root):
    for number, (fold, source, take, target) in enumerate(CLIPS):
        write_clip(root / "audio" / f"{fold}-{source}-{take}-{target}.wav", number)
    (root / "meta").mkdir()
    (root / "meta" / "esc50.csv").write_text(list_text())


def write_v2_inside_its_archive_folder(root):
    write_v2(root / "ESC-50-master")


def write_v1_under_v2_names(root):
    for number, (fold, source, take, target) in enumerate(CLIPS):
        write_clip(root / "audio_v1_ogg" / f"{fold}-{source}-{take}-{target}.ogg", number)
    (root / "esc50.csv").write_text(list_text())


def write_v1(root):
    for number, (fold, source, take, target) in enumerate(CLIPS):
        write_clip(root / FOLDERS[target] / f"{fold}-{source}-{take}.ogg", number)


def write_v1_esc10(root):
    for number, (fold, source, take, target) in enumerate(CLIPS):
        if target in ESC10_FOLDERS:
            write_clip(root / ESC10_FOLDERS[target] / f"{fold}-{source}-{take}.ogg", number)


LAYOUTS = {
    "v2": write_v2,
    "v2 in its archive folder": write_v2_inside_its_archive_folder,
    "v1 under v2 names": write_v1_under_v2_names,
    "v1": write_v1,
    "ESC-10 v1": write_v1_esc10,
}
