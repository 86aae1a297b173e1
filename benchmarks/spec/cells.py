"""The cells of published tables: values as printed, and what is needed to reproduce one."""

from typing import Literal

from benchmarks.spec.bricks import Protocol, Strict


class Published(Strict):
    """A value as printed."""

    label: str
    value: float | None


class Cell(Strict):
    """One cell of a published table, with what is needed to reproduce it."""

    id: str
    table: str
    row: str
    column: str
    label: str
    published: float | None
    corrected: float | None
    unit: str
    decimals: int
    metric: str | None
    dataset: str | None
    test_set: str = "test"
    items: str = "all"
    #: the one fold that the cell is about; None for the mean, or the statistic, over all of them
    fold: int | None = None
    #: the cells of which this one is the plain mean
    parts: tuple["Cell", ...] = ()
    #: where the value comes from, if not from the paper's table
    added: str | None = None
    margin: float | None
    setting: str | None
    quoted: str | None
    kind: Literal["train", "audit"]
    erratum: str | None
    truncates: bool = False
    protocol: dict[str, Protocol]

    @property
    def recipe(self) -> Literal["train", "audit", "quoted"]:
        """How the cell is checked: by training, by audit, or not at all (`quoted`, with the reason)."""
        if self.quoted is not None:
            return "quoted"
        return self.kind

    @property
    def asked(self) -> tuple[str | None, ...]:
        """What is asked of each run: what it trained on what, and how it is scored on which test set."""
        return self.setting, self.dataset, self.metric, self.test_set

    @property
    def sources(self) -> tuple["Cell", ...]:
        """The cells whose runs feed this one: itself, or those of which it is the mean."""
        return self.parts or (self,)

    @property
    def question(self) -> tuple[tuple[str | int | None, ...], ...]:
        """What is asked of which runs: cells with the same question have the same answer."""
        return tuple((*one.asked, one.items, one.fold) for one in self.sources)

    @property
    def target(self) -> float | None:
        """The value to compare with: the corrected one where an erratum gives it, else the published one."""
        return self.published if self.corrected is None else self.corrected
