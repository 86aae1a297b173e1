"""Clips without files as runs name them: a dataset and its DataModule by import path."""

from pathlib import Path
from typing import Any

from datasets.batches.clips import ClipDataModule
from tests.datasets.batches.fake_clips import FakeClips


class FakeScenesDataModule(ClipDataModule):
    """FakeClips for runs."""

    def __init__(self, root: Path | str, cache: Path | str = "cache", **options: Any) -> None:
        super().__init__(FakeClips(per=1), cache=cache, **options)
