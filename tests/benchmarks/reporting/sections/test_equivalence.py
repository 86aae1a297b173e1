"""The numbers of a study of two numerics, recipe by recipe and pair by pair."""

import numpy as np

from benchmarks.reporting.render.blocks import Folded, Grid
from benchmarks.reporting.sections.equivalence import study_blocks
from tests.benchmarks.judge.numerics.test_study import study_of


def test_recipes_and_pairs_stand_with_their_own_values_on_either_side():
    """On each of five folds with three seeds: 79, 80, 81 and 80, 82, 84 in one recipe, in the other the last alone."""
    float32, other = (np.repeat(np.array(of)[:, None], 5, axis=1) for of in (
        [[79.0, 80.0, 81.0], [90.0, 91.0, 92.0]], [[80.0, 82.0, 84.0], [90.0, 91.0, 95.0]]
    ))  # fmt: skip
    blocks = list(study_blocks(study_of(float32, other)))
    by_recipe = next(block for block in blocks if isinstance(block, Grid))
    assert by_recipe.head == ("recipe", "float32", "bf16", "difference", "spread", "pairs", "of these unequal")
    first, second = ([cell.partition(" (")[0] for cell in row] for row in by_recipe.rows)
    assert first == ["convolutional RNN", "80.00 ± 1.00", "82.00 ± 2.00", "+2.00", "2.00", "15", "15"]
    assert second == ["+ attention", "91.00 ± 1.00", "92.00 ± 2.65", "+1.00", "2.65", "15", "5"]
    (pairs,) = next(block for block in blocks if isinstance(block, Folded)).blocks
    assert pairs.head == ("recipe", "fold", "seed", "float32", "bf16", "difference") and len(pairs.rows) == 30
    assert pairs.rows[1] == ("convolutional RNN", "1", "1", "80.00", "82.00", "+2.00")
    assert pairs.rows[29] == ("+ attention", "5", "2", "92.00", "95.00", "+3.00")
