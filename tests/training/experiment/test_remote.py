"""A team's tracking server: MLflow's own, with PostgreSQL behind it and its artefacts in a folder; there, away, gone
half-way."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from mlflow import MlflowClient
from sqlalchemy.engine import make_url

import accord as command
from leads.settings import Settings
from tests.conftest import AGREEMENT, invented_leads
from training.commands_mlflow import served


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, new_postgres: Callable[[], str]) -> Iterator[tuple[str, Path]]:
    """The server's address and its folder of artefacts."""
    home = tmp_path_factory.mktemp("team")
    store = make_url(new_postgres()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    place = Settings(home=home).model_copy(update={"tracking": store})
    with served(place, "127.0.0.1", 0) as (url, _):
        yield url, home / "mlartifacts"


class Door:
    """Stands before the server; lets so many calls in, then hangs up on all others."""

    def __init__(self, server: str) -> None:
        door = self
        self.lets_in = 0

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                door.lets_in -= 1
                if door.lets_in < 0:
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
                kept = {name: value for name, value in self.headers.items() if name.lower() == "content-type"}
                call = urllib.request.Request(server + self.path, body, kept, method=self.command)
                try:
                    with urllib.request.urlopen(call, timeout=60) as answer:
                        self.answer(answer.status, answer.read())
                except urllib.error.HTTPError as error:
                    self.answer(error.code, error.read())

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do  # noqa: N815  # the library's names

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.listening.server_address[1]}"
        Thread(target=self.listening.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture(scope="module")
def door(team: tuple[str, Path]) -> Iterator[Door]:
    made = Door(team[0])
    yield made
    made.listening.shutdown()
    made.listening.server_close()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    (folder / "accord.toml").write_text(AGREEMENT)
    invented_leads(300, seed=1).to_csv(folder / "leads.csv", index=False)
    return folder


@pytest.fixture
def accord(company: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The command, in this process, with a tracking server; what it prints."""
    for name in ("ACCORD_DATABASE_URL", "ACCORD_AGREEMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ACCORD_HOME", str(company / "home"))
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.chdir(company)

    def run(tracking: str, *words: str) -> str:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking)
        capsys.readouterr()
        assert command.main(list(words)) == 0
        return capsys.readouterr().out

    return run


TRAIN = ("train", "leads.csv", "--budget", "0.2", "--json")


def aliases(url: str) -> dict[str, str]:
    """Alias -> the bundle it stands at."""
    client = MlflowClient(tracking_uri=url)
    versions = client.get_registered_model("conversion").aliases
    return {alias: client.get_model_version("conversion", str(one)).tags["bundle"] for alias, one in versions.items()}


def test_a_server_that_goes_away_before_during_and_after_a_training_loses_none(
    accord: Callable[..., str], company: Path, team: tuple[str, Path], door: Door
) -> None:
    url, artefacts = team
    there = json.loads(accord(url, *TRAIN))
    assert there["warning"] is None
    assert aliases(url) == {"champion": "1"}
    assert list(artefacts.rglob(f"{there['run_id']}/artifacts/figures/gains.png"))
    assert list(artefacts.rglob("models/*/artifacts/MLmodel"))
    assert not (company / "home" / "mlartifacts").exists()
    assert f"MLflow is ready at {url}\n" in accord(url, "mlflow")

    before = json.loads(accord(door.url, *TRAIN))
    assert (before["model"], before["run_id"]) == ("conversion/2", None)
    assert before["warning"].startswith(f"MLflow at {door.url} did not take training 2: ")

    door.lets_in = 20
    during = json.loads(accord(door.url, *TRAIN))
    assert door.lets_in < 0
    assert (during["model"], during["run_id"]) == ("conversion/3", None)
    assert during["warning"].startswith(f"MLflow at {door.url} did not take training 3: ")

    after = json.loads(accord(door.url, "promote", "3", "--json"))
    assert (after["model"], after["before"]) == ("conversion/3", 1)
    assert f"MLflow at {door.url}" in after["warning"]
    assert "model 3" in accord(url, "score", "leads.csv", "-o", "out.csv").replace("conversion/", "")
