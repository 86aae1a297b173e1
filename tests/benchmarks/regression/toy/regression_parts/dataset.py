"""The dataset of the regression's toy, which has a miniature."""

from toy_parts import ToyDataset


class Dataset(ToyDataset):
    version = 1
