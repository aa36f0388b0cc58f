"""How agreements followed each other, for a program and in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from leads.agreement import Agreement, AgreementError, parse_agreement
from leads.agreement_change import Change, changed_keys, changes
from leads.ledger import TEAMS, Approved, Chapter, Ledger, agreement_in_force, agreement_text, chapters


def story(ledger: Ledger) -> dict[str, Any]:
    """The oldest first. What changed is null where this Accord cannot read one of the two any more."""
    now = agreement_in_force(ledger)
    return {
        "in_force": now.number if now is not None else None,
        "agreements": [_chapter_body(ledger, chapter) for chapter in chapters(ledger)],
    }


def _chapter_body(ledger: Ledger, chapter: Chapter) -> dict[str, Any]:
    before, after = _readable(ledger, chapter.instead_of), _readable(ledger, chapter.number)
    return {
        "agreement": chapter.number,
        "instead_of": chapter.instead_of,
        "state": chapter.state,
        "proposed_at": chapter.proposed_at.isoformat() if chapter.proposed_at else None,
        "approvals": [
            {"team": one.team, "key": one.key, "label": one.label, "approved_at": one.at.isoformat()}
            for one in chapter.approvals
        ],
        "in_force_from": chapter.in_force_from.isoformat() if chapter.in_force_from else None,
        "in_force_to": chapter.in_force_to.isoformat() if chapter.in_force_to else None,
        "changes": changes_body(changes(before, after)) if before and after else None,
        "keys": changed_keys(before, after) if before and after else None,
    }


def approved_body(done: Approved) -> dict[str, Any]:
    return {
        "agreement": done.number,
        "team": done.team,
        "waits_for": list(done.waits_for),
        "in_force": not done.waits_for,
    }


def _readable(ledger: Ledger, number: int | None) -> Agreement | None:
    text = agreement_text(ledger, number) if number is not None else None
    try:
        return parse_agreement(text, f"agreement {number}") if text is not None else None
    except AgreementError:
        return None


def changes_body(found: Sequence[Change]) -> list[dict[str, Any]]:
    return [{"part": one.part, "before": list(one.before), "after": list(one.after)} for one in found]


def story_lines(told: Mapping[str, Any], changed: Sequence[Sequence[str]]) -> Iterator[str]:
    """`changed` has the sentences of each chapter."""
    for chapter, sentences in zip(told["agreements"], changed, strict=True):
        yield from _chapter(chapter)
        yield from (f"  {sentence}" for sentence in sentences)


def _chapter(chapter: Mapping[str, Any]) -> Iterator[str]:
    yield f"Agreement {chapter['agreement']} ({chapter['state']})"
    if chapter["proposed_at"] is not None:
        yield f"  was proposed on {_on(chapter['proposed_at'])} in place of agreement {chapter['instead_of']};"
    for one in chapter["approvals"]:
        label = f", {one['label']}" if one["label"] else ""
        yield f"  {one['team']} approved it on {_on(one['approved_at'])} (key {one['key']}…{label});"
    if chapter["in_force_from"] is not None:
        until = f" to {_on(chapter['in_force_to'])}" if chapter["in_force_to"] else ""
        yield f"  in force from {_on(chapter['in_force_from'])}{until}."
    elif chapter["state"] == "proposed":
        missing = [team for team in TEAMS if team not in {one["team"] for one in chapter["approvals"]}]
        yield f"  waits for {' and '.join(missing)}: `accord approve {chapter['agreement']}`."
    else:
        yield "  another one took its place before both teams had approved it."


def _on(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC"
