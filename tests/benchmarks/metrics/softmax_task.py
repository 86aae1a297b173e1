"""Seconds that raw outputs rank rightly within their class, and a softmax over the classes wrongly.

Where the quiet class is active, the loud one is louder still: behind the softmax the quiet one has then less than
where it is not.
"""

import numpy as np
import pandas as pd

from benchmarks.metrics import metric_named
from benchmarks.runs.scores import Scores

SECONDS, ACTIVE = 200, 0.25
#: Outputs of both classes where neither is active, and where both are; how far they wander.
INACTIVE, LOUDER, SPREAD = (0.4, 0.1), (0.6, 0.9), 0.04


def ranked(seed: int) -> tuple[float, float]:
    """F1 at the best thresholds, as a share: of the outputs as they are, and of their softmax."""
    draw = np.random.default_rng(seed)
    active = draw.uniform(size=SECONDS) < ACTIVE
    outputs = np.where(active[:, None], LOUDER, INACTIVE) + draw.uniform(-SPREAD, SPREAD, (SECONDS, 2))
    said = Scores(("street",), ("quiet", "loud"), outputs[None].astype(np.float32), "linear", 1.0)
    rows = [(label, second, second + 1.0, 1.0) for label in said.classes for second in np.flatnonzero(active)]
    truth = pd.DataFrame(rows, columns=["label", "onset", "offset", "activity"], index=["street"] * len(rows))
    truth["seconds"] = float(SECONDS)
    raw, softened = (
        metric_named(f"f1_best_thresholds_1s{rule}").compute(said, truth).value for rule in ("", "_softmax")
    )
    return raw / 100, softened / 100
