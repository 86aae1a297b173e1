"""The clips that the bench works on: real ones where they are, else the miniature."""

from dataclasses import dataclass
from typing import Any

from benchmarks.runs.build import import_class
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import Corpus, DatasetUse, load_paper
from datasets import registry


@dataclass(frozen=True)
class Clips:
    """A dataset as a paper uses it, and the corpus it comes from."""

    use: DatasetUse
    corpus: Corpus
    dataset: Any

    @property
    def note(self) -> str:
        """What was measured on."""
        return f"{self.use.title}, {self.corpus}"


def clips(workspace: Workspace, paper: str, dataset: str, quick: bool) -> Clips:
    """Real clips, or those of the miniature where there are none or it must be quick."""
    use = load_paper(paper).datasets[dataset]
    cls = import_class(use.class_path)
    real = workspace.dataset_root(cls.name, "real").is_dir() and not quick
    if not real:
        registry.part(cls, "miniature").write(workspace.dataset_root(cls.name, "miniature"))
    corpus: Corpus = "real" if real else "miniature"
    return Clips(use, corpus, workspace.dataset(use, corpus))
