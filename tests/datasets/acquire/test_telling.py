import re
from pathlib import Path

import pytest

from datasets.acquire.telling import enumerated

#: A list of labels that is joined by hand: which of its commas are its own cannot be told.
BY_HAND = re.compile(r"""["'], ["']\.join\([^\n"']*\blabels?\b""")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["KNN [21]"], "KNN [21]"),
        (["KNN [21]", "SVM [21]"], "KNN [21], SVM [21]"),
        (["OM, DCASE", "AM"], "OM, DCASE; AM"),
        ({"c = 6": 1, "c = 6, mixup": 2}, "c = 6; c = 6, mixup"),
    ],
)
def test_names_with_commas_stand_apart_by_semicolons(names, told):
    assert enumerated(names) == told


def test_no_page_and_no_verdict_joins_labels_by_hand():
    sources = [path for folder in ("reporting", "judge") for path in Path("benchmarks", folder).rglob("*.py")]
    found = [f"{path}: {line}" for path in sources for line in BY_HAND.findall(path.read_text(encoding="utf-8"))]
    assert len(sources) > 50 and not found
    assert BY_HAND.search('told = ", ".join(one.cell.label for one in rows)')
