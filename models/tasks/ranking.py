"""The area under the ROC curve by which validation is judged, with torch alone.

It equals scikit-learn's roc_auc_score. What a table prints is computed elsewhere, by the official tool.
"""

import torch
from torch import Tensor


def roc_auc(scores: Tensor, positive: Tensor) -> float:
    """The chance that a positive clip scores higher than a negative one, ties counted half.

    scores: (n,), finite; positive: (n,), bool, with both kinds in it.
    """
    _, place, counts = torch.unique(scores, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    ranks = (last - (counts - 1) / 2)[place]  # from 1; equal scores share the mean of their ranks
    positives = int(positive.sum())
    negatives = len(positive) - positives
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def macro_roc_auc(scores: Tensor, targets: Tensor) -> float:
    """The mean AUC over the classes that have positives and negatives; scores and targets (0 or 1) are (n, classes).

    Raises ValueError if no class has both, or if a score is NaN.
    """
    scores, positive = scores.detach().cpu(), targets.detach().cpu() > 0.5
    if scores.isnan().any():
        raise ValueError("validation scores hold NaN: the training has diverged; lower the learning rate")
    rated = [
        column for column in range(positive.shape[1]) if positive[:, column].any() and not positive[:, column].all()
    ]
    if not rated:
        raise ValueError(
            f"no class has positives and negatives among the {len(positive)} validation clips, so there is no AUC; "
            "validate on more clips"
        )
    return sum(roc_auc(scores[:, column], positive[:, column]) for column in rated) / len(rated)
