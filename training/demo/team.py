"""The sales team of the simulated company, written into the agreement that `accord init` drafted."""

from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Comment

SILENT = "Dan"
"""Answers nothing in the week that is played, so that it shows what happens then."""
SALES: dict[str, Any] = {
    "timezone": "Europe/Berlin",
    "holidays": "DE",
    "first_response_minutes": 30,
    "reassignments": 1,
    "lead": "Clara",
}
PEOPLE: tuple[dict[str, Any], ...] = (
    {"name": "Aylin", "weight": 2, "daily_cap": 14},
    {"name": "Ben", "daily_cap": 8, "hours": "Mon-Thu 08:00-16:00", "takes": {"country": ["Germany", "Austria"]}},
    {"name": "Clara", "daily_cap": 8, "hours": "Mon-Fri 10:00-19:00"},
    {"name": "Dan", "daily_cap": 10, "timezone": "Europe/London", "holidays": "GB"},
)
OVERSEAS = ["United Kingdom", "United States", "Canada", "Australia"]
RULES: tuple[dict[str, Any], ...] = (
    {"when": {"country": OVERSEAS}, "to": ["Dan", "Clara"]},
    {"to": ["Aylin", "Ben", "Clara", "Dan"]},
)
BASE_RATE = 0.08
POINTS: tuple[dict[str, Any], ...] = (
    {"points": 25, "when": {"demo_requested": True}},
    {"points": 10, "when": {"pricing_page_seen": True}},
)
"""What the teams agree before anything is learned."""


def hire(agreed: Path) -> None:
    """The draft's hints at people and at points give way to the people and the points themselves."""
    document = tomlkit.parse(agreed.read_text("utf-8"))
    sales, scorecard = _without_hints(document["sales"]), _without_hints(document["scorecard"])
    for key, value in SALES.items():
        sales[key] = value
    sales["people"] = _tables(PEOPLE)
    routing: Any = document["routing"]
    routing["rules"] = _tables(RULES)
    scorecard["base_rate"], scorecard["rules"] = BASE_RATE, _tables(POINTS)
    agreed.write_text(tomlkit.dumps(document), "utf-8")


def _without_hints(section: Any) -> Any:
    section.value.body[:] = [entry for entry in section.value.body if not isinstance(entry[1], Comment)]
    return section


def _tables(rows: tuple[dict[str, Any], ...]) -> AoT:
    made = tomlkit.aot()
    for row in rows:
        table = tomlkit.table()
        for key, value in row.items():
            table.add(key, _inline(value) if isinstance(value, dict) else value)
        made.append(table)
    made[-1].add(tomlkit.nl())
    return made


def _inline(values: dict[str, Any]) -> tomlkit.items.InlineTable:
    inline = tomlkit.inline_table()
    inline.update(values)
    return inline
