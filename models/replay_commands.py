"""The verb `replay`: makes decisions again and says whether they come out the same."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from leads.refusal import Refusal

if TYPE_CHECKING:
    from leads.lead import Decision
    from leads.ledger import Ledger
    from models.replay import Difference

SHOWN = 20


def replay_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("decision", nargs="?", metavar="DECISION", help="its id, such as dc_…")
    which.add_argument("--last", type=int, metavar="N", help="the newest N decisions")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def replay(options: argparse.Namespace) -> int:
    from leads.ledger import open_ledger
    from leads.settings import settings
    from models.replay import Replay

    ledger = open_ledger(settings().database_url)
    try:
        decisions, again = _decisions(ledger, options), Replay(ledger)
        differences = {decision.id: again.differences(decision) for decision in decisions}
    finally:
        ledger.close()
    different = {decision: found for decision, found in differences.items() if found}
    print(_as_json(decisions, different) if options.json else _told(decisions, different))
    return 1 if different else 0


def _decisions(ledger: Ledger, options: argparse.Namespace) -> list[Decision]:
    from leads.ledger import decision_by_id, last_decisions

    if options.last is not None:
        if options.last < 1:
            raise Refusal("--last must be at least 1.")
        return last_decisions(ledger, options.last)
    found = decision_by_id(ledger, options.decision)
    if found is None:
        raise Refusal("There is no decision with this id; `GET /v1/leads/{lead}` names the decisions of a lead.")
    return [found]


def _told(decisions: list[Decision], different: dict[str, list[Difference]]) -> str:
    same = len(decisions) - len(different)
    if len(decisions) == 1 and not different:
        return "\n".join([_what(decisions[0]), "The same, byte for byte."])
    lines = [_what(decisions[0])] if len(decisions) == 1 else [f"{same} of {len(decisions)} decisions are the same."]
    if not different:
        lines = [f"{same} decisions were made again: all the same, byte for byte."]
    for decision, found in list(different.items())[:SHOWN]:
        lines.append(f"{decision} differs:")
        lines += [f"  {one.what}: recorded {one.recorded}, now {one.recomputed}" for one in found]
    if len(different) > SHOWN:
        lines.append(f"… and {len(different) - SHOWN} more; --json tells them all.")
    return "\n".join(lines)


def _what(decision: Decision) -> str:
    if decision.cause == "imported":
        return f"{_again(decision)} Nobody decided then: it was imported, so its score alone is made again."
    return _again(decision)


def _again(decision: Decision) -> str:
    score, by = decision.score, decision.score.model or f"the scorecard of agreement {decision.agreement}"
    return (
        f"{decision.id} was made again by {by} ({score.scored_by}): probability {score.probability!r}, log-odds "
        f"{score.log_odds!r}, base {score.base!r}, spread {score.spread!r}, {len(score.contributions)} contributions, "
        f"band {decision.band}, route {decision.route}."
    )


def _as_json(decisions: list[Decision], different: dict[str, list[Difference]]) -> str:
    told = [{"decision": key, "differences": [asdict(one) for one in found]} for key, found in different.items()]
    return json.dumps({"decisions": len(decisions), "same": len(decisions) - len(different), "different": told})
