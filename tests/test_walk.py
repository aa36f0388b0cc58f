"""One lead from end to end, through the doors that people use: a table, the commands, HTTP."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pandas as pd
import pytest

from tests.conftest import Accord, command_in, invented_leads

LEAD = {"source": "partner", "pages": 6, "demo_requested": True, "email": "jo@example.com"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """The folder of a company with one model."""
    folder = tmp_path_factory.mktemp("company")
    accord = command_in(folder, migrated)
    invented_leads(1500).to_csv(folder / "history.csv", index=False)
    accord("init", "history.csv", "--target", "converted", "--in-order")
    accord("train", "history.csv", "--budget", "0")
    return folder


@pytest.fixture
def company(accord: Accord, trained: Path, tmp_path: Path) -> Accord:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return accord


@pytest.fixture
def url(company: Accord, tmp_path: Path) -> Iterator[str]:
    call = [sys.executable, "-m", "accord", "serve", "--port", "0"]
    environment = {**os.environ, "ACCORD_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        call, cwd=tmp_path, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as service:
        assert service.stdout is not None
        line = service.stdout.readline()
        assert line.startswith("Accord is ready at http://127.0.0.1:")
        yield line.split()[-1]
        service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=20) == 0


@pytest.fixture
def client(company: Accord, url: str) -> Iterator[httpx2.Client]:
    key = company("keys", "create", "sk").stdout.strip()
    with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as opened:
        yield opened


def test_a_lead_is_scored_routed_stored_and_explained(company: Accord, client: httpx2.Client, tmp_path: Path) -> None:
    answer = client.post("/v1/leads", json=LEAD)
    assert answer.status_code == 201
    decision = answer.json()
    assert decision["scored_by"] in ("logistic", "trees", "blend")
    assert decision["model"] == "conversion/1"
    assert decision["route"] == "sales"
    assert decision["owner"] == "sales"
    assert decision["respond_by"] is not None
    assert decision["reasons"][0]["effect"] != 0

    told = client.get(f"/v1/decisions/{decision['decision']}").json()
    effects = sum(one["effect"] for one in told["contributions"])
    assert told["base"] + effects + told["others"] == pytest.approx(told["log_odds"], abs=1e-6)

    story = client.get(f"/v1/leads/{decision['lead']}").json()
    assert decision["decision"] in json.dumps(story)

    pd.DataFrame([LEAD]).to_csv(tmp_path / "one.csv", index=False)
    company("score", "one.csv", "-o", "scored.csv")
    assert pd.read_csv(tmp_path / "scored.csv")["probability"][0] == pytest.approx(decision["probability"], abs=1e-9)


def test_a_page_learns_nothing_but_that_the_form_arrived(company: Accord, url: str) -> None:
    key = company("keys", "create", "pk").stdout.strip()
    answer = httpx2.post(f"{url}/v1/leads", json=LEAD, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"lead", "next"}


def test_a_promoted_model_is_followed_without_a_restart(
    company: Accord, client: httpx2.Client, leads: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    leads(1500, seed=4).to_csv(tmp_path / "newer.csv", index=False)
    company("train", "newer.csv", "--budget", "0")
    company("promote", "2")
    answered = set()
    for _ in range(40):
        answered.add(client.post("/v1/leads", json=LEAD).json()["model"])
        if "conversion/2" in answered:
            return
        time.sleep(0.5)
    pytest.fail(f"only {answered} answered")
