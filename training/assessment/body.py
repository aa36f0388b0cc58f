"""An evaluation as JSON: the same figures, for programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from training.assessment.backtest import Backtest, Named
from training.assessment.evaluation import Evaluation
from training.assessment.forward import ForwardTest
from training.assessment.words import belief, moved_words


def as_json(one: Evaluation) -> str:
    return json.dumps(_clean(body(one)), ensure_ascii=False, allow_nan=False)


def body(one: Evaluation) -> dict[str, Any]:
    return {
        "model": one.name,
        "until": one.until.isoformat(),
        "leads": one.leads,
        "summary": list(belief(one)),
        "backtest": None if one.backtest is None else _backtest(one.backtest),
        "forward": None if one.forward is None else _forward(one.forward),
        "segments": [
            {"field": segment.field, "level": segment.level, "wrong": segment.wrong} | asdict(segment.rate)
            for segment in one.segments
        ],
        "drift": [
            {"feature": moved.feature.label, "since": moved.since, "index": moved.index, "sentence": moved_words(moved)}
            for moved in one.drift.moved
        ],
        "fields": dict(one.influence.fields),
        "card": {section.title: list(section.sentences) for section in one.card},
    }


def _backtest(back: Backtest) -> dict[str, Any]:
    return {
        "all": asdict(back.all),
        "months": _rates(back.months),
        "bands": _rates(back.bands),
        "bands_by_month": {band: _rates(months) for band, months in back.bands_by_month.items()},
        "routes": _rates(back.routes),
        "scored_by": dict(back.scored_by),
    }


def _forward(test: ForwardTest) -> dict[str, Any]:
    return {
        "winner": test.winner,
        "leads": test.leads,
        "converted": test.converted,
        "candidates": [asdict(candidate) for candidate in test.candidates],
    }


def _rates(rows: Any) -> dict[str, Any]:
    named: list[Named] = list(rows)
    return {name: asdict(rate) for name, rate in named}


def _clean(value: Any) -> Any:
    """What could not be worked out is null."""
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
