"""The toy's census: everything is always there, as in a set without quirks."""

from datasets.acquire.census import Census


def take_census(dataset, progress=None) -> Census:
    return Census("Toy", "toy", expected=40, found=40)
