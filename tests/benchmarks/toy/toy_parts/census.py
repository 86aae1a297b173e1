"""The toy's census: everything is always there."""


class Census:
    complete = True

    def summary(self) -> str:
        return "complete"

    def to_dict(self) -> dict:
        return {"expected": 40, "found": 40}

    def to_markdown(self) -> str:
        return "40 of 40 items found"


def take_census(dataset, progress=None) -> Census:
    return Census()
