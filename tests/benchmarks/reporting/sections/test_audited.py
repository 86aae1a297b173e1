import pytest

from benchmarks.audit import isolated as checks
from benchmarks.errors import InputError


def test_an_audit_that_fails_elsewhere_is_one_line():
    with pytest.raises(InputError, match="audit of nonsense failed: unknown paper"):
        checks._audit_elsewhere("nonsense")
