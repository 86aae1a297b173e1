import re

import pytest

from benchmarks.cli.sweep import Sweep
from benchmarks.errors import InputError
from benchmarks.runs.plan import Choice
from tests.benchmarks.fabricated_runs import workspace_in


@pytest.mark.parametrize(
    ("target", "corpus", "message"),
    [
        ("edc.t3.1_none.om_chime", "standin", "edc.t3.1_none.om_chime: its datasets have no stand-in"),
        ("edc.t3", "standin", "not there; write it with `python -m benchmarks data standin dcase2018_domestic`"),
        ("edc.t3", "miniature", "not there; write it with `python -m benchmarks data miniature dcase2018_domestic`"),
    ],
)
def test_a_corpus_that_is_not_there_names_the_command_that_writes_it(tmp_path, target, corpus, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Sweep(target, Choice("reduced", corpus), workspace_in(tmp_path), "cpu").run(confirmed=True)
