"""The report's figures once more, by plain queries and plain counting, without any code of the report itself."""

import json
import math
import sqlite3
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from scipy.stats import binomtest, lognorm

ZONE = ZoneInfo("Europe/Berlin")
SALES = ("sales", "review")
ACCEPTED = ("accepted", "contacted", "meeting", "converted", "lost")
KNOWN_SITES = {"https://www.linkedin.com/feed": "linkedin", "https://blog.somebody.example": "another site"}


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def table(path: Path, sql: str) -> list[dict[str, Any]]:
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql)]


def leads_by_hand(path: Path, now: datetime, within: int) -> list[dict[str, Any]]:
    found = {}
    for row in table(path, "SELECT id, arrived_at FROM leads"):
        found[row["id"]] = {"at": moment(row["arrived_at"]), "forms": [], "decisions": [], "steps": [], "told": []}
    for row in table(path, "SELECT * FROM submissions"):
        at = moment(row["submitted_at"] or row["received_at"])
        found[row["lead"]]["forms"].append((at, row["id"], json.loads(row["form"]), json.loads(row["marks"])))
    for name, key in (("decisions", "decided_at, id"), ("steps", "id"), ("outcomes", "occurred_at, event")):
        for row in table(path, f"SELECT * FROM {name} ORDER BY {key}"):  # noqa: S608  # the test's own words
            found[row["lead"]]["told" if name == "outcomes" else name].append(row)
    return [known(lead, now, within) for lead in found.values()]


def known(lead: dict[str, Any], now: datetime, within: int) -> dict[str, Any]:
    decisions = [row for row in lead["decisions"] if row["route"] != "quarantine"]
    told = lead["told"]
    at = min(lead["at"], *(form[0] for form in lead["forms"]))
    one: dict[str, Any] = {"at": at, "bot": not decisions}
    if not decisions:
        return one
    first = decisions[0]
    state, won = "open", None
    for row in told:
        if row["type"] == "reopened":
            state, won = "open", None
        elif state == "converted" and row["type"] in ("accepted", "contacted", "meeting"):
            continue
        else:
            won = (won or row) if row["type"] == "converted" else None
            state = row["type"]
    in_time = won is not None and moment(won["occurred_at"]) - at <= timedelta(days=within)
    forms = sorted((form for form in lead["forms"] if "honeypot" not in form[3]), key=lambda form: form[:2])
    before = [form for form in forms if won is None or form[0] <= moment(won["occurred_at"])]
    one |= {
        "first": origin(forms[0][2]),
        "last": origin((before or forms[:1])[-1][2]),
        "imported": first["cause"] == "imported",
        "probability": first["probability"],
        "band": first["band"],
        "scored_by": first["scored_by"],
        "state": state,
        "reason": told[-1]["reason"] if state == "rejected" else None,
        "converted_at": moment(won["occurred_at"]) if in_time else None,
        "late": won is not None and not in_time,
        "value": worth(told, won) if in_time else 0.0,
    }
    return one | given_to_sales(decisions, lead["steps"], told, now)


def worth(told: list[dict[str, Any]], won: dict[str, Any]) -> float:
    values = [row["value"] for row in told if row["type"] == "converted" and row["occurred_at"] >= won["occurred_at"]]
    return ([1000.0] + [value for value in values if value is not None])[-1]


def origin(form: dict[str, str]) -> tuple[str, str, str]:
    named = form.get("utm_source", form.get("lead_source", ""))
    direct = "direct" if "page" in form else "unknown"
    source = named.lower() or KNOWN_SITES.get(form.get("referrer", ""), direct)
    campaign = form.get("utm_campaign", "none").lower()
    return source, "none" if "@" in campaign else campaign, form.get("utm_content", "none").lower()


def given_to_sales(
    decisions: list[dict[str, Any]], steps: list[dict[str, Any]], told: list[dict[str, Any]], now: datetime
) -> dict[str, Any]:
    given = [row for row in decisions if row["route"] in SALES and row["cause"] != "imported"]
    if not given:
        return {"asked": None, "kept": None}
    asked = moment(given[0]["decided_at"])
    step = next(row for row in steps if row["kind"] in ("assigned", "queued"))
    due, answers = moment(step["respond_by"]), [moment(row["occurred_at"]) for row in told if row["type"] != "reopened"]
    answered = max(asked, min(answers)) if answers else None
    ended = [moment(row["at"]) for row in steps if row["kind"] == "ended"]
    if answered is not None:
        kept = "in_time" if answered <= due else "late"
    elif any(at <= due for at in ended):
        kept = "taken_back"
    else:
        kept = "never" if due <= now else "not_due"
    return {"asked": asked, "owner": step["owner"], "due": due, "answered": answered, "kept": kept}


