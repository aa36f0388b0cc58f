"""The verb `route`: who would get a lead, and why."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leads.refusal import Failure, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from leads.agreement import Agreement
    from leads.lead import Decision
    from serving.deciding.trial import Trial

MOST_REASONS = 3
EXPECT = "exit code 1 when it cannot go to them; where several people's turns are equal, it can go to each of them"


def route_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "said",
        nargs="*",
        metavar="FIELD=VALUE",
        help="what the lead says, written as in a form, before any option; nothing is required",
    )
    parser.add_argument("--at", metavar="TIME", help="when it comes, such as 2026-11-23T09:00, in the team's time zone")
    parser.add_argument("--expect", metavar="NAME", help=EXPECT)
    parser.add_argument("--sales", action="store_true", help="suppose that it goes to sales, whatever its score")
    parser.add_argument("--agreement", metavar="PATH", help="default: ACCORD_AGREEMENT, then ./accord.toml")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def route(options: argparse.Namespace) -> int:
    from leads.agreement import agreement_path, read_agreement
    from leads.settings import settings
    from serving.deciding.trial import Supposing, ledger_to_read

    agreement = read_agreement(agreement_path(options.agreement))
    texts, at = _texts(options.said), _moment(options.at, ZoneInfo(agreement.sales.timezone))
    with ledger_to_read(settings().database_url) as ledger:
        trial = Supposing(ledger, agreement, at).tried(texts, options.sales)
    if options.json:
        print(json.dumps(_body(trial, agreement, at), ensure_ascii=False))
    else:
        print("\n".join(_lines(trial, agreement, at)))
    if options.expect is not None and options.expect not in trial.owners:
        raise Failure(f"“{options.expect}” was expected, but it goes to {_whom(trial)}: {_why(trial, agreement)}.")
    return 0


def _texts(said: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in said:
        name, sign, value = text.partition("=")
        if not sign:
            raise Refusal(f"“{text}” should be FIELD=VALUE, such as country=DE.")
        if name in found:
            raise Refusal(f"{name} is given twice; a lead says one thing of it.")
        found[name] = value
    return {name: value for name, value in found.items() if value.strip()}


def _moment(text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal("--at takes a time such as 2026-11-23T09:00 or 2026-11-23T09:00+01:00.") from None


def _lines(trial: Trial, agreement: Agreement, at: datetime) -> Iterator[str]:
    from models.reasons import top_reasons
    from serving.announcing.call_words import call_adds

    decision, zone = trial.decision, ZoneInfo(agreement.sales.timezone)
    score = decision.score
    yield f"came    {at.astimezone(zone):%a %Y-%m-%d %H:%M} ({zone.key})"
    yield f"score   {100 * score.probability:.1f} %, band {decision.band}, by {score.model or 'the scorecard'}"
    if adds := call_adds(score):
        yield f"        {adds}"
    reasons = top_reasons(score.contributions, MOST_REASONS)
    yield from (f"        {reason.text} ({reason.effect:+.2f})" for reason in reasons)
    yield f"worth   {_worth(decision)}"
    yield f"price   {_price(decision)}"
    yield f"route   {decision.route}: {_ruled(decision, agreement)}"
    yield f"owner   {_whom(trial)}{f': {trial.why}' if trial.why else ''}"
    if decision.respond_by is not None:
        yield f"due     {decision.respond_by.astimezone(zone):%a %Y-%m-%d %H:%M}"
    yield from _notes(trial, agreement)


def _worth(decision: Decision) -> str:
    if decision.index is None:
        return "unknown: the lead does not say what it is worth, so its band alone counts"
    times = "the chance" if decision.score.p_nurture is None else "what a call adds"
    return f"{decision.index:,.2f} a minute ({decision.value:,.0f} times {times}, over {decision.minutes:g} minutes)"


def _price(decision: Decision) -> str:
    if decision.price is None:
        return "none yet: bands alone count"
    return f"{decision.price:,.2f} a minute"


def _ruled(decision: Decision, agreement: Agreement) -> str:
    start, least = agreement.routing.sales_from, agreement.sales.minute_cost
    return {
        "band": f"sales begins at band {start}",
        "price": f"it earns {'its price' if decision.route == 'sales' else f'less than its price or than {least:g}'}",
        "look": "a person's look is worth most here",
        "consent": f"it did not agree to mail, and {'earns a call' if decision.route == 'sales' else 'earns no call'}",
        "owner": "sales has this lead already",
        "hand": "supposed",
    }.get(decision.ruled_by or "", "")


def _whom(trial: Trial) -> str:
    return " or ".join(trial.owners)


def _why(trial: Trial, agreement: Agreement) -> str:
    return trial.why or f"its route is {trial.decision.route}, since {_ruled(trial.decision, agreement)}"


def _notes(trial: Trial, agreement: Agreement) -> Iterator[str]:
    if len(trial.owners) > 1:
        yield "Where turns are equal, the lead itself decides."
    if agreement.routing.guard_slice and trial.decision.propensity is not None:
        yield f"For {100 * agreement.routing.guard_slice:g} % of the leads a coin picks the route instead."
    if trial.in_force is not None:
        yield f"This agreement is not in force: number {trial.in_force} is."
    if trial.refused is not None:
        yield f"The champion cannot serve, so the scorecard answered: {trial.refused}"


def _body(trial: Trial, agreement: Agreement, at: datetime) -> dict[str, Any]:
    from models.reasons import top_reasons
    from serving.answers import time_told

    decision, zone = trial.decision, ZoneInfo(agreement.sales.timezone)
    reasons = top_reasons(decision.score.contributions)
    return {
        "at": time_told(at, zone),
        "probability": decision.score.probability,
        "p_sales": decision.score.p_sales,
        "p_nurture": decision.score.p_nurture,
        "band": decision.band,
        "scored_by": decision.score.scored_by,
        "model": decision.score.model,
        "reasons": [{"field": one.field, "text": one.text, "effect": one.effect} for one in reasons],
        "value": decision.value,
        "minutes": decision.minutes,
        "index": decision.index,
        "price": decision.price,
        "route": decision.route,
        "ruled_by": decision.ruled_by,
        "propensity": decision.propensity,
        "owners": list(trial.owners),
        "why": _why(trial, agreement),
        "respond_by": time_told(decision.respond_by, zone) if decision.respond_by else None,
    }
