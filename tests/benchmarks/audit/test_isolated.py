import pytest

from benchmarks.audit import isolated
from benchmarks.errors import InputError
from benchmarks.spec import load_paper

FOUND = {"id": "acrnn.t2.crnn.params_M", "published": 3.81, "computed": 3.8079, "holds": True, "note": None}


@pytest.fixture
def asked(monkeypatch):
    """What was audited in a process of its own."""
    targets: list[str] = []
    monkeypatch.setattr(isolated, "_audit_elsewhere", lambda target: targets.append(target) or {"checks": [FOUND]})
    return targets


def checks(cache):
    return isolated.table_checks(load_paper("acrnn"), "t2", cache)


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.95])
def test_a_damaged_audit_is_done_again(tmp_path, asked, keep):
    assert checks(tmp_path) == [FOUND] == checks(tmp_path)
    assert asked == ["acrnn.t2"]
    [kept] = (tmp_path / "audit").iterdir()
    kept.write_bytes(kept.read_bytes()[: int(keep * kept.stat().st_size)])
    assert checks(tmp_path) == [FOUND] == checks(tmp_path)
    assert len(asked) == 2


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path, asked):
    (tmp_path / "file").write_text("")
    assert checks(tmp_path / "file") == [FOUND] == checks(tmp_path / "file")
    assert len(asked) == 2


def test_the_process_that_audits_may_print_and_tells_what_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("print('text of somebody')")
    monkeypatch.syspath_prepend(tmp_path)
    answer = isolated._audit_elsewhere("acrnn.t1")
    assert any(check["id"] == "acrnn.t1.helicopter" and check["holds"] for check in answer["checks"])
    with pytest.raises(InputError, match=r"^audit of acrnn.t9 failed: unknown target 'acrnn.t9'"):
        isolated._audit_elsewhere("acrnn.t9")
