"""What scores now, told to a program and to a person."""

from typing import Any
from zoneinfo import ZoneInfo

from leads.ledger.retraining import Retraining
from leads.ledger.standing import Standing
from models.naming import model_or_none
from serving.answers import time_told

KINDS = {"logistic": "a logistic", "trees": "trees", "blend": "a blend of trees and a logistic"}


def standing_body(now: Standing, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "model": model_or_none(now.model),
        "rung": now.rung,
        "since": time_told(now.since, zone),
        "why": now.why,
        "next_rung": now.next_rung,
        "retrained": _retrained(now.retrained, zone) if now.retrained else None,
    }


def _retrained(last: Retraining, zone: ZoneInfo) -> dict[str, Any]:
    return {"retraining": last.id, "until": time_told(last.until, zone), "result": last.result, "why": last.why}


def standing_words(now: Standing, zone: ZoneInfo) -> str:
    if now.model is None or now.since is None:
        return f"The agreement's points score, since no model serves. {now.next_rung}"
    kind = f" ({KINDS[now.rung]})" if now.rung in KINDS else ""
    return f"Model {now.model}{kind} scores since {now.since.astimezone(zone):%Y-%m-%d}. {now.next_rung}"
