"""MLflow's aliases follow the ledger: `champion` is what serves, `challenger` the newest model above it that never did.

The ledger's pointer is the truth; whatever was broken off half-way is put right the next time. An alias that a person
moved in MLflow is a wish: it is granted where the gates let that model pass, and answered in a sentence where not."""

from typing import TYPE_CHECKING, Any

from leads.agreement import parse_agreement
from leads.ledger.agreement import agreement_in_force
from leads.ledger.book import Ledger
from leads.ledger.bundle import BundleEntry, bundles, champion, load_bundle, promotions
from leads.refusal import Failure, Refusal
from leads.settings import Settings
from models.bundle_document import BundleRefused, unpack
from models.naming import REGISTERED_MODEL as MODEL
from training.experiment.loadable import Loadable, add_version
from training.experiment.registry import (
    Kept,
    bundle_of,
    ensure_model,
    newest_bundle,
    point,
    point_champion,
    registered,
    remembered,
    version_of,
    was_put_there,
)
from training.experiment.store import experiment_id, keep_files, opened
from training.promotion import let_serve, objection, passed_gates

if TYPE_CHECKING:
    from mlflow import MlflowClient

ADOPTED = "adopted from MLflow"
MOST_MISSING = 20
"""Bundles of a time without MLflow that are shown belatedly; of older ones only those that an alias needs."""


def reconcile(settings: Settings, ledger: Ledger) -> list[str]:
    """What people should know of it, in sentences; nothing where all was right. Doing it again changes nothing. Failure
    when MLflow does not answer; who serves is not touched by that."""
    with opened(settings, "which model serves") as client:
        ensure_model(client)
        told = _asked_for(client, ledger)
        while True:
            serving = champion(ledger)
            told += _follow(client, settings, ledger, serving)
            if champion(ledger) == serving:  # else somebody promoted meanwhile
                return told


def challenger(ledger: Ledger, serving: int | None) -> int | None:
    """The newest model above the champion that never served."""
    served = {one.bundle for one in promotions(ledger)}
    waiting = (one.number for one in bundles(ledger) if one.number not in served)
    return max((number for number in waiting if number > (serving or 0)), default=None)


def _follow(client: "MlflowClient", settings: Settings, ledger: Ledger, serving: int | None) -> list[str]:
    waiting, told = challenger(ledger, serving), []
    kept = _kept(ledger)
    for entry in _missing(client, ledger, {serving, waiting}):
        try:
            _register(client, settings, ledger, entry)
        except BundleRefused as refused:
            told.append(f"Model {entry.number} cannot be shown in MLflow: {refused}.")
    point_champion(client, serving, version_of(client, serving, kept))
    point(client, "challenger", version_of(client, waiting, kept))
    return told


def _missing(client: "MlflowClient", ledger: Ledger, needed: set[int | None]) -> list[BundleEntry]:
    """MLflow was away when these were trained. One below the newest that somebody deleted there stays deleted."""
    entries, kept = bundles(ledger), _kept(ledger)
    newest = newest_bundle(client, kept)
    wanted = needed | {entry.number for entry in entries[-MOST_MISSING:] if entry.number > newest}
    return [entry for entry in entries if entry.number in wanted and version_of(client, entry.number, kept) is None]


def _kept(ledger: Ledger) -> Kept:
    return {entry.number: entry.sha256 for entry in bundles(ledger)}


def _register(client: "MlflowClient", settings: Settings, ledger: Ledger, entry: BundleEntry) -> None:
    """From the bytes that the ledger keeps. How the model was judged was lost with MLflow and is not made up."""
    saved = load_bundle(ledger, entry.number)
    files = unpack(saved.data, saved.sha256)
    rung, why = str(entry.facts.get("rung", "model")), str(entry.facts.get("why", ""))
    note = f"Model {entry.number}, put here from the ledger: MLflow was away when it was trained. {why}".strip()
    run: Any = client.create_run(
        experiment_id(client, settings),
        int(entry.saved_at.timestamp() * 1000),
        {"training": f"{entry.number}-{saved.sha256[:8]}", "bundle": str(entry.number), "mlflow.note.content": note},
        f"{entry.number} {rung}",
    )
    keep_files(client, settings, run, {f"bundle/{name}": text.encode() for name, text in files.items()})
    client.set_terminated(run.info.run_id, "FINISHED")
    agreed = agreement_in_force(ledger)
    if agreed is not None:
        agreement = parse_agreement(agreed.text, f"agreement {agreed.number}")
        add_version(client, settings, run, agreement, Loadable(entry.number, rung, saved.sha256, files, note))
        return
    client.create_model_version(
        MODEL,
        source=f"{run.info.artifact_uri}/bundle",
        run_id=run.info.run_id,
        tags={"bundle": str(entry.number), "sha256": saved.sha256, "rung": rung},
        description=f"{note} MLflow itself cannot load it: no agreement was in force that says how a table is read.",
    )


def _asked_for(client: "MlflowClient", ledger: Ledger) -> list[str]:
    """What became of a person's wish, if there was one. An alias that was taken away asks for nothing."""
    model, serving = registered(client), champion(ledger)
    words, stands = remembered(model), model.aliases.get("champion")
    if not words or stands is None:
        return []
    wanted = bundle_of(client.get_model_version(MODEL, str(stands)), _kept(ledger))
    if wanted is not None and (wanted == serving or was_put_there(words, wanted)):
        return []
    moved = f"Somebody moved the alias `champion` in MLflow to version {stands}"
    if wanted is None:
        return [f"{moved}, which is no model of this ledger. It was put back to {_named(serving)}."]
    if not was_put_there(words, serving):
        return [f"{moved}, but {_named(serving)} was promoted meanwhile and goes on. To let it serve: {_line(wanted)}"]
    return [_granted(ledger, wanted, serving, moved)]


def _granted(ledger: Ledger, wanted: int, serving: int | None, moved: str) -> str:
    spoken = objection(ledger, wanted)
    if spoken is not None:
        line = _line(wanted, ' --override "why"')
        return f"{moved}. {spoken} It was put back to {_named(serving)}. To let it serve all the same: {line}"
    if not passed_gates(ledger, wanted):
        back = f"It was put back to {_named(serving)}"
        return f"{moved}. No gate ever judged model {wanted}. {back}. To let it serve: {_line(wanted)}"
    try:
        let_serve(ledger, wanted, serving, ADOPTED)
    except (Refusal, Failure) as refused:
        return f"{moved}. {refused} It was put back."
    return f"{moved}. The gates had let model {wanted} pass, so it serves now; before it was {_named(serving)}."


def _named(number: int | None) -> str:
    return "the scorecard" if number is None else f"model {number}"


def _line(number: int, more: str = "") -> str:
    return f"`accord promote {number}{more}`"
