"""The story of the retrainings, for a person and for a program."""

import json
from collections.abc import Sequence

from leads.ledger.opening import open_ledger
from leads.ledger.retraining import Retraining, retrainings
from leads.settings import settings
from models.naming import model_or_none


def listed() -> list[Retraining]:
    ledger = open_ledger(settings().database_url)
    try:
        return retrainings(ledger)
    finally:
        ledger.close()


def list_words(ended: Sequence[Retraining]) -> str:
    if not ended:
        return "No retraining yet; `accord retrain` runs one."
    return "\n".join(
        f"{one.id:>4}  {one.began_at:%Y-%m-%d %H:%M}  {one.result or 'unfinished':<10} "
        f"{f'model {one.bundle}' if one.bundle else '':<10} {one.why or ''}".rstrip()
        for one in ended
    )


def list_json(ended: Sequence[Retraining]) -> str:
    told = [
        {
            "retraining": one.id,
            "began_at": one.began_at.isoformat(),
            "result": one.result,
            "why": one.why,
            "model": model_or_none(one.bundle),
            "gates": list(one.gates or ()),
        }
        for one in ended
    ]
    return json.dumps({"retrainings": told}, ensure_ascii=False)
