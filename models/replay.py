"""Any decision can be made again from what the ledger kept: the row that was scored, and its bundle or agreement."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache, partial

from leads.agreement import Agreement, parse_agreement
from leads.lead import Decision, Score
from leads.ledger.agreement import agreement_text
from leads.ledger.book import Ledger
from leads.refusal import Refusal
from models.bundle_document import BundleRefused
from models.champion import saved_scorer
from models.engaged import learned, only_engaged, with_points
from models.naming import model_number
from models.ruling import circumstances, ruled_again, ruling
from models.scorecard import base_rate_score, scorecard_scorer
from models.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Difference:
    """Both sides as JSON; what could not be made again at all is null."""

    what: str
    recorded: str
    recomputed: str


class Replay:
    """Every bundle is verified and opened once, however many decisions it made."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.agreement = cache(partial(_agreement, ledger))
        self.model = cache(partial(_model, ledger))
        self.scorecard = cache(lambda number: scorecard_scorer(self.agreement(number)))

    def differences(self, decision: Decision) -> list[Difference]:
        """None when all of it is the same, byte for byte."""
        try:
            agreement = self.agreement(decision.agreement)
            score = rescored(decision, self._scorer(decision), agreement)
        except (BundleRefused, Refusal) as refused:
            return [Difference("model", _as_json(decision.score.model), _as_json(str(refused)))]
        except (KeyError, TypeError, ValueError) as error:
            told = f"the row that was scored does not fit the model ({type(error).__name__})"
            return [Difference("features", _as_json(dict(decision.features)), _as_json(told))]
        recorded = told_of(decision.score) | ruling(decision)
        recomputed = told_of(score) | ruling(
            ruled_again(decision, score, agreement, circumstances(self.ledger, decision))
        )
        both = [(what, _as_json(recorded.get(what)), _as_json(recomputed.get(what))) for what in recorded | recomputed]
        return [Difference(*one) for one in both if one[1] != one[2]]

    def _scorer(self, decision: Decision) -> Scorer:
        name = decision.score.model
        if name is None:
            return self.scorecard(decision.agreement)
        number = model_number(name)
        if number is None:
            raise Refusal(f"There is no model {ascii(name)[:80]}.")
        found = self.model(number)
        if isinstance(found, Scorer):
            return found
        raise found


def rescored(decision: Decision, scorer: Scorer, agreement: Agreement) -> Score:
    """What the person did after the form counts by points where the model did not learn it."""
    engaged = only_engaged(decision.features)
    nothing_known = len(decision.features) == len(engaged) and decision.score.model is None
    score = base_rate_score(agreement) if nothing_known and scorer.scored else scorer.score_row(decision.features)
    return score if learned(feature.name for feature in scorer.scored) else with_points(score, engaged, agreement)


def told_of(score: Score) -> dict[str, object]:
    told = {key: value for key, value in asdict(score).items() if key != "contributions"}
    return told | {f"contribution of {one.feature}": asdict(one) for one in score.contributions}


def _model(ledger: Ledger, number: int) -> Scorer | BundleRefused | Refusal:
    """A refusal is kept as well: finding it out again would take a second for every decision."""
    try:
        return saved_scorer(ledger, number)
    except (BundleRefused, Refusal) as refused:
        return refused


def _agreement(ledger: Ledger, number: int) -> Agreement:
    text = agreement_text(ledger, number)
    if text is None:
        raise Refusal(f"There is no agreement {number} in the ledger.")
    return parse_agreement(text, f"agreement {number}")


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
