"""Which columns know the outcome because they were written after it, and how one can tell.

A name alone never suffices, nor does being strong: what people tell about themselves may be strong too. A column is
left out when it
(1) tells the outcome almost without error,
(2) is filled in for one outcome only,
(3) is named after what can only be known after contact, and tells something,
(4) is named after what often is, and tells far more than every column with a harmless name, or holds a level in which
    all convert, or
(5) is filled in on exactly the rows of such a column and shares its first word."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leads.kinds import Kind
from training.survey.power import Outcome, power
from training.survey.sighting import Sighting

KNOWS_ALL = 0.98
ENOUGH_ROWS = 10
SOMETHING = 0.08
FAR_ABOVE = ((0.72, 0.08), (0.76, 0.0), (0.90, -1.0))
"""From this power on, so much above the best column with a harmless name: the more it knows, the less it takes."""
PURE = 0.99
LEVEL_ROWS = 50
ONE_SIDED_ROWS = 20.0
FEW_ROWS = 8.0
"""Rows that should have had the other outcome: with so many, that none has it is no chance."""

AFTERWARDS = re.compile(
    r"\b(?:(?:lead|deal|sales|opportunity|pipeline|prospect|funnel|crm) "
    r"(?:status|stage|quality|profile|score|grade|rating|temperature|priority|outcome|result)"
    r"|last (?:\w+ )?(?:activity|disposition|action)|letzte aktivität"
    r"|(?:activity|engagement|intent|propensity|profile|fit) (?:score|index|grade)"
    r"|(?:close|closed|closing|won|lost|win|loss|conversion|converted|churn|cancell?ation|rejection) "
    r"(?:date|at|on|time|reason|category|value|amount|status|label|flag|by)"
    r"|(?:reason|date|time|value) (?:of |for )?(?:close|closing|loss|lost|win|won|conversion|churn|rejection)"
    r"|call (?:duration|length|outcome|result|notes|disposition)|(?:duration|length) of (?:the )?call|disposition"
    r"|absagegrund|abschlussdatum)\b"
)
OFTEN_AFTERWARDS = re.compile(
    r"\b(?:status|stage|phase|duration|quality|scores?|grade|rating|tags?|label|outcome|result|closed?|won|lost|win|loss"
    r"|reason|converted|conversion|profile|last (?:contact|call|touch|event|step|status|stage)|follow ?up|remarks?"
    r"|feedback|contacted|qualified|talk|response|responded|deal|final|paid|invoice|activated|deactivated|cancell?ed"
    r"|stufe|ergebnis|dauer|grund)\b"
)
WORTH = re.compile(r"\b(?:spend|revenue|amount|value|worth|order|orders|purchase|payment|sales|umsatz|betrag)\b")
ABOUT_THE_PERSON = re.compile(
    r"\b(?:marital|civil|family|relationship|employment|job|work|occupation|education|student|housing|home|residen\w+"
    r"|smoking|visa|immigration|citizenship|credit|cibil|fico|bureau|previous|prior|past|before|earlier|campaign"
    r"|months|years|contract|loan|company|account)\b"
)


@dataclass(frozen=True)
class Leak:
    column: str
    evidence: str


@dataclass(frozen=True)
class Suspect:
    seen: Sighting
    kind: Kind
    power: float

    @property
    def name(self) -> str:
        return " ".join(self.seen.words)

    def speaks(self, target: Sequence[str]) -> str | None:
        """The words of the name that may tell of what came after; a column named after the target speaks as well."""
        if found := AFTERWARDS.search(self.name):
            return found[0]
        if ABOUT_THE_PERSON.search(self.name):
            return None
        if found := OFTEN_AFTERWARDS.search(self.name):
            return found[0]
        shared = [word for word in target if len(word) > 3 and word in self.seen.words]
        return shared[0] if shared else None


def leaks(columns: Mapping[str, tuple[Sighting, Kind]], outcome: Outcome, target: Sequence[str]) -> list[Leak]:
    """In the order of the columns; nothing where there are too few rows to tell."""
    if outcome.rarer < ENOUGH_ROWS:
        return []
    suspects = [Suspect(seen, kind, power(seen, outcome)) for seen, kind in columns.values()]
    harmless = max((s.power for s in suspects if not s.speaks(target) and s.power < KNOWS_ALL), default=0.5)
    found = {s.seen.name: said for s in suspects if (said := _told(s, outcome, target, harmless))}
    for suspect in suspects:
        if suspect.seen.name not in found and (other := _sibling(suspect, suspects, found)):
            found[suspect.seen.name] = f"filled in on exactly the same rows as “{other}”, and named like it"
    return [Leak(s.seen.name, found[s.seen.name]) for s in suspects if s.seen.name in found]


def _told(suspect: Suspect, outcome: Outcome, target: Sequence[str], harmless: float) -> str | None:
    """The evidence against one column, None where it does not suffice."""
    alone = f"alone it ranks {suspect.power:.0%} of the pairs of a converted and a lost lead right"
    if suspect.power >= KNOWS_ALL:
        return f"{alone}, too good to be known beforehand{_extremes(suspect, outcome)}"
    words = suspect.speaks(target)
    if said := _one_sided(suspect, outcome, spoken=words is not None):
        return said
    if words is None:
        worth = WORTH.search(suspect.name)
        return f"its name speaks of “{worth[0]}”; {pure}" if worth and (pure := _pure(suspect, outcome)) else None
    name, levels = f"its name speaks of “{words}”", _extremes(suspect, outcome)
    if AFTERWARDS.search(suspect.name) and suspect.power - 0.5 >= max(SOMETHING, 3 * _noise(outcome)):
        return f"{name}, which is known only after contact; {alone}{levels}"
    if any(suspect.power >= enough and suspect.power - harmless >= above for enough, above in FAR_ABOVE):
        return f"{name}; {alone}, the best column with a harmless name {harmless:.0%}{levels}"
    if pure := _pure(suspect, outcome):
        return f"{name}; {pure}"
    return None


def _pure(suspect: Suspect, outcome: Outcome) -> str | None:
    """Levels in which all convert although many should not; of numbers, all that are not zero."""
    seen = suspect.seen
    numbers = seen.numeric >= 0.95 and seen.distinct > 2
    levels = (np.nan_to_num(seen.row_numbers()) != 0).astype(np.int64) if numbers else seen.codes + 1
    rows, won = np.bincount(levels), np.bincount(levels, weights=outcome.converted)
    should_be_lost = rows * (1 - outcome.rate)
    pure = (won >= PURE * rows) & (should_be_lost >= FEW_ROWS)
    if should_be_lost[pure].sum() < ONE_SIDED_ROWS:
        return None
    what = "that are neither empty nor zero" if numbers else "with a level of their own"
    return f"{won[pure].sum() / rows[pure].sum():.1%} of the {rows[pure].sum():,} rows {what} convert"


def _noise(outcome: Outcome) -> float:
    """Standard error of the area of a column that knows nothing."""
    won = float(outcome.converted.sum())
    lost = len(outcome.converted) - won
    return float(np.sqrt((won + lost + 1) / (12 * won * lost)))


def _one_sided(suspect: Suspect, outcome: Outcome, spoken: bool) -> str | None:
    """Filled in for converted leads only, or for lost ones only; the latter, where no one converts anyway, must also be
    what most lost leads have in common or what the name says."""
    filled = suspect.seen.codes >= 0
    rows, rate = int(filled.sum()), outcome.rate
    if not rows or filled.all():
        return None
    won = float(outcome.converted[filled].sum())
    others = float(outcome.converted[~filled].mean())
    told = f"{won / rows:.1%} of the {rows:,} rows that have it converted, {others:.1%} of the others"
    if won >= PURE * rows and rows * (1 - rate) >= ONE_SIDED_ROWS:
        return f"filled in for converted leads only: {told}"
    of_the_lost = (rows - won) / max(1.0, len(filled) * (1 - rate))
    if won <= (1 - PURE) * rows * rate and rows * rate >= ONE_SIDED_ROWS and (spoken or of_the_lost > 0.5):
        return f"filled in for lost leads only: {told}"
    return None


def _sibling(suspect: Suspect, suspects: Sequence[Suspect], found: Mapping[str, str]) -> str | None:
    """A column left out already, filled in on the same rows, neither all nor none, and with the same first word."""
    filled = suspect.seen.codes >= 0
    if not 0.01 < filled.mean() < 0.99 or len(suspect.seen.words) < 2:
        return None
    for other in suspects:
        alike = other.seen.words[:1] == suspect.seen.words[:1]
        if alike and other.seen.name in found and ((other.seen.codes >= 0) == filled).all():
            return other.seen.name
    return None


def _extremes(suspect: Suspect, outcome: Outcome) -> str:
    """The common levels that convert most and least, named only where that discloses no one."""
    seen = suspect.seen
    if suspect.kind != "category":
        return ""
    known = seen.codes >= 0
    won = np.bincount(seen.codes[known], weights=outcome.converted[known], minlength=seen.distinct)
    common = np.flatnonzero(seen.counts >= LEVEL_ROWS)
    if not len(common):
        return ""
    rates = won[common] / seen.counts[common]
    ends = dict.fromkeys(int(place) for place in (rates.argmax(), rates.argmin()))
    told = [
        f"“{seen.texts[common[e]][:60]}” ({seen.counts[common[e]]:,} rows) converts at {rates[e]:.1%}" for e in ends
    ]
    return "; " + ", ".join(told)
