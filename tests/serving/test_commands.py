import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.serving import conftest

Ran = subprocess.CompletedProcess[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def accord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "home"))
    for name in ("ACCORD_AGREEMENT", "ACCORD_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> Ran:
        command = [sys.executable, str(ROOT / "accord.py"), *words]
        return subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False, timeout=60)

    return run


def refused(ran: Ran, *told: str) -> None:
    assert ran.returncode == 2, ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    assert all(word in ran.stderr for word in told), ran.stderr


def test_create_prints_the_key_alone_and_list_never_shows_it(accord: Callable[..., Ran]) -> None:
    made = accord("keys", "create", "pk", "--origin", "https://www.Example.com/", "--label", "contact page")
    assert made.returncode == 0
    key = made.stdout.strip()
    assert made.stdout == key + "\n"
    assert (key[:3], len(key)) == ("pk_", 67)
    shown = accord("keys", "list")
    assert key[:11] in shown.stdout
    assert key not in shown.stdout
    assert "https://www.example.com  contact page" in shown.stdout
    (entry,) = json.loads(accord("keys", "list", "--json").stdout)["keys"]
    assert (entry["id"], entry["origins"], entry["revoked_at"]) == (key[:11], ["https://www.example.com"], None)


def test_a_revoked_key_is_listed_as_revoked(accord: Callable[..., Ran]) -> None:
    key = accord("keys", "create", "sk").stdout.strip()
    assert accord("keys", "revoke", key[:11]).returncode == 0
    assert "revoked" in accord("keys", "list").stdout
    refused(accord("keys", "revoke", "sk_00000000"), "keys list")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sk", "--origin", "https://a.com"), "secret key must never stand in a page"),
        (("pk", "--origin", "a.com/contact"), "such as https://www.example.com"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(accord: Callable[..., Ran], words: tuple[str, ...], told: str) -> None:
    refused(accord("keys", "create", *words), told)


def test_several_workers_on_sqlite_are_refused_with_the_remedy(accord: Callable[..., Ran]) -> None:
    refused(accord("serve", "--workers", "2"), "SQLite takes one serving process", "ACCORD_DATABASE_URL=postgresql")


def test_serving_without_an_agreement_says_how_to_get_one(accord: Callable[..., Ran]) -> None:
    refused(accord("serve", "--port", "0"), "accord init")


def test_a_port_that_is_taken_is_refused_with_the_remedy(accord: Callable[..., Ran], tmp_path: Path) -> None:
    place = conftest.laid_out(tmp_path / "other")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(accord("serve", "--port", port, "--agreement", str(place.home / "accord.toml")), port, "--port")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_service_in_order(processes: Any, how: signal.Signals) -> None:
    running = processes()
    assert running.send({"email": "jane@example.com"}).status_code == 201
    running.process.send_signal(how)
    assert running.process.wait(20) == 0
    assert running.process.stdout.read() == ""
    assert "Traceback" not in (running.home / "stderr").read_text()


def test_the_log_names_no_person(processes: Any) -> None:
    running = processes()
    running.send({"email": "canary@example.com", "name": "Canary-Person"})
    running.send({"email": "canary@example.com", "name": 1, "Canary-Person": 2, "budget": "Canary-Person"})
    running.call("GET", "/v1/leads/Canary-Person")
    assert "anary" not in (running.home / "stderr").read_text()


def test_a_changed_agreement_is_adopted_until_the_first_decision(processes: Any) -> None:
    first = processes()
    text = (first.home / "accord.toml").read_text()
    first.process.terminate()
    assert first.process.wait(20) == 0
    (first.home / "accord.toml").write_text(text.replace("within_days = 120", "within_days = 90"))
    second = processes()
    body = second.send({"email": "jane@example.com"}).json()
    assert (body["agreement"], body["horizon_days"]) == (2, 90)
    second.process.terminate()
    assert second.process.wait(20) == 0
    (first.home / "accord.toml").write_text(text.replace("within_days = 120", "within_days = 60"))
    third = processes()
    body = third.send({"email": "jane@example.com"}).json()
    assert (body["agreement"], body["horizon_days"]) == (2, 90)
    told = "Agreement 2 stays in force; `accord propose` puts the change to both teams"
    assert told in (first.home / "stderr").read_text()


def test_a_second_service_on_the_same_sqlite_ledger_is_refused(processes: Any) -> None:
    first = processes()
    refused = conftest.accord(first.home, "serve", "--port", "0")
    assert refused.returncode == 2
    assert "Another `accord serve` has this ledger open. Stop it first" in refused.stderr
    assert first.send({"email": "jane@example.com"}).status_code == 201
    first.process.kill()
    first.process.wait(20)
    assert processes().send({"email": "jane@example.com"}).status_code == 201
