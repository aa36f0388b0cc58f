"""A report as one JSON object: the same from the command and over HTTP."""

from dataclasses import asdict
from typing import Any

from models.ladder import Expected
from serving import answers
from serving.report.attribution import BYS, TOUCHES, Row
from serving.report.bands import BandRow
from serving.report.figures import Report
from serving.report.response import Responses
from serving.report.words import Words, words
from serving.views.standing import standing_body

CURVE_DAYS = 60
"""Points of the delay curve."""


def report_body(report: Report) -> dict[str, Any]:
    said = words(report)
    return {
        **_of(report),
        **_promises(report, said),
        "well": list(said.well),
        "badly": list(said.badly),
        "reins": said.reins,
        "notes": list(said.notes),
        "leads": {**_row(report.all), "imported": report.history, "bots": report.bots, "converted_late": report.late},
        "shortfall": None if report.shortfall is None else asdict(report.shortfall),
        "bands": [_band(one) for one in report.bands],
        "bands_before": [_band(one) for one in report.bands_before],
        "scored_by": dict(report.scored_by),
        "model": standing_body(report.standing, report.period.zone),
        "delay": _delay(report),
        **{f"{touch}_touch": {by: [_row(row) for row in report.tables[touch, by]] for by in BYS} for touch in TOUCHES},
    }


def curve_points(report: Report) -> list[tuple[float, float]]:
    days = [report.horizon * number / CURVE_DAYS for number in range(CURVE_DAYS + 1)]
    return list(zip(days, map(float, report.curve.at(days)), strict=True))


def _of(report: Report) -> dict[str, Any]:
    period = report.period
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "timezone": period.zone.key,
        "at": answers.time_told(period.now, period.zone),
        "running": period.running,
        "months": period.months,
        "agreement": report.agreement,
        "horizon_days": report.horizon,
    }


def _promises(report: Report, said: Words) -> dict[str, Any]:
    owed = report.promises
    return {
        "goal": {"promised": owed.conversions, **said.goal._asdict()},
        "marketing": {
            "promised": owed.qualified_leads,
            "acceptance": report.acceptance,
            **said.marketing._asdict(),
        },
        "sales": {
            "promised_minutes": owed.first_response_minutes,
            **said.sales._asdict(),
            **_responses(report.responses),
            "people": [{"name": one.name, **_responses(one)} for one in report.people],
        },
    }


def _delay(report: Report) -> dict[str, Any]:
    return {
        "quartiles_days": list(report.curve.quartiles),
        "known_up_to_days": report.curve.followed,
        "curve": [{"day": day, "share": share} for day, share in curve_points(report)],
    }


def _responses(one: Responses) -> dict[str, Any]:
    return {
        "asked": one.asked,
        "due": one.due,
        "in_time": one.in_time,
        "late": one.late,
        "never": one.never,
        "not_due": one.not_due,
        "taken_back": one.taken_back,
        "share_in_time": one.share_in_time,
        "share_never": one.share_never,
        "working_minutes": one.working._asdict() if one.working else None,
        "clock_minutes": one.clock._asdict() if one.clock else None,
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "leads": row.leads,
        "to_sales": row.to_sales,
        "accepted": row.accepted,
        "rejected": row.rejected,
        "reasons": dict(row.reasons),
        "converted": row.converted,
        "expected": _expected(row.expected),
        "young": row.young,
        "value": row.value,
        "cost": row.cost,
    }


def _expected(final: Expected) -> dict[str, float]:
    return {"conversions": final.conversions, "low": final.low, "high": final.high}


def _band(row: BandRow) -> dict[str, Any]:
    return {
        "band": row.band,
        "leads": row.leads,
        "predicted": row.predicted,
        "converted": row.converted,
        "expected": _expected(row.expected),
        "young": row.young,
        "rate": row.rate,
        "low": row.low,
        "high": row.high,
        "as_foretold": row.as_foretold,
    }
