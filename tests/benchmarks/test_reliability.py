"""The command `python -m benchmarks.reliability` itself; its parts are tried in small in the files beside this one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.provenance import ROOT
from benchmarks.reliability import __main__ as reliability
from benchmarks.reliability.parts import NAMES, Part, outcome
from benchmarks.reliability.report import Run


def test_help_tells_each_part_to_somebody_who_has_never_seen_the_code() -> None:
    call = [sys.executable, "-m", "benchmarks.reliability", "--help"]
    told = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [name for name in NAMES if f"\n{name}: " not in told] == []


def test_results_are_kept_with_seed_versions_and_page_and_other_parts_stay(tmp_path: Path) -> None:
    out, page = tmp_path / "reliability.json", tmp_path / "reliability.md"
    earlier = {"part": "kills", "database": "sqlite", "several_databases": True, "not_run": "today", "made": {}}
    call = ["ssrf", "--seed", "5", "--out", str(out)]
    assert reliability.main(call) == 0
    kept = json.loads(out.read_text())["parts"]
    earlier["made"] = kept[0]["made"]
    out.write_text(json.dumps({"parts": [earlier, *kept]}))
    assert reliability.main([*call, "--page", str(page)]) == 0
    parts = json.loads(out.read_text())["parts"]
    assert [part["part"] for part in parts] == ["kills", "ssrf"]
    assert parts[1]["seed"] == 5
    assert parts[1]["form"] == "short"
    assert parts[1]["made"]["versions"]["SQLite"]
    assert all(target["met"] for target in parts[1]["targets"])
    assert "| kills, SQLite | not run: today | | | |" in page.read_text()


def test_a_part_whose_other_module_is_missing_fails_alone_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "benchmarks.canaries", None)
    part = Part("canaries", "benchmarks.reliability.attacks:canaries", "")
    assert outcome(part, Run(long=False, seed=0))["not_run"].startswith("benchmarks.canaries cannot be used here")


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        reliability.main(["kill"])
    assert ended.value.code == 2
    assert "there is no part kill" in capsys.readouterr().err
