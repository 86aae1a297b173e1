"""Which clips of the weak list validate: a fifth, with every class represented as in the whole."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256

#: Share of the weak list that validates: that of the official baseline (its readme); the paper says nothing.
SHARE = 0.2
#: The seed of the one split that all settings share (assumed).
SEED = 0


def choose_validation(labels: Mapping[str, frozenset[str]], share: float = SHARE, seed: int = SEED) -> frozenset[str]:
    """The clips that validate, of those of a weak list: round(share * clips) of them, stratified over classes.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, ECML PKDD 2011): classes in turn, the rarest among what
    is left first, each clip to the part that lacks most of that class. Then single clips change sides until the number
    is right. A function of names, labels and seed alone: neither the order of the list nor any library counts.
    """
    turn = sorted(labels, key=lambda item: sha256(f"{seed}/validation/{item}".encode()).digest())
    size = round(share * len(turn))
    wanted = Counter(label for item in turn for label in labels[item])
    need = {
        part: {label: part_share * count for label, count in wanted.items()}
        for part, part_share in (("validation", share), ("train", 1.0 - share))
    }
    room = {"validation": float(size), "train": float(len(turn) - size)}
    chosen: set[str] = set()
    left = dict.fromkeys(turn)
    while left:
        counts = Counter(label for item in left for label in labels[item])
        rarest = min(counts, key=lambda label: (counts[label], label), default=None)
        for item in [item for item in left if rarest is None or rarest in labels[item]]:
            part = max(need, key=lambda one: (need[one].get(rarest or "", 0.0), room[one]))
            if part == "validation":
                chosen.add(item)
            for label in labels[item]:
                need[part][label] -= 1
            room[part] -= 1
            del left[item]
    return frozenset(_resized(chosen, turn, labels, size, share))


def _resized(
    chosen: set[str], turn: list[str], labels: Mapping[str, frozenset[str]], size: int, share: float
) -> set[str]:
    """`chosen` with clips added or removed until there are `size`, each the one that keeps the classes most even."""
    wanted = Counter(label for item in turn for label in labels[item])

    def unevenness(items: set[str]) -> float:
        have = Counter(label for item in items for label in labels[item])
        return sum((have[label] - share * count) ** 2 for label, count in wanted.items())

    while len(chosen) != size:
        movable = [item for item in turn if (item in chosen) == (len(chosen) > size)]
        chosen = min((chosen ^ {item} for item in movable), key=unevenness)
    return chosen
