"""Receivers by the command, and the processes that deliver to them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from accord import main
from tests.command import ran
from tests.serving.conftest import AGREEMENT
from tests.serving.delivery.conftest import LOOPBACK, Listener, plainly, until

ROOT = Path(__file__).parents[3]
FORM = {"email": "jane@example.com", "country": "DE"}
OPEN = {"ACCORD_RECEIVER_NETWORKS": LOOPBACK}


def accord(home: Path, *words: str, expect: int = 0, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "MLFLOW_"))}
    done = ran(words, kept | {"ACCORD_HOME": str(home)} | OPEN | settings)
    assert done.returncode == expect, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_the_command_manages_receivers(processes: Any, listen: Callable[..., Listener]) -> None:
    listener = listen(plainly(200))
    service = processes(**OPEN)
    added = accord(service.home, "endpoints", "add", listener.url, "--label", "CRM", "--event", "lead.quarantined")
    secret = added.stdout.strip()
    assert secret.startswith("whsec_")
    assert added.stdout.count("\n") == 1
    (shown,) = json.loads(accord(service.home, "endpoints", "list", "--json").stdout)["endpoints"]
    name = shown["endpoint"]
    message = accord(service.home, "endpoints", "test", name).stdout.strip()
    (heard,) = until(lambda: listener.heard)
    assert heard.id == message
    Webhook(secret).verify(heard.body, heard.headers)

    until(lambda: "last success 20" in accord(service.home, "endpoints", "list").stdout)
    new = accord(service.home, "endpoints", "roll", name, "--overlap", "0").stdout.strip()
    accord(service.home, "endpoints", "disable", name)
    assert "disabled" in accord(service.home, "endpoints", "list").stdout
    assert "enable" in accord(service.home, "endpoints", "test", name, expect=2).stderr
    accord(service.home, "endpoints", "enable", name)
    accord(service.home, "endpoints", "replay", message)
    heard = until(lambda: listener.heard[1:])[0]
    assert heard.id == message
    Webhook(new).verify(heard.body, heard.headers)
    assert accord(service.home, "endpoints", "dead").stdout == ""
    assert json.loads(accord(service.home, "endpoints", "dead", "--json").stdout) == {"deliveries": []}
    assert accord(service.home, "endpoints", "replay", "--all").stdout == "0 messages are on the way again.\n"
    accord(service.home, "endpoints", "remove", name)
    assert json.loads(accord(service.home, "endpoints", "list", "--json").stdout) == {"endpoints": []}


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["add", "http://crm.example.com", "ACCORD_RECEIVER_NETWORKS="], "https://"),
        (["add", "https://127.1/", "ACCORD_RECEIVER_NETWORKS="], "ACCORD_RECEIVER_NETWORKS"),
        (["add", "https://crm.example.com", "ACCORD_RECEIVER_NETWORKS=10.0.0.0/99"], "such as 10.1.0.0/16"),
        (["add", "https://crm.example.com", "--event", "lead.lost"], "lead.decided"),
        (["remove", "ep_1"], "accord endpoints list"),
        (["enable", "ep_1"], "accord endpoints list"),
        (["disable", "ep_1"], "accord endpoints list"),
        (["roll", "ep_1"], "accord endpoints list"),
        (["roll", "ep_1", "--overlap", "nan"], "between 0 and 720"),
        (["test", "ep_1"], "accord endpoints list"),
        (["replay", "msg_1"], "accord endpoints dead"),
        (["replay"], "--all"),
        (["replay", "msg_1", "--all"], "--all"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_call_says_the_remedy(
    tmp_path: Path, words: list[str], remedy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
    for word in words:
        if "=" in word:
            monkeypatch.setenv(*word.split("="))
    assert main(["endpoints", *(word for word in words if "=" not in word)]) == 2
    said = capsys.readouterr()
    assert remedy in said.err
    assert said.out == ""


def test_a_service_refuses_networks_that_cannot_be_meant(tmp_path: Path) -> None:
    home = tmp_path / "home2"
    home.mkdir()
    (home / "accord.toml").write_text(AGREEMENT)
    wrong = {"ACCORD_RECEIVER_NETWORKS": "crm", "ACCORD_AGREEMENT": str(home / "accord.toml")}
    assert "such as 10.1.0.0/16" in accord(home, "serve", "--port", "0", expect=2, **wrong).stderr


def test_a_killed_services_message_is_sent_by_the_next(processes: Any, listen: Callable[..., Listener]) -> None:
    """The real lease is a minute, so the row is aged instead of waited for."""
    import sqlite3

    service, listener = processes(**OPEN), listen()
    added = accord(service.home, "endpoints", "add", listener.url)
    listener.answer = lambda handler: service.process.send_signal(signal.SIGKILL)
    lead = service.send(FORM).json()
    until(lambda: listener.heard)
    service.process.wait(10)
    listener.answer = plainly(200)
    with sqlite3.connect(service.home / "accord.db") as connection:
        (leased,) = connection.execute("SELECT leased_until FROM messages").fetchone()
        assert leased is not None
        connection.execute("UPDATE messages SET leased_until = '2026-01-01 00:00:00.000000'")
    connection.close()
    processes(**OPEN)
    until(lambda: len(listener.heard) == 2)
    first, second = listener.heard
    assert (first.id, first.body) == (second.id, second.body)
    assert Webhook(added.stdout.strip()).verify(second.body, second.headers)["data"]["lead"] == lead["lead"]


def test_work_delivers_on_postgresql_and_refuses_sqlite(
    new_postgres: Callable[[], str], tmp_path: Path, listener: Listener
) -> None:
    refused = accord(tmp_path, "work", expect=2)
    assert "`accord serve` delivers by itself" in refused.stderr
    there = {"ACCORD_DATABASE_URL": new_postgres()}
    accord(tmp_path, "endpoints", "add", listener.url, **there)
    (shown,) = json.loads(accord(tmp_path, "endpoints", "list", "--json", **there).stdout)["endpoints"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "MLFLOW_"))}
    working = subprocess.Popen(
        [sys.executable, ROOT / "accord.py", "work"],
        env=kept | {"ACCORD_HOME": str(tmp_path)} | OPEN | there,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert working.stdout is not None
        assert working.stdout.readline() == "Accord is delivering\n"
        message = accord(tmp_path, "endpoints", "test", shown["endpoint"], **there).stdout.strip()
        assert until(lambda: listener.heard)[0].id == message
        working.terminate()
        assert working.wait(15) == 0
    finally:
        working.kill()
        _, errors = working.communicate()
    assert "Traceback" not in errors
