"""How the states of a network lie to each other, frame by frame: their map by t-SNE, and how far clips stand apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.runs.memo import Memo

#: States on a map at most, of whole clips, and t-SNE's settings (assumed).
MOST_STATES, PERPLEXITY, SEED = 2000, 30.0, 0
#: Raised whenever maps or ratios would come out otherwise.
VERSION = 1


@dataclass(frozen=True, eq=False)
class StateMap:
    """States of clips in the plane."""

    #: (points, 2)
    points: np.ndarray
    #: clips and points that are drawn, and clips in all
    clips: int
    all_clips: int
    #: mean distance of the states of one clip over mean distance of the states of two clips, of all states
    ratio: float


def state_map(states: np.ndarray, digest: str, memo: Memo) -> StateMap | None:
    """The map of states (clips, frames, units), kept by the checksum `digest` of the file that they are from.

    None where they cannot be set apart: one clip, one frame per clip, or all states the same.
    """
    kept = memo.json("states", [digest, MOST_STATES, PERPLEXITY, SEED, VERSION], lambda: _measured(states))
    return kept and StateMap(np.array(kept["points"]), kept["clips"], len(states), kept["ratio"])


def placed(vectors: np.ndarray, key: Sequence[Any], memo: Memo) -> np.ndarray:
    """Where vectors (points, units) lie in the plane (points, 2), kept by all that they depend on."""
    from threadpoolctl import threadpool_limits

    def points() -> list[Any]:
        with threadpool_limits(1):  # more threads only wait for each other
            found: list[Any] = _tsne(vectors).round(2).tolist()
            return found

    return np.array(memo.json("states", [*key, PERPLEXITY, SEED, VERSION], points))


def _measured(states: np.ndarray) -> dict[str, Any] | None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # more threads only wait for each other
        within, between = distances(states)
        if within is None or not between:
            return None
        chosen = spread_clips(states)
        points = _tsne(chosen.reshape(-1, chosen.shape[-1]))
    return {"points": points.round(2).tolist(), "clips": len(chosen), "ratio": within / between}


def distances(states: np.ndarray) -> tuple[float | None, float | None]:
    """Mean distance of two states (clips, frames, units) of one clip, and of two clips; None without such pairs."""
    clips, frames, units = states.shape
    values = states.astype(np.float64)
    values -= values.mean(axis=(0, 1))
    flat = values.reshape(-1, units)
    squares = (flat**2).sum(axis=1)
    within = between = 0.0
    for number, clip in enumerate(values):
        own = slice(number * frames, (number + 1) * frames)
        squared = squares[own, None] + squares[None] - 2 * clip @ flat.T
        found = np.sqrt(np.maximum(squared, 0.0))
        np.fill_diagonal(found[:, own], 0.0)  # by rounding it is not exactly so
        within += found[:, own].sum()
        between += found.sum() - found[:, own].sum()
    pairs = clips * frames * (frames - 1), clips * frames * (clips - 1) * frames
    return (within / pairs[0] if pairs[0] else None), (between / pairs[1] if pairs[1] else None)


def spread_clips(states: np.ndarray) -> np.ndarray:
    """So many clips that few enough states remain, spread evenly over all."""
    most = max(2, MOST_STATES // states.shape[1])
    if len(states) <= most:
        return states
    return states[np.linspace(0, len(states) - 1, most).round().astype(int)]


def _tsne(values: np.ndarray) -> np.ndarray:
    """Where (points, units) lie in the plane: (points, 2)."""
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    return TSNE(init="pca", perplexity=perplexity, random_state=SEED).fit_transform(values.astype(np.float32))
