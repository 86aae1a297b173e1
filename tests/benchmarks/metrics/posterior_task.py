"""Files that only summed log posteriors decide rightly: many segments favour one class a little, one excludes it.

The segments are drawn so that their likelihood ratios multiply to the true class, as those of independent segments do.
"""

import numpy as np

from benchmarks.metrics.accuracy import mean_probability_decisions
from benchmarks.metrics.scenes import log_posterior_decisions
from benchmarks.runs.scores import Scores

FILES, SEGMENTS = 200, 19


def summed(seed: int) -> tuple[float, float]:
    """Shares of files that are right: by the sum of log posteriors, and by the mean of posteriors."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, 2, FILES)
    against = rng.uniform(0.51, 0.55, (FILES, SEGMENTS))  # of the other class
    telling = rng.integers(0, SEGMENTS, FILES)
    # What the others say is outweighed in logarithms, and not in their mean.
    odds = np.log(against / (1 - against)).sum(axis=1) + 1.0
    against[np.arange(FILES), telling] = 1 / (1 + np.exp(odds))
    posteriors = np.stack([1 - against, against], axis=-1)
    posteriors[true == 1] = posteriors[true == 1, :, ::-1]
    said = Scores(tuple(f"{number}.wav" for number in range(FILES)), ("bus", "park"), np.log(posteriors), "logit")
    by_sum, by_mean = (decide(said) == true for decide in (log_posterior_decisions, mean_probability_decisions))
    return float(by_sum.mean()), float(by_mean.mean())
