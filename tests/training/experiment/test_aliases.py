"""MLflow's aliases follow the ledger, whatever was broken off and whoever moved them."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
import pytest

from benchmarks.provenance import ROOT
from leads.agreement import parse_agreement
from leads.ledger import Ledger, adopt_agreement, bundles, champion, open_ledger, promote, promotions, save_bundle
from leads.refusal import Failure
from leads.settings import Settings
from leads.table import read_values
from models.bundle import open_bundle, pack
from models.scorer import sigmoids
from tests.bundles import trained
from tests.serving.conftest import AGREEMENT
from training.commands_mlflow import served
from training.experiment.aliases import reconcile

PASSED = {"rung": "blend", "gates": [{"name": "data", "passed": True}], "refused": None}
PREDICT = """import json, mlflow.pyfunc, pandas, sys
model = mlflow.pyfunc.load_model("models:/conversion@champion")
print(json.dumps(list(model.predict(pandas.DataFrame(json.loads(sys.argv[1])))["probability"])))
"""
REFUSED = {"rung": "blend", "gates": [{"name": "data", "passed": False}], "refused": "Its leads from fairs are wrong."}


@pytest.fixture
def settings(migrated: Path, tmp_path: Path) -> Settings:
    shutil.copy(migrated, tmp_path / "mlflow.db")
    return Settings(home=tmp_path)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """With a champion, a model that the gates let pass, one that they refused and one that they never saw."""
    opened = open_ledger(f"sqlite:///{tmp_path / 'accord.db'}")
    for seed, facts in enumerate([{}, PASSED, REFUSED, {}], 1):
        save_bundle(opened, pack(trained(AGREEMENT, seed=seed)), facts)
    promote(opened, 1, None, "test")
    yield opened
    opened.close()


def client_of(settings: Settings) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=settings.tracking_uri)


def aliases(settings: Settings) -> dict[str, int]:
    """Alias -> the number of its bundle."""
    client = client_of(settings)
    found = client.get_registered_model("conversion").aliases
    return {alias: int(client.get_model_version("conversion", str(at)).tags["bundle"]) for alias, at in found.items()}


def moved_by_hand(settings: Settings, bundle: int) -> None:
    client = client_of(settings)
    (version,) = client.search_model_versions(f"name='conversion' and tag.bundle='{bundle}'")
    client.set_registered_model_alias("conversion", "champion", version.version)


def story(ledger: Ledger) -> list[tuple[int, str]]:
    return [(one.bundle, one.reason) for one in promotions(ledger)]


def test_what_was_trained_without_mlflow_is_shown_with_the_ledgers_bytes(settings: Settings, ledger: Ledger) -> None:
    assert reconcile(settings, ledger) == []
    assert aliases(settings) == {"champion": 1, "challenger": 4}
    client = client_of(settings)
    versions = {one.tags["bundle"]: one for one in client.search_model_versions("name='conversion'")}
    assert sorted(versions) == ["1", "2", "3", "4"]
    folder = settings.home / "mlartifacts" / versions["2"].source.removeprefix("mlflow-artifacts:/")
    assert {path.name: path.read_text() for path in folder.iterdir()} == trained(AGREEMENT, seed=2)


def test_it_loads_in_mlflow_where_an_agreement_says_how_a_table_is_read(settings: Settings, ledger: Ledger) -> None:
    table = {"email": ["ada@example.com", "bo@example.com"], "country": ["DE", "US"]}
    adopt_agreement(ledger, AGREEMENT, parse_agreement(AGREEMENT).digest)
    assert reconcile(settings, ledger) == []
    with served(settings, "127.0.0.1", 0) as (url, _):
        call = [sys.executable, "-W", "ignore", "-c", PREDICT, json.dumps(table)]
        environment = {"MLFLOW_TRACKING_URI": url, "PATH": "", "MLFLOW_DISABLE_TELEMETRY": "true"}
        done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    values = read_values(pd.DataFrame(table).astype(object), parse_agreement(AGREEMENT)).values
    scorer = open_bundle(trained(AGREEMENT, seed=1), None)
    assert json.loads(done.stdout) == pytest.approx(sigmoids(scorer.log_odds_table(values)).tolist(), abs=1e-12)


def test_doing_it_again_changes_nothing(settings: Settings, ledger: Ledger) -> None:
    reconcile(settings, ledger)
    client = client_of(settings)
    before = client.get_registered_model("conversion")
    assert reconcile(settings, ledger) == []
    after = client.get_registered_model("conversion")
    assert (after.aliases, after.tags, after.last_updated_timestamp) == (
        before.aliases,
        before.tags,
        before.last_updated_timestamp,
    )
    assert len(client.search_model_versions("name='conversion'")) == 4


def test_the_aliases_follow_a_promotion_and_a_way_back(settings: Settings, ledger: Ledger) -> None:
    reconcile(settings, ledger)
    promote(ledger, 4, 1, "test")
    assert reconcile(settings, ledger) == []
    assert aliases(settings) == {"champion": 4}
    promote(ledger, 1, 4, "rolled back by hand")
    assert reconcile(settings, ledger) == []
    assert aliases(settings) == {"champion": 1, "challenger": 3}


def test_an_alias_moved_to_a_model_that_passed_the_gates_is_a_promotion(settings: Settings, ledger: Ledger) -> None:
    reconcile(settings, ledger)
    moved_by_hand(settings, 2)
    (said,) = reconcile(settings, ledger)
    assert "The gates had let model 2 pass, so it serves now; before it was model 1." in said
    assert champion(ledger) == 2
    assert story(ledger)[-1] == (2, "adopted from MLflow")
    assert aliases(settings) == {"champion": 2, "challenger": 4}
    assert reconcile(settings, ledger) == []


@pytest.mark.parametrize(
    ("bundle", "says"),
    [
        (3, ["A gate refused model 3: Its leads from fairs are wrong.", '`accord promote 3 --override "why"`']),
        (4, ["No gate ever judged model 4.", "`accord promote 4`"]),
    ],
    ids=["refused", "not judged"],
)
def test_an_alias_moved_to_another_model_is_answered_and_put_back(
    settings: Settings, ledger: Ledger, bundle: int, says: list[str]
) -> None:
    reconcile(settings, ledger)
    moved_by_hand(settings, bundle)
    (said,) = reconcile(settings, ledger)
    for sentence in [*says, "It was put back to model 1."]:
        assert sentence in said
    assert story(ledger) == [(1, "test")]
    assert aliases(settings)["champion"] == 1
    assert reconcile(settings, ledger) == []


def test_what_was_promoted_meanwhile_outweighs_a_moved_alias(settings: Settings, ledger: Ledger) -> None:
    reconcile(settings, ledger)
    moved_by_hand(settings, 2)
    promote(ledger, 4, 1, "test")
    (said,) = reconcile(settings, ledger)
    assert "model 4 was promoted meanwhile and goes on. To let it serve: `accord promote 2`" in said
    assert (champion(ledger), aliases(settings)["champion"]) == (4, 4)


def test_a_model_that_the_service_gave_up_is_not_taken_up_by_a_moved_alias(settings: Settings, ledger: Ledger) -> None:
    promote(ledger, 2, 1, "test")
    promote(ledger, 1, 2, "returned by itself: every lead got the same score")
    reconcile(settings, ledger)
    moved_by_hand(settings, 2)
    (said,) = reconcile(settings, ledger)
    assert "Model 2 served before and was given up by itself: every lead got the same score." in said
    assert (champion(ledger), aliases(settings)["champion"]) == (1, 1)


def test_a_strange_version_and_an_alias_taken_away_are_put_right(settings: Settings, ledger: Ledger) -> None:
    reconcile(settings, ledger)
    client = client_of(settings)
    strange = client.create_model_version("conversion", source="mlflow-artifacts:/accord/elsewhere")
    client.set_registered_model_alias("conversion", "champion", strange.version)
    (said,) = reconcile(settings, ledger)
    assert "which is no model of this ledger. It was put back to model 1." in said
    client.delete_registered_model_alias("conversion", "champion")
    assert reconcile(settings, ledger) == []
    assert aliases(settings)["champion"] == 1


def test_two_ledgers_on_one_store_do_not_promote_each_others_numbers(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    reconcile(settings, ledger)
    promote(ledger, 2, 1, "test")
    reconcile(settings, ledger)
    other = open_ledger(f"sqlite:///{tmp_path / 'other.db'}")
    for seed in (6, 7):
        save_bundle(other, pack(trained(AGREEMENT, seed=seed)), PASSED)
    promote(other, 1, None, "test")
    (said,) = reconcile(settings, other)
    assert "which is no model of this ledger. It was put back to model 1." in said
    assert story(other) == [(1, "test")]
    client = client_of(settings)
    of_other = {one.number: one.sha256 for one in bundles(other)}
    shown = {alias: client.get_model_version_by_alias("conversion", alias) for alias in ("champion", "challenger")}
    assert [one.tags["sha256"] for one in shown.values()] == [of_other[1], of_other[2]]
    (said,) = reconcile(settings, ledger)
    assert "It was put back to model 2." in said
    assert (champion(ledger), champion(other)) == (2, 1)
    other.close()


def test_bytes_that_were_damaged_are_told_and_stop_nothing(settings: Settings, ledger: Ledger) -> None:
    save_bundle(ledger, b"damaged", {})
    (said,) = reconcile(settings, ledger)
    assert said == "Model 5 cannot be shown in MLflow: it is not a bundle document."
    assert aliases(settings) == {"champion": 1}


def test_a_store_that_is_away_is_a_failure_and_the_champion_stays(settings: Settings, ledger: Ledger) -> None:
    away = settings.model_copy(update={"tracking": "postgresql://accord:geheim@127.0.0.1:9/mlflow"})
    with pytest.raises(Failure, match="did not take which model serves"):
        reconcile(away, ledger)
    assert champion(ledger) == 1


WRITES = ("set_registered_model_tag", "set_registered_model_alias", "delete_registered_model_alias")
STEPS = (*WRITES, "create_model_version", "create_run", "set_terminated", "create_registered_model")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Whether a child process that does the work came to its so-manieth step in MLflow; there it is killed."""
    child = os.fork()
    if child == 0:
        seen = 0

        def watch(frame: FrameType, event: str, _: object) -> None:
            nonlocal seen
            inside = frame.f_code.co_filename.endswith("mlflow/tracking/client.py") and frame.f_code.co_name in STEPS
            if inside and event == "call":
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(watch)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_whatever_step_it_is_killed_at_nobody_seems_to_have_moved_the_alias_by_hand(
    settings: Settings, ledger: Ledger, tmp_path: Path
) -> None:
    reconcile(settings, ledger)
    save_bundle(ledger, pack(trained(AGREEMENT, seed=5)), PASSED)
    promote(ledger, 2, 1, "test")
    ledger.engine.dispose()
    step, killed = 0, True
    while killed:
        step += 1
        place = Settings(home=tmp_path / f"killed-{step}")
        shutil.copytree(settings.home, place.home, ignore=shutil.ignore_patterns("killed-*"))

        def again(place: Settings = place) -> list[str]:
            here = open_ledger(f"sqlite:///{place.home / 'accord.db'}")
            try:
                return reconcile(place, here)
            finally:
                here.close()

        killed = killed_at(step, again)
        gone_back(place)
        assert again() == [], step
        assert story_of(place)[-1] == (1, "rolled back by hand"), step
        assert aliases(place) == {"champion": 1, "challenger": 5}, step
    assert step > 5


def gone_back(place: Settings) -> None:
    here = open_ledger(f"sqlite:///{place.home / 'accord.db'}")
    promote(here, 1, 2, "rolled back by hand")
    here.close()


def story_of(place: Settings) -> list[tuple[int, str]]:
    here = open_ledger(f"sqlite:///{place.home / 'accord.db'}")
    try:
        return story(here)
    finally:
        here.close()
