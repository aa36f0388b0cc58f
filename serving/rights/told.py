"""How a command tells of a decision."""

import json
from zoneinfo import ZoneInfo

from leads.lead import Decision
from serving import answers


def told(decision: Decision, zone: ZoneInfo, as_json: bool) -> str:
    if as_json:
        return json.dumps(answers.decision_body(decision, zone), ensure_ascii=False)
    due = f", by {decision.respond_by.astimezone(zone):%Y-%m-%d %H:%M}" if decision.respond_by else ""
    return f"{decision.lead} goes to {decision.route}: {decision.owner}{due}."
