"""The demo as a newcomer starts it, without a table."""

import json
from pathlib import Path

from tests.training.test_commands_demo import accord
from training.demo.senders import WEEK_LEADS
from training.demo.team import PEOPLE, SILENT


def test_the_simulated_companys_next_week_is_played_with_its_people_one_of_whom_answers_nobody(tmp_path: Path) -> None:
    told = accord(tmp_path, "demo", "--once", "--json")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert len(found["decisions"]) == 12
    refused, promoted = found["retrainings"]
    assert (refused["promoted"], refused["result"], promoted["promoted"]) == (False, "kept", True)
    assert [gate["passed"] for gate in refused["gates"]][-1] is False
    assert all(gate["passed"] for gate in promoted["gates"])
    assert "the 500 newest leads have the very same scores as before" in told.stderr
    assert "calibration  Do as many convert as it promises? yes" in told.stderr
    assert "accord evaluate" in told.stderr
    assert "accord report" in told.stderr
    assert {decision["model"] for decision in found["decisions"]} == {promoted["model"]} == {"conversion/2"}
    week = found["week"]
    assert week["forms"] == WEEK_LEADS == sum(day["forms"] for day in week["days"])
    assert week["model"] == "conversion/2"
    assert len(week["days"]) == 7
    for happened in ("sales", "nurture", "answered", "in_time", "reminded", "reassigned", "escalated"):
        assert sum(day[happened] for day in week["days"]) > 0, happened
    people = {one["name"]: one for one in week["people"]}
    assert people.keys() == {one["name"] for one in PEOPLE}
    assert people[SILENT]["answered"] == 0
    assert people[SILENT]["paused_at"]
    assert all(one["answered"] > 0 for name, one in people.items() if name != SILENT)
    assert (week["never"]["of_nobody"], week["never"]["given_back"], week["never"]["beyond_cap"]) == (0, 0, 0)
    assert any("was reminded" in line for line in week["story"]["lines"])
    assert week["notices"] == []