def working_minutes(begin: datetime, end: datetime) -> float:
    """Monday to Friday, 9:00 to 17:30 in Berlin."""
    total, day = 0.0, begin.astimezone(ZONE).date()
    while day <= end.astimezone(ZONE).date():
        opens, closes = (datetime(*day.timetuple()[:3], *clock, tzinfo=ZONE) for clock in ((9, 0), (17, 30)))
        if day.weekday() < 5:
            total += max(0.0, (min(closes, end) - max(opens, begin)).total_seconds()) / 60
        day += timedelta(days=1)
    return total


def responses_by_hand(leads: list[dict[str, Any]]) -> dict[str, Any]:
    asked = [one for one in leads if one["asked"]]
    counts = {kept: sum(one["kept"] == kept for one in asked) for kept in KEPT}
    due, answered = sum(counts[kept] for kept in KEPT[:3]), [one for one in asked if one["answered"]]
    worked = [working_minutes(one["asked"], one["answered"]) for one in answered]
    clock = [(one["answered"] - one["asked"]).total_seconds() / 60 for one in answered]
    return {
        **counts,
        "asked": len(asked),
        "due": due,
        "share_in_time": counts["in_time"] / due if due else None,
        "share_never": counts["never"] / due if due else None,
        "working_minutes": quantiles(worked),
        "clock_minutes": quantiles(clock),
    }


KEPT = ("in_time", "late", "never", "not_due", "taken_back")


def quantiles(minutes: list[float]) -> dict[str, float] | None:
    return {"p50": np.percentile(minutes, 50), "p90": np.percentile(minutes, 90)} if minutes else None


def row_by_hand(leads: list[dict[str, Any]], now: datetime, within: int) -> dict[str, Any]:
    reasons: dict[str, int] = defaultdict(int)
    for one in leads:
        if one["reason"]:
            reasons[one["reason"]] += 1
    return {
        "leads": len(leads),
        "to_sales": sum(one["asked"] is not None for one in leads),
        "accepted": sum(one["state"] in ACCEPTED for one in leads),
        "rejected": sum(one["state"] == "rejected" for one in leads),
        "reasons": dict(reasons),
        "converted": sum(one["converted_at"] is not None for one in leads),
        "young": sum(now - one["at"] < timedelta(days=within) for one in leads),
        "value": sum(one["value"] for one in leads),
    }


def wilson(successes: int, of: int) -> tuple[float, float]:
    return tuple(binomtest(successes, of).proportion_ci(0.95, "wilson"))  # type: ignore[return-value]


def month_of(leads: list[dict[str, Any]], first: date, last: date) -> list[dict[str, Any]]:
    return [one for one in leads if first <= one["at"].astimezone(ZONE).date() <= last]


def gap_by_hand(
    leads: list[dict[str, Any]], mature: list[dict[str, Any]], goal: float, promised: float, final: float, now: datetime
) -> dict[str, float]:
    """The four parts as the docs define them."""
    foreseen = sum(as_handled(one, now) for one in mature)
    factor = (sum(one["converted_at"] is not None for one in mature) + 4) / (foreseen + 4)
    chance = factor * sum(one["probability"] for one in leads)
    lost = factor * sum(one["probability"] - as_handled(one, now) for one in leads)
    needed = goal / promised
    return {
        "volume": (promised - len(leads)) * needed,
        "foreseen": len(leads) * needed - chance,
        "follow_up": lost,
        "unforeseen": chance - lost - final,
    }


def as_handled(one: dict[str, Any], now: datetime) -> float:
    return min(1.0, one["probability"] * (1 - lost_share(one, now)))


def lost_share(one: dict[str, Any], now: datetime) -> float:
    if one["asked"] is None or one["kept"] in ("taken_back", "not_due"):
        return 0.0
    if one["answered"] is None and now - one["asked"] > timedelta(days=7):
        return 1.0
    waited = ((one["answered"] or now) - one["asked"]).total_seconds() / 60
    return 1 - left(waited) / left((one["due"] - one["asked"]).total_seconds() / 60)


def left(wait: float) -> float:
    return 0.25 + 0.45 * math.exp(-wait / 45) + 0.3 * math.exp(-wait / 1440)


