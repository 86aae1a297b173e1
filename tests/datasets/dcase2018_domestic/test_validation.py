import hashlib
import random
from collections import Counter

import pytest

from datasets.dcase2018_domestic.layout import WEAK
from datasets.dcase2018_domestic.lists import read_weak
from datasets.dcase2018_domestic.validation import choose_validation

#: Of the sorted names that validate, one per line; a split that moves moves every number of the paper.
DIGEST = "ebfd013b17d63dc69395232179d6bdaa76e2a61c6b1d063ba2dc4eabe64da1a4"


def invented(count, seed=0):
    """Labels of clips, some classes rare and some frequent, a few clips with none."""
    draw = random.Random(seed)
    shares = {"a": 0.5, "b": 0.3, "c": 0.1, "d": 0.03}
    return {
        f"clip {n}": frozenset(label for label, share in shares.items() if draw.random() < share) for n in range(count)
    }


def positives(labels, items):
    return Counter(label for item in items for label in labels[item])


@pytest.mark.parametrize("count", [0, 1, 7, 10, 333, 1000])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_size_and_stratification(count, share):
    labels = invented(count)
    chosen = choose_validation(labels, share)
    assert len(chosen) == round(share * count) and chosen <= set(labels)
    found = positives(labels, chosen)
    for label, total in positives(labels, labels).items():
        assert abs(found[label] - share * total) <= 2


def test_depends_on_names_and_seed_alone():
    labels = invented(300)
    chosen = choose_validation(labels)
    assert choose_validation(dict(reversed(labels.items()))) == chosen
    assert choose_validation(labels, seed=1) != chosen
    assert len(choose_validation(labels, seed=1) & chosen) < 30


def test_plain_choice_is_less_even():
    """What stratification is for: the rare class of one clip in thirty."""
    labels = invented(300)
    rare = [item for item, some in labels.items() if "d" in some]
    draws = [sum(item in rare for item in random.Random(seed).sample(sorted(labels), 60)) for seed in range(200)]
    assert max(abs(one - len(rare) / 5) for one in draws) > 2
    for seed in range(20):
        assert abs(len(choose_validation(labels, seed=seed) & set(rare)) - len(rare) / 5) <= 1


@pytest.mark.real
def test_real_split_is_a_fifth_of_every_class_and_does_not_move(data_root):
    path = data_root / "dcase2018_domestic" / WEAK
    if not path.is_file():
        pytest.skip(f"no list {path}")
    labels = read_weak(path)
    chosen = choose_validation(labels)
    assert len(chosen) == 316
    found, total = positives(labels, chosen), positives(labels, labels)
    assert max(abs(found[label] - 0.2 * total[label]) for label in total) < 1
    assert hashlib.sha256("\n".join(sorted(chosen)).encode()).hexdigest() == DIGEST
