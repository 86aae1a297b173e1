"""A root in the official layout that tests may change."""

import shutil

import numpy as np
import soundfile


def copied(miniature, root, declared=False):
    """A copy of the miniature; without its declaration it passes for a real root, with clips of 10 s expected."""
    shutil.copytree(miniature, root)
    if not declared:
        (root / "miniature.json").unlink()
    return root


def write_clip(path, seconds=10.0, rate=44100, channels=1, scale=0.1, samples=None):
    """A clip of noise, or of what is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = scale * np.random.default_rng(len(str(path))).uniform(-1, 1, (round(seconds * rate), channels))
    soundfile.write(path, noise if samples is None else samples, rate, subtype="FLOAT")
