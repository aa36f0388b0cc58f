"""The registered model: its versions, one a bundle, and its aliases."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from models.naming import REGISTERED_MODEL as MODEL

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

ABOUT = (
    "Probability that an inbound lead converts within the agreed horizon. `champion` is what serves, `challenger` what"
    " wants to. Serving reads its bundles from the ledger; these are the same bytes, for people to compare. Where"
    " Accord is installed, `mlflow.pyfunc.load_model` loads a version and gives what `accord score` gives."
)
REMEMBERED = "accord.champion"
"""The tag in which Accord keeps where it put the alias `champion`: if it points elsewhere, a person moved it. While
Accord moves it both bundles stand in the tag, so that a crash between two steps does not look like a person's hand."""
NOBODY = "none"
NEWEST = 50

Kept = Mapping[int, str]
"""The SHA-256 of each bundle of the ledger by its number. Another ledger's versions may stand in the same store, and
their bundles have the same numbers."""


def ensure_model(client: "MlflowClient") -> None:
    if not client.search_registered_models(f"name='{MODEL}'"):
        client.create_registered_model(MODEL, description=ABOUT)


def registered(client: "MlflowClient") -> "RegisteredModel":
    return client.get_registered_model(MODEL)


def version_of(client: "MlflowClient", bundle: int | None, kept: Kept) -> str | None:
    """The newest version of a bundle; None where MLflow knows none."""
    if bundle is None:
        return None
    found = client.search_model_versions(f"name='{MODEL}' and tag.bundle='{bundle}'")
    return max((str(one.version) for one in found if bundle_of(one, kept) == bundle), key=int, default=None)


def newest_bundle(client: "MlflowClient", kept: Kept) -> int:
    """The highest number of a bundle among the newest versions, 0 while there is none."""
    found = client.search_model_versions(f"name='{MODEL}'", NEWEST, ["version_number DESC"])
    return max((number for one in found if (number := bundle_of(one, kept)) is not None), default=0)


def bundle_of(version: "ModelVersion", kept: Kept) -> int | None:
    """None where the version is not of a bundle of this ledger, by number and bytes."""
    number = str(version.tags.get("bundle", ""))
    if not number.isdecimal() or kept.get(int(number)) != version.tags.get("sha256", ""):
        return None
    return int(number)


def point_champion(client: "MlflowClient", bundle: int | None, version: str | None) -> None:
    """Moves the alias and remembers it; does nothing where both are right."""
    model = registered(client)
    before, now = remembered(model), _word(bundle)
    if _stands(model, "champion", version) and before == [now]:
        return
    client.set_registered_model_tag(MODEL, REMEMBERED, ",".join(dict.fromkeys([*before, now])))
    point(client, "champion", version)
    client.set_registered_model_tag(MODEL, REMEMBERED, now)


def point(client: "MlflowClient", alias: str, version: str | None) -> None:
    """None takes the alias away, since a stale one would mislead."""
    model = registered(client)
    if _stands(model, alias, version):
        return
    if version is None:
        client.delete_registered_model_alias(MODEL, alias)
    else:
        client.set_registered_model_alias(MODEL, alias, version)


def remembered(model: "RegisteredModel") -> list[str]:
    """The bundles at which Accord put the alias `champion`: one, two while it is being moved, none in a new store."""
    return [word for word in str(model.tags.get(REMEMBERED, "")).split(",") if word]


def was_put_there(words: Sequence[str], bundle: int | None) -> bool:
    return _word(bundle) in words


def _word(bundle: int | None) -> str:
    return NOBODY if bundle is None else str(bundle)


def _stands(model: "RegisteredModel", alias: str, version: str | None) -> bool:
    found = model.aliases.get(alias)
    return version == (None if found is None else str(found))
