"""What is told while datasets are fetched, checked and written, and who is told."""

from collections.abc import Callable

from datasets.contract import Dataset

#: Is told each line.
Report = Callable[[str], None]
#: Is told how many are done, and of how many.
Progress = Callable[[int, int], None]


def terms(dataset: type[Dataset]) -> str:
    """What a dataset is, and on which terms it is to be had: title, licence, page and citation, a line each."""
    return f"{dataset.title}\nlicence: {dataset.licence}\npage: {dataset.homepage}\ncitation: {dataset.citation}"
