"""A trained scorer as text: a few named files in one JSON document, known by its SHA-256. Never a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from features.catalogue import ACTION, with_action
from features.matrix import Feature, plan
from leads.fields import Field, Value, from_cell
from leads.form import ARRIVED
from leads.lead import Rung
from models.blend import Blend
from models.bundle_check import FORMAT
from models.bundle_document import BundleRefused, Files, digest, pack, trees_file, unpack, with_sums
from models.encoder import Encoder
from models.logistic import Logistic
from models.rules import rule_features, rules_from_json, rules_to_json
from models.scorer import Scorer
from models.trees import Trees

__all__ = [
    "BundleRefused",
    "Files",
    "bundle_files",
    "bundle_plan",
    "digest",
    "golden_leads",
    "open_bundle",
    "pack",
    "unpack",
]


def bundle_files(
    scorer: Scorer, fields: Mapping[str, Field], timezone: str, golden: Sequence[Mapping[str, Value]]
) -> Files:
    """`golden` are invented leads; the log-odds they get now must be met wherever the bundle is opened."""
    blend = scorer.blend
    manifest = {
        "format": FORMAT,
        "rung": scorer.rung,
        "timezone": timezone,
        "form": [[key, field.model_dump(exclude_defaults=True)] for key, field in fields.items()],
        "features": [[feature.name, feature.kind, list(feature.inputs)] for feature in scorer.scored],
        "columns": blend.encoder.to_json(),
        "shift": blend.shift,
        "logistic_weight": blend.logistic_weight,
        "trees_weight": blend.trees_weight,
        "boosters": len(blend.trees.boosters) if blend.trees else 0,
        **({"rules": rules} if (rules := rules_to_json(scorer.features)) else {}),
    }
    files = {"manifest.json": _text(manifest), "golden.json": _text([_golden(scorer, lead) for lead in golden])}
    if blend.logistic is not None:
        files["logistic.json"] = _text(blend.logistic.to_json())
    if blend.trees is not None:
        files |= {trees_file(place): text for place, text in enumerate(blend.trees.to_texts())}
    return with_sums(files)


def open_bundle(files: Files, model: str | None) -> Scorer:
    """Only for files that `models.verification` has let pass in a child process."""
    try:
        manifest: dict[str, Any] = json.loads(files["manifest.json"])
        return _scorer(manifest, files, model)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleRefused(f"its manifest cannot be read ({type(error).__name__})") from None


def bundle_plan(manifest: Mapping[str, Any]) -> tuple[Feature, ...]:
    """Features are remade from the form by today's code; a bundle that was fitted on others is refused."""
    made = plan(_fields(manifest), manifest["timezone"])
    if any(inputs == [ACTION] for _, _, inputs in manifest["features"]):
        made = with_action(made)
    made += rule_features(list(rules_from_json(manifest.get("rules", []))), _fields(manifest))
    features = {feature.name: feature for feature in made}
    for name, kind, inputs in manifest["features"]:
        today = features.get(name)
        if today is None or today.kind != kind or list(today.inputs) != inputs:
            raise BundleRefused(f"it needs the feature {name}, which this Accord makes differently; train again")
    return tuple(features.values())


def _scorer(manifest: Mapping[str, Any], files: Files, model: str | None) -> Scorer:
    rung: Rung = manifest["rung"]
    logistic = files.get("logistic.json")
    texts = [files[trees_file(place)] for place in range(manifest["boosters"])]
    blend = Blend(
        Encoder.from_json(manifest["columns"]),
        Logistic.from_json(json.loads(logistic)) if logistic else None,
        Trees.from_texts(texts) if texts else None,
        shift=float(manifest["shift"]),
        logistic_weight=float(manifest["logistic_weight"]),
        trees_weight=float(manifest["trees_weight"]),
    )
    return Scorer(bundle_plan(manifest), blend, rung, model)


class Golden(NamedTuple):
    """An invented lead and the score that it must get; `p_nurture` as in `Score`."""

    values: dict[str, Value]
    log_odds: float
    p_nurture: float | None


def golden_leads(files: Files) -> list[Golden]:
    fields = _fields(json.loads(files["manifest.json"]))
    return [
        Golden(
            {key: _value(fields.get(key), key, sent) for key, sent in golden["lead"].items()},
            float(golden["log_odds"]),
            golden.get("p_nurture"),
        )
        for golden in json.loads(files["golden.json"])
    ]


def _fields(manifest: Mapping[str, Any]) -> dict[str, Field]:
    """In the form's order, which features of the whole form depend on."""
    return {key: Field.model_validate_json(json.dumps(field)) for key, field in manifest["form"]}


def _golden(scorer: Scorer, lead: Mapping[str, Value]) -> dict[str, object]:
    score = scorer.score(lead)
    told = {} if score.p_nurture is None else {"p_nurture": score.p_nurture}
    return {"lead": dict(lead), "log_odds": score.log_odds, **told}


def _value(field: Field | None, key: str, sent: object) -> Value:
    if key == ARRIVED:
        return datetime.fromisoformat(str(sent))
    return from_cell(field, sent) if field else str(sent)


def _text(document: object) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_iso)


def _iso(value: date) -> str:
    return value.isoformat()