class Ladder:
    """How conversions come in, by the ones that came: of those by a day, among leads at least that old, the share that
    came on that very day; all days later than an age are still to come. Three conversions of usual delay (log-normal,
    median 15 days, sigma 1.3) are seen beside them."""

    def __init__(self, taught: list[dict[str, Any]], now: datetime, within: int) -> None:
        self.now, self.cell = now, within / 480
        won = [one for one in taught if one["converted_at"]]
        seen = [(self.cells(one["converted_at"] - one["at"]), self.cells(now - one["at"]), 1.0) for one in won]
        seen += [(delay, 480, 3 / 24) for delay in self.usual_delays(within)]
        self.counted: list[tuple[float, float]] = []
        self.came: list[tuple[int, float]] = []
        for day in sorted({delay for delay, _, _ in seen}):
            known = [(delay, weight) for delay, age, weight in seen if delay <= day <= age]
            that_day, all_days = sum(weight for delay, weight in known if delay == day), sum(one for _, one in known)
            self.counted.append((that_day, all_days - that_day))
            self.came.append((day, that_day / all_days))
        self.rate, self.weight = self._usual(taught)

    def usual_delays(self, within: int) -> list[int]:
        usual = lognorm(1.3, scale=15.0)
        middles = [usual.ppf(usual.cdf(within) * (point + 0.5) / 24) for point in range(24)]
        return [math.ceil(days / self.cell) for days in middles]

    def cells(self, span: timedelta) -> int:
        return math.ceil(span.total_seconds() / 86_400 / self.cell)

    def share(self, one: dict[str, Any]) -> float:
        """Of the conversions of leads as old as this, those that are there by now."""
        return self._by(self.days(one))

    def days(self, one: dict[str, Any]) -> float:
        return float((self.now - one["at"]).total_seconds() / 86_400)

    def day(self, share: float) -> float:
        return next(day * self.cell for day, _ in self.came if self._by(day * self.cell) >= share - 1e-12)

    def _by(self, days: float) -> float:
        if all(days < day * self.cell for day, _ in self.came):
            return 0.0
        return math.prod(1 - late for day, late in self.came if day * self.cell > days)

    def _usual(self, taught: list[dict[str, Any]]) -> tuple[float, float]:
        """What usually converts in the end, and how many conversions that knowledge weighs, by how months differ."""
        months: dict[str, list[dict[str, Any]]] = {}
        for one in taught:
            months.setdefault(f"{one['at']:%Y-%m}", []).append(one)
        seen = [sum(one["converted_at"] is not None for one in some) for some in months.values()]
        shown = [sum(map(self.share, some)) for some in months.values()]
        rate = sum(seen) / sum(shown)
        awaited = [rate * leads for leads in shown]
        beyond = sum((came - due) ** 2 - due * (1 - rate) for came, due in zip(seen, awaited, strict=True))
        differing = len(months) * max(0.0, beyond / sum(due**2 for due in awaited))
        return rate, (len(months) + 3) / (differing + 3 * 0.25)

    def between(self, leads: list[dict[str, Any]], draws: int = 4_000) -> tuple[float, float]:
        """Where the end lies 95 % of the time, the days, the rate and the luck of what is open drawn anew each time."""
        chance, ends = np.random.default_rng(7), list[float]()
        days = [sum(day * self.cell <= self.days(one) for day, _ in self.came) for one in leads]
        still_open = [one["converted_at"] is None for one in leads]
        seen = len(leads) - sum(still_open)
        for _ in range(draws):
            late = [chance.beta(that_day, max(earlier, 1e-9)) for that_day, earlier in self.counted]
            by = [0.0, *np.cumprod([1.0, *(1 - np.array(late[:0:-1]))])[::-1]]
            shares = [by[day] for day in days]
            rate = min(1.0, chance.gamma(seen + self.weight) / (sum(shares) + self.weight / self.rate))
            later = [
                rate * (1 - share) / max(1 - rate * share, 1e-12)
                for share, one in zip(shares, still_open, strict=True)
                if one
            ]
            ends.append(seen + float(sum(chance.random(len(later)) < np.array(later))))
        return float(np.quantile(ends, 0.025)), float(np.quantile(ends, 0.975))

    def expected(self, leads: list[dict[str, Any]]) -> float:
        seen = sum(one["converted_at"] is not None for one in leads)
        rate = (seen + self.weight) / (sum(map(self.share, leads)) + self.weight / self.rate)
        open_ = [self.share(one) for one in leads if one["converted_at"] is None]
        return seen + sum(rate * (1 - share) / (1 - rate * share) for share in open_)
