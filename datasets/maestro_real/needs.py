"""What trainings need beside the files of the dataset: weights that the user brings."""

from collections.abc import Mapping
from typing import Any

from datasets.errors import DataError
from datasets.maestro_real.hearing.wav2vec2 import check_weights, weights_file


def lacking(arguments: Mapping[str, Any]) -> str | None:
    """Why data with these arguments of MaestroRealDataModule cannot be made here, in one line; None if they can be.

    The weights of wav2vec2 are asked for by their shapes; what else is wrong with them shows when they are used.
    """
    if arguments.get("query") != "wav2vec2":
        return None
    try:
        check_weights(weights_file(arguments.get("query_weights")))
    except DataError as error:
        return str(error)
    return None
