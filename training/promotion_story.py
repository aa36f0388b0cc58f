"""The story of the promotions: which model served from when on, why, and what waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from leads.ledger.bundle import BundleEntry, Promotion, bundles, champion, promotions
from leads.ledger.opening import open_ledger
from leads.settings import settings
from models.naming import model_or_none


def story(*, as_json: bool) -> str:
    ledger = open_ledger(settings().database_url)
    try:
        moves, serving, kept = promotions(ledger), champion(ledger), bundles(ledger)
    finally:
        ledger.close()
    waiting = _waiting(kept, moves, serving)
    if as_json:
        return json.dumps(_document(moves, serving, waiting), ensure_ascii=False)
    return "\n".join([*_lines(moves), *map(_waits, waiting)]) or "No model was trained yet; run `accord train FILE`."


def _waiting(kept: list[BundleEntry], moves: list[Promotion], serving: int | None) -> list[BundleEntry]:
    """Models above the champion that never served."""
    served = {move.bundle for move in moves}
    return [entry for entry in kept if entry.number > (serving or 0) and entry.number not in served]


def _document(moves: list[Promotion], serving: int | None, waiting: list[BundleEntry]) -> dict[str, object]:
    return {
        "champion": model_or_none(serving),
        "promotions": [
            {
                "model": model_or_none(move.bundle),
                "replaced": model_or_none(move.replaced),
                "reason": move.reason,
                "promoted_at": move.promoted_at.isoformat(),
                "serves": move is moves[-1],
            }
            for move in moves
        ],
        "waiting": [{"model": model_or_none(entry.number), "refused": entry.facts.get("refused")} for entry in waiting],
    }


def _lines(moves: list[Promotion]) -> Iterator[str]:
    """Oldest first, so that the champion stands last."""
    for move in moves:
        mark = "→" if move is moves[-1] else " "
        before = "the scorecard" if move.replaced is None else f"model {move.replaced}"
        now = "the scorecard" if move.bundle is None else f"model {move.bundle}"
        yield f"{mark} {now} since {_moment(move.promoted_at)}, instead of {before}: {move.reason}"
    if moves:
        yield "→ serves now."


def _waits(entry: BundleEntry) -> str:
    if refused := entry.facts.get("refused"):
        return f"  model {entry.number} was refused by a gate: {refused}"
    return f"  model {entry.number} waits: `accord promote {entry.number}`"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
